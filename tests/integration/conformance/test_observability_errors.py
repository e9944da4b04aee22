# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Error Reporting: events, groups, counts."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

HOST = "clouderrorreporting.googleapis.com/v1beta1"
REST = "https://cloud.google.com/error-reporting/reference/rest/v1beta1"


def trace(function: str, line: int = 3) -> str:
    return f'Traceback (most recent call last):\n  File "a.py", line {line}, in {function}\n    x\nKeyError: 1'


def report(target: Any, service: str, message: str, **more: Any) -> None:
    context = {"service": service, "version": more.pop("version", "v1")}
    body = {"serviceContext": context, "message": message, **more}
    target.call("POST", f"{HOST}/projects/{target.project}/events:report", body)


def stats(target: Any, service: str, count: int = 1, **query: Any) -> list[dict[str, Any]]:
    """Read the groups of a service until they have so many errors: Error Reporting promises no moment."""
    asked = {"serviceFilter.service": service, "timeRange.period": "PERIOD_1_HOUR", **query}
    read = target.until(
        lambda: target.call("GET", f"{HOST}/projects/{target.project}/groupStats", **asked).get("errorGroupStats", []),
        lambda found: sum(int(group["count"]) for group in found) >= count,
    )
    return list(read)


@pytest.fixture
def service(target: Any) -> str:
    """Report three errors of two kinds and return the service that had them."""
    name = target.fresh("service")
    report(target, name, trace(f"f_{name}"))
    report(target, name, trace(f"f_{name}", line=9), version="v2")
    report(target, name, trace(f"g_{name}"))
    return str(name)


@pytest.mark.source("public", "https://cloud.google.com/error-reporting/docs/grouping-errors")
def test_errors_with_one_stack_are_one_group(target: Any, service: str) -> None:
    most, least = stats(target, service, 3)
    assert (most["count"], least["count"]) == ("2", "1")
    assert [place["version"] for place in most["affectedServices"]] == ["v1", "v2"]
    assert most["representative"]["message"].startswith("Traceback")
    assert most["group"]["resolutionStatus"] == "OPEN"


@pytest.mark.source("public", f"{REST}/projects.groupStats/list")
def test_a_version_filters(target: Any, service: str) -> None:
    (found,) = stats(target, service, **{"serviceFilter.version": "v2"})
    assert found["count"] == "1"


@pytest.mark.source("public", f"{REST}/projects.groupStats/list")
def test_counts_are_told_by_window(target: Any, service: str) -> None:
    (found, *_) = stats(target, service, 3, timedCountDuration="600s")
    assert sum(int(window["count"]) for window in found["timedCounts"]) == 2


@pytest.mark.source("public", f"{REST}/projects.groups/update")
def test_a_resolved_group_opens_again_when_the_error_returns(target: Any, service: str) -> None:
    group = stats(target, service, 3)[0]["group"]
    body = {"resolutionStatus": "RESOLVED", "trackingIssues": [{"url": "https://example.com/1"}]}
    changed = target.call("PUT", f"{HOST}/{group['name']}", body)
    assert changed["resolutionStatus"] == "RESOLVED"
    assert target.call("GET", f"{HOST}/{group['name']}") == changed
    report(target, service, trace(f"f_{service}"))
    read = target.until(
        lambda: target.call("GET", f"{HOST}/{group['name']}"), lambda seen: seen["resolutionStatus"] == "OPEN"
    )
    assert read["trackingIssues"] == body["trackingIssues"]


@pytest.mark.source("public", f"{REST}/projects.events/list")
def test_the_events_of_a_group_are_listed(target: Any, service: str) -> None:
    group = stats(target, service, 3)[0]["group"]["groupId"]
    listed = target.call("GET", f"{HOST}/projects/{target.project}/events", groupId=group)
    assert [event["serviceContext"]["version"] for event in listed["errorEvents"]] == ["v2", "v1"]


@pytest.mark.source("public", f"{REST}/projects.groupStats/list")
def test_old_errors_are_outside_of_the_period(target: Any) -> None:
    name = target.fresh("service")
    old = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=3)).isoformat()
    report(target, name, trace(f"f_{name}"), eventTime=old)
    (found,) = stats(target, name, **{"timeRange.period": "PERIOD_6_HOURS"})
    assert found["count"] == "1"
    assert not stats(target, name, 0)


@pytest.mark.source("public", f"{REST}/projects.events/report")
@pytest.mark.parametrize(
    "body",
    [
        {"message": trace("f")},
        {"serviceContext": {"service": "s"}},
        {"serviceContext": {"service": "s"}, "message": "no stack and no location"},
        {"serviceContext": {"service": "s"}, "message": trace("f"), "eventTime": "yesterday"},
    ],
    ids=str,
)
def test_an_event_is_refused(target: Any, body: dict[str, Any]) -> None:
    error = target.refusal("POST", f"{HOST}/projects/{target.project}/events:report", body)
    assert error["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("discovery", "clouderrorreporting.projects.groups.get")
def test_a_group_that_is_not_there_is_not_found(target: Any) -> None:
    error = target.refusal("GET", f"{HOST}/projects/{target.project}/groups/{target.fresh('group')}")
    assert error["status"] == "NOT_FOUND"
