# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud Monitoring: uptime checks that probe, alert policies, notification channels."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

HOST = "monitoring.googleapis.com/v3"
REST = "https://cloud.google.com/monitoring/api/ref_v3/rest/v3"
EMAIL = {"type": "email", "displayName": "On call", "labels": {"email_address": "oncall@example.com"}}


def place(target: Any, kind: str) -> str:
    return f"{HOST}/projects/{target.project}/{kind}"


def check_body(host: str, name: str, **http: Any) -> dict[str, Any]:
    resource = {"type": "uptime_url", "labels": {"host": host}}
    return {"displayName": name, "monitoredResource": resource, "httpCheck": {"useSsl": True, **http}}


def passed(target: Any, check: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the series of a check."""
    now = datetime.datetime.now(datetime.UTC)
    identifier = check["name"].rpartition("/")[2]
    kind = "monitoring.googleapis.com/uptime_check/check_passed"
    query = {
        "filter": f'metric.type="{kind}" AND metric.labels.check_id="{identifier}"',
        "interval.startTime": (now - datetime.timedelta(minutes=5)).isoformat(),
        "interval.endTime": (now + datetime.timedelta(seconds=1)).isoformat(),
    }
    return list(target.call("GET", place(target, "timeSeries"), **query).get("timeSeries", []))


@pytest.fixture
def check(target: Any) -> Any:
    """Make a check of a host that is not there."""
    body = check_body("conformance.invalid", target.fresh("check"))
    made = target.call("POST", place(target, "uptimeCheckConfigs"), body)
    yield made
    target.send("DELETE", f"{HOST}/{made['name']}")


@pytest.fixture
def channel(target: Any) -> Any:
    """Make a channel."""
    made = target.call("POST", place(target, "notificationChannels"), EMAIL)
    yield made
    target.send("DELETE", f"{HOST}/{made['name']}", force="true")


def policy_body(name: str, **more: Any) -> dict[str, Any]:
    threshold = {
        "filter": 'metric.type="run.googleapis.com/request_count" AND resource.type="cloud_run_revision"',
        "comparison": "COMPARISON_GT",
        "thresholdValue": 5,
        "duration": "60s",
        "aggregations": [{"alignmentPeriod": "60s", "perSeriesAligner": "ALIGN_RATE"}],
    }
    condition = {"displayName": "Many requests", "conditionThreshold": threshold}
    return {"displayName": name, "combiner": "OR", "conditions": [condition], **more}


@pytest.fixture
def policy(target: Any, channel: dict[str, Any]) -> Any:
    """Make a policy that notifies the channel."""
    body = policy_body(target.fresh("policy"), notificationChannels=[channel["name"]])
    made = target.call("POST", place(target, "alertPolicies"), body)
    yield made
    target.send("DELETE", f"{HOST}/{made['name']}")


@pytest.mark.source("public", f"{REST}/projects.uptimeCheckConfigs#UptimeCheckConfig")
def test_a_check_is_completed_and_listed(target: Any, check: dict[str, Any]) -> None:
    assert (check["period"], check["timeout"], check["httpCheck"]["port"]) == ("60s", "10s", 443)
    listed = target.call("GET", place(target, "uptimeCheckConfigs"))
    assert check in listed["uptimeCheckConfigs"]
    assert listed["totalSize"] >= 1
    assert target.call("GET", f"{HOST}/{check['name']}") == check


@pytest.mark.source("public", f"{REST}/projects.uptimeCheckConfigs/patch")
def test_a_mask_says_what_changes(target: Any, check: dict[str, Any]) -> None:
    body = {"period": "300s", "timeout": "5s"}
    changed = target.call("PATCH", f"{HOST}/{check['name']}", body, updateMask="period")
    assert (changed["period"], changed["timeout"]) == ("300s", "10s")


@pytest.mark.source("public", "https://cloud.google.com/monitoring/uptime-checks/introduction")
@pytest.mark.sandbox_only("a real check takes minutes")
def test_a_check_probes_from_every_region(target: Any, sandbox: Any, check: dict[str, Any]) -> None:
    host = next(iter(sandbox.state["urls"].values())).removeprefix("https://")
    good = target.call("POST", place(target, "uptimeCheckConfigs"), check_body(host, target.fresh("check")))
    try:
        found = target.until(lambda: passed(target, good), lambda seen: len(seen) == 6)
        assert {one["points"][0]["value"]["boolValue"] for one in found} == {True}
        assert {one["resource"]["labels"]["host"] for one in found} == {host}
        assert len({one["metric"]["labels"]["checker_location"] for one in found}) == 6
        bad = target.until(lambda: passed(target, check), lambda seen: len(seen) == 6)
        assert {one["points"][0]["value"]["boolValue"] for one in bad} == {False}
    finally:
        target.call("DELETE", f"{HOST}/{good['name']}")


@pytest.mark.source("public", f"{REST}/projects.uptimeCheckConfigs#UptimeCheckConfig")
@pytest.mark.parametrize(
    "change",
    [
        {"displayName": ""},
        {"period": "61s"},
        {"timeout": "90s"},
        {"selectedRegions": ["EUROPE"]},
        {"monitoredResource": {"type": "uptime_url", "labels": {}}},
        {"tcpCheck": {"port": 80}},
        {"httpCheck": {"port": 70000}},
    ],
    ids=str,
)
def test_a_check_is_refused(target: Any, change: dict[str, Any]) -> None:
    body = {**check_body("conformance.invalid", target.fresh("check")), **change}
    assert target.refusal("POST", place(target, "uptimeCheckConfigs"), body)["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("public", f"{REST}/projects.alertPolicies#AlertPolicy")
def test_a_policy_is_completed_and_listed(target: Any, policy: dict[str, Any]) -> None:
    assert policy["conditions"][0]["name"].startswith(f"{policy['name']}/conditions/")
    assert policy["enabled"] is True
    assert policy["creationRecord"]["mutateTime"]
    assert policy in target.call("GET", place(target, "alertPolicies"))["alertPolicies"]


@pytest.mark.source("public", f"{REST}/projects.alertPolicies/patch")
def test_a_policy_is_switched_off_by_mask(target: Any, policy: dict[str, Any]) -> None:
    changed = target.call("PATCH", f"{HOST}/{policy['name']}", {"enabled": False}, updateMask="enabled")
    assert changed["enabled"] is False
    assert changed["conditions"] == policy["conditions"]


@pytest.mark.source("public", f"{REST}/projects.alertPolicies#AlertPolicy")
@pytest.mark.parametrize(
    "change",
    [
        {"displayName": ""},
        {"combiner": "COMBINE_UNSPECIFIED"},
        {"conditions": []},
        {"conditions": [{"displayName": "no kind"}]},
        {"conditions": [{"displayName": "no metric", "conditionAbsent": {"filter": 'resource.type="global"'}}]},
        {"conditions": [{"displayName": "bad", "conditionAbsent": {"filter": "metric.type="}}]},
    ],
    ids=str,
)
def test_a_policy_is_refused(target: Any, change: dict[str, Any]) -> None:
    body = {**policy_body(target.fresh("policy")), **change}
    assert target.refusal("POST", place(target, "alertPolicies"), body)["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("public", f"{REST}/projects.notificationChannels/delete")
def test_a_channel_in_use_goes_by_force_only(target: Any, channel: dict[str, Any], policy: dict[str, Any]) -> None:
    assert target.refusal("DELETE", f"{HOST}/{channel['name']}")["status"] == "FAILED_PRECONDITION"
    target.call("DELETE", f"{HOST}/{channel['name']}", force="true")
    assert not target.call("GET", f"{HOST}/{policy['name']}").get("notificationChannels")


@pytest.mark.source("public", f"{REST}/projects.notificationChannels#NotificationChannel")
def test_a_token_is_not_shown(target: Any) -> None:
    labels = {"channel_name": "#ops", "auth_token": "xoxb-secret"}
    made = target.call("POST", place(target, "notificationChannels"), {"type": "slack", "labels": labels})
    read = target.call("GET", f"{HOST}/{made['name']}")
    target.call("DELETE", f"{HOST}/{made['name']}")
    assert "xoxb-secret" not in str([made, read])


@pytest.mark.source("public", f"{REST}/projects.notificationChannels/create")
@pytest.mark.parametrize("body", [{"type": "pigeon", "labels": {}}, {"type": "email", "labels": {}}], ids=str)
def test_a_channel_is_refused(target: Any, body: dict[str, Any]) -> None:
    assert target.refusal("POST", place(target, "notificationChannels"), body)["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("public", f"{REST}/projects.alertPolicies/create")
def test_a_policy_needs_channels_that_are_there(target: Any) -> None:
    missing = f"projects/{target.project}/notificationChannels/1"
    body = policy_body(target.fresh("policy"), notificationChannels=[missing])
    assert target.refusal("POST", place(target, "alertPolicies"), body)["status"] == "NOT_FOUND"


@pytest.mark.source("discovery", "monitoring.projects.uptimeCheckConfigs.get")
@pytest.mark.parametrize("kind", ["uptimeCheckConfigs", "alertPolicies", "notificationChannels"])
def test_what_is_not_there_is_not_found(target: Any, kind: str) -> None:
    assert target.refusal("GET", f"{place(target, kind)}/{target.fresh('x')}")["status"] == "NOT_FOUND"


@pytest.mark.source("public", "https://cloud.google.com/sdk/gcloud/reference/monitoring/uptime/list-configs")
def test_gcloud_lists_checks(gcloud: Any, check: dict[str, Any]) -> None:
    assert check in gcloud("monitoring", "uptime", "list-configs")


@pytest.mark.source("public", "https://cloud.google.com/sdk/gcloud/reference/alpha/monitoring/policies/list")
def test_gcloud_lists_policies(gcloud: Any, policy: dict[str, Any]) -> None:
    assert policy in gcloud("alpha", "monitoring", "policies", "list")
