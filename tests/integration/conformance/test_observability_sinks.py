# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sinks of Cloud Logging, and what the log router keeps."""

from __future__ import annotations

from typing import Any

import pytest

HOST = "logging.googleapis.com/v2"
REST = "https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.sinks"
STORAGE = "storage.googleapis.com/conformance-nowhere"


@pytest.fixture
def sink(target: Any) -> Any:
    """Make a sink with a writer of its own."""
    name = target.fresh("sink")
    body = {"name": name, "destination": STORAGE, "filter": "severity>=ERROR"}
    made = target.call("POST", f"{HOST}/projects/{target.project}/sinks", body, uniqueWriterIdentity=True)
    yield made
    target.send("DELETE", f"{HOST}/projects/{target.project}/sinks/{name}")


def url(target: Any, name: str) -> str:
    return f"{HOST}/projects/{target.project}/sinks/{name}"


@pytest.mark.source("public", f"{REST}/create")
def test_a_sink_has_a_writer_of_its_own(target: Any, sink: dict[str, Any]) -> None:
    assert sink["writerIdentity"].endswith("@gcp-sa-logging.iam.gserviceaccount.com")
    assert sink["resourceName"] == f"projects/{target.project}/sinks/{sink['name']}"
    assert target.call("GET", url(target, sink["name"])) == sink


@pytest.mark.source("public", f"{REST}/create")
def test_without_one_of_its_own_the_shared_writer_writes(target: Any) -> None:
    name = target.fresh("sink")
    body = {"name": name, "destination": STORAGE}
    made = target.call("POST", f"{HOST}/projects/{target.project}/sinks", body)
    assert made["writerIdentity"] == "serviceAccount:cloud-logs@system.gserviceaccount.com"
    target.call("DELETE", url(target, name))


@pytest.mark.source("public", "https://cloud.google.com/logging/docs/routing/overview#sinks")
def test_every_project_has_two_sinks(target: Any, sink: dict[str, Any]) -> None:
    names = [found["name"] for found in target.call("GET", f"{HOST}/projects/{target.project}/sinks")["sinks"]]
    assert {"_Default", "_Required", sink["name"]} <= set(names)


@pytest.mark.source("public", f"{REST}/patch")
def test_a_mask_says_what_changes(target: Any, sink: dict[str, Any]) -> None:
    body = {"filter": "severity>=CRITICAL", "description": "ignored"}
    changed = target.call("PATCH", url(target, sink["name"]), body, updateMask="filter", uniqueWriterIdentity=True)
    assert (changed["filter"], changed.get("description")) == ("severity>=CRITICAL", None)
    assert changed["writerIdentity"] == sink["writerIdentity"]


@pytest.mark.source("public", f"{REST}/delete")
def test_a_deleted_sink_is_gone(target: Any, sink: dict[str, Any]) -> None:
    target.call("DELETE", url(target, sink["name"]))
    assert target.refusal("GET", url(target, sink["name"]))["status"] == "NOT_FOUND"


@pytest.mark.source("public", "https://cloud.google.com/logging/docs/routing/overview#exclusions")
@pytest.mark.sandbox_only("it changes the project's own sink")
def test_an_exclusion_keeps_entries_out_of_the_bucket(target: Any) -> None:
    log = f"projects/{target.project}/logs/{target.fresh('log')}"
    exclusion = {"name": "chatter", "filter": f'logName="{log}" AND severity<ERROR'}
    body = {"exclusions": [exclusion]}
    changed = target.call("PATCH", url(target, "_Default"), body, updateMask="exclusions")
    assert changed["exclusions"][0]["createTime"]
    try:
        entries = [{"textPayload": level, "severity": level} for level in ("INFO", "ERROR")]
        target.call(
            "POST", f"{HOST}/entries:write", {"logName": log, "resource": {"type": "global"}, "entries": entries}
        )
    finally:
        target.call("PATCH", url(target, "_Default"), {}, updateMask="exclusions")
    body = {"resourceNames": [f"projects/{target.project}"], "filter": f'logName="{log}"'}
    kept = target.call("POST", f"{HOST}/entries:list", body)["entries"]
    assert [entry["textPayload"] for entry in kept] == ["ERROR"]


@pytest.mark.source("observed", "https://github.com/terraform-google-modules/terraform-example-foundation/issues/478")
def test_a_name_that_is_taken_is_refused(target: Any, sink: dict[str, Any]) -> None:
    body = {"name": sink["name"], "destination": STORAGE}
    error = target.refusal("POST", f"{HOST}/projects/{target.project}/sinks", body)
    assert (error["code"], error["message"]) == (409, f"Sink {sink['name']} already exists")


@pytest.mark.source("public", f"{REST}#LogSink")
@pytest.mark.parametrize(
    "fields",
    [
        {"destination": "ftp.example.com/x"},
        {"destination": ""},
        {"name": "with space"},
        {"name": "-dash"},
        {"filter": "severity>="},
        {"exclusions": [{"name": "no-filter"}]},
        {"exclusions": [{"name": "twice", "filter": "a"}, {"name": "twice", "filter": "b"}]},
        {"exclusions": [{"name": "bad", "filter": "("}]},
    ],
    ids=str,
)
def test_a_sink_is_refused(target: Any, fields: dict[str, Any]) -> None:
    body = {"name": target.fresh("sink"), "destination": STORAGE, **fields}
    error = target.refusal("POST", f"{HOST}/projects/{target.project}/sinks", body)
    assert error["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("public", f"{REST}/update")
def test_a_writer_of_its_own_is_not_given_up(target: Any, sink: dict[str, Any]) -> None:
    body = {"destination": STORAGE}
    error = target.refusal("PUT", url(target, sink["name"]), body, uniqueWriterIdentity="false")
    assert error["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("public", "https://cloud.google.com/logging/docs/routing/overview#sinks")
@pytest.mark.parametrize("name", ["_Required", "_Default"])
def test_the_sinks_of_every_project_stay(target: Any, name: str) -> None:
    assert target.refusal("DELETE", url(target, name))["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("public", "https://cloud.google.com/logging/docs/audit#admin-activity")
def test_a_change_is_in_the_audit_log(target: Any, sink: dict[str, Any]) -> None:
    log = f"projects/{target.project}/logs/cloudaudit.googleapis.com%2Factivity"
    condition = f'logName="{log}" AND protoPayload.authorizationInfo.permission="logging.sinks.create"'
    body = {"resourceNames": [f"projects/{target.project}"], "filter": condition, "orderBy": "timestamp desc"}
    entries = target.until(lambda: target.call("POST", f"{HOST}/entries:list", body).get("entries", []), bool)
    payload = entries[0]["protoPayload"]
    assert payload["@type"] == "type.googleapis.com/google.cloud.audit.AuditLog"
    assert payload["serviceName"] == "logging.googleapis.com"
    assert payload["authenticationInfo"]["principalEmail"]
