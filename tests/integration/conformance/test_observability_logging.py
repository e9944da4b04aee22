# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud Logging: entries by filter, logs, sinks."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

HOST = "logging.googleapis.com/v2"
REST = "https://cloud.google.com/logging/docs/reference/v2/rest/v2"
LANGUAGE = "https://cloud.google.com/logging/docs/view/logging-query-language"
GLOBAL = {"type": "global"}


def write(target: Any, log: str, *entries: dict[str, Any], **request: Any) -> str:
    name = f"projects/{target.project}/logs/{log}"
    body = {"logName": name, "resource": GLOBAL, "entries": list(entries), **request}
    target.call("POST", f"{HOST}/entries:write", body)
    return name


def listed(target: Any, name: str, condition: str = "", **request: Any) -> dict[str, Any]:
    body = {"resourceNames": [f"projects/{target.project}"], "filter": f'logName="{name}" {condition}', **request}
    return dict(target.call("POST", f"{HOST}/entries:list", body))


def found(target: Any, name: str, count: int, condition: str = "", **request: Any) -> list[dict[str, Any]]:
    """Read until the entries are there: Logging promises no moment."""
    read = target.until(
        lambda: listed(target, name, condition, **request), lambda answer: len(answer.get("entries", [])) >= count
    )
    return list(read.get("entries", []))


@pytest.fixture
def five(target: Any) -> Any:
    """Write five entries of different kinds to a fresh log and return its name."""
    name = write(
        target,
        target.fresh("log"),
        {"textPayload": "one small step", "severity": "INFO"},
        {"jsonPayload": {"message": "two", "attempt": 2, "user": {"name": "Ada"}}, "severity": "WARNING"},
        {"textPayload": "three", "severity": "ERROR", "labels": {"tier": "web"}},
        {"textPayload": "four", "httpRequest": {"status": 503, "requestMethod": "GET", "latency": "0.250s"}},
        {"jsonPayload": {"message": "five", "attempt": 5}, "severity": "CRITICAL", "insertId": "the-fifth"},
    )
    found(target, name, 5)
    yield name
    target.call("DELETE", f"{HOST}/{name}")


@pytest.mark.source("public", LANGUAGE)
@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("severity>=WARNING", 3),
        ("severity=DEFAULT", 1),
        ("severity=(INFO OR ERROR)", 2),
        ("severity=INFO OR severity=ERROR", 2),
        ("NOT severity=INFO", 4),
        ("-severity=INFO", 4),
        ("textPayload:STEP", 1),
        ('textPayload=~"^(three|four)$"', 2),
        ("jsonPayload.attempt>2", 1),
        ('jsonPayload.user.name="ada"', 1),
        ("jsonPayload.attempt:*", 2),
        ("jsonPayload.absent!=1", 0),
        ("labels.tier=web", 1),
        ("httpRequest.status>=500", 1),
        ('httpRequest.latency>"0.2s"', 1),
        ("resource.type=global", 5),
        ('insertId="the-fifth"', 1),
        ('"small step"', 1),
        ('timestamp>"2020-01-01T00:00:00Z"', 5),
        ('timestamp>"2090-01-01T00:00:00Z"', 0),
        ("(severity=INFO OR severity=ERROR) AND textPayload:three", 1),
    ],
)
def test_a_filter_lets_through(target: Any, five: str, condition: str, count: int) -> None:
    assert len(listed(target, five, condition).get("entries", [])) == count


@pytest.mark.source("public", f"{REST}/LogEntry")
def test_an_entry_is_completed(target: Any, five: str) -> None:
    entry = listed(target, five, "severity=ERROR")["entries"][0]
    assert entry.pop("insertId")
    assert entry.pop("timestamp")
    assert entry.pop("receiveTimestamp")
    assert entry == {
        "logName": five,
        "resource": {"type": "global", "labels": {"project_id": target.project}},
        "severity": "ERROR",
        "textPayload": "three",
        "labels": {"tier": "web"},
    }


@pytest.mark.source("public", f"{REST}/entries/list")
def test_entries_come_in_pages_in_both_orders(target: Any, five: str) -> None:
    texts: dict[str, list[str]] = {}
    for order in ("timestamp asc", "timestamp desc"):
        token, seen = "", []
        for _ in range(3):
            page = listed(target, five, pageSize=2, orderBy=order, pageToken=token)
            seen += [entry["insertId"] for entry in page["entries"]]
            token = page.get("nextPageToken", "")
        assert not token
        texts[order] = seen
    assert len(set(texts["timestamp asc"])) == 5
    assert texts["timestamp asc"] == texts["timestamp desc"][::-1]


@pytest.mark.source("public", f"{REST}/LogEntry#FIELDS.insert_id")
def test_an_entry_written_twice_is_kept_once(target: Any) -> None:
    entry = {
        "textPayload": "once",
        "insertId": "same",
        "timestamp": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT00:00:00Z"),
    }
    name = write(target, target.fresh("log"), entry, entry)
    write(target, name.rpartition("/")[2], entry)
    assert len(found(target, name, 1)) == 1
    target.call("DELETE", f"{HOST}/{name}")


@pytest.mark.source("public", f"{REST}/entries/write")
def test_a_dry_run_writes_nothing(target: Any) -> None:
    name = write(target, target.fresh("log"), {"textPayload": "never"}, dryRun=True)
    assert "entries" not in listed(target, name)


@pytest.mark.source("public", f"{REST}/entries/write")
def test_partial_success_writes_what_is_valid(target: Any) -> None:
    log = target.fresh("log")
    name = f"projects/{target.project}/logs/{log}"
    entries = [{"textPayload": "good", "logName": name}, {"textPayload": "bad", "logName": "nonsense"}]
    body = {"resource": GLOBAL, "entries": entries, "partialSuccess": True}
    error = target.refusal("POST", f"{HOST}/entries:write", body)
    assert list(error["details"][0]["logEntryErrors"]) == ["1"]
    assert [entry["textPayload"] for entry in found(target, name, 1)] == ["good"]
    target.call("DELETE", f"{HOST}/{name}")


@pytest.mark.source("public", f"{REST}/projects.logs/list")
def test_a_log_is_listed_until_it_is_deleted(target: Any, five: str) -> None:
    logs = f"{HOST}/projects/{target.project}/logs"
    assert five in target.call("GET", logs)["logNames"]
    name = write(target, target.fresh("log"), {"textPayload": "soon gone"})
    found(target, name, 1)
    target.call("DELETE", f"{HOST}/{name}")
    assert name not in target.call("GET", logs).get("logNames", [])


@pytest.mark.source("public", LANGUAGE)
@pytest.mark.parametrize(
    "request_body",
    [
        {"filter": "severity>="},
        {"filter": "severity>=LOUD"},
        {"filter": "(severity=INFO"},
        {"filter": "insertId = abc:def"},
        {"filter": 'textPayload=~"("'},
        {"filter": "shoe_size=44"},
        {"orderBy": "severity"},
        {"pageToken": "nonsense"},
        {"pageSize": -1},
        {"resourceNames": []},
        {"resourceNames": ["netra"]},
        {"unknown": 1},
    ],
    ids=str,
)
def test_a_list_is_refused(target: Any, request_body: dict[str, Any]) -> None:
    body = {"resourceNames": [f"projects/{target.project}"], **request_body}
    error = target.refusal("POST", f"{HOST}/entries:list", body)
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.source("observed", "https://github.com/googleapis/java-logging/issues/1852")
def test_a_page_token_of_another_question_is_refused(target: Any, five: str) -> None:
    token = listed(target, five, pageSize=1)["nextPageToken"]
    body = {"resourceNames": [f"projects/{target.project}"], "filter": "severity=INFO", "pageToken": token}
    message = target.refusal("POST", f"{HOST}/entries:list", body)["message"]
    assert message == "page_token doesn't match arguments from the request"


@pytest.mark.source("public", f"{REST}/entries/write")
@pytest.mark.parametrize(
    "entry",
    [
        {"textPayload": "no name"},
        {"textPayload": "bad name", "logName": "projects/P/logs/with space"},
        {"textPayload": "bad name", "logName": "logs/only"},
        {"textPayload": "two", "jsonPayload": {"message": "payloads"}, "logName": "projects/P/logs/two"},
        {"textPayload": "x" * 270_000, "logName": "projects/P/logs/long"},
        {"textPayload": "odd", "severity": "LOUD", "logName": "projects/P/logs/odd"},
    ],
    ids=lambda entry: str(entry)[:60],
)
def test_an_entry_is_refused(target: Any, entry: dict[str, Any]) -> None:
    name = {"logName": entry["logName"].replace("/P/", f"/{target.project}/")} if "logName" in entry else {}
    body = {"resource": GLOBAL, "entries": [{**entry, **name}]}
    assert target.refusal("POST", f"{HOST}/entries:write", body)["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("public", f"{REST}/projects.logs/delete")
def test_a_log_that_is_not_there_cannot_be_deleted(target: Any) -> None:
    error = target.refusal("DELETE", f"{HOST}/projects/{target.project}/logs/{target.fresh('log')}")
    assert error["status"] == "NOT_FOUND"


@pytest.mark.source("public", "https://cloud.google.com/run/docs/logging#request-logs")
@pytest.mark.sandbox_only("it needs a service that answers")
def test_a_request_to_a_service_is_logged(target: Any, sandbox: Any) -> None:
    path = f"/{target.fresh('path')}"
    service, url = next(iter(sandbox.state["urls"].items()))
    status = target.send("GET", url.removeprefix("https://") + path).status_code
    log = f"projects/{target.project}/logs/run.googleapis.com%2Frequests"
    (entry,) = found(target, log, 1, f'httpRequest.requestUrl:"{path}" resource.type="cloud_run_revision"')
    assert entry["httpRequest"]["status"] == status
    assert entry["resource"]["labels"]["service_name"] == service
    assert entry["resource"]["labels"]["revision_name"].startswith(service)
    assert entry["trace"].startswith(f"projects/{target.project}/traces/")
