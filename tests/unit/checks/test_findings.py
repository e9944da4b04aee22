# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every finding: what raises it, and that it is silent where nothing is wrong."""

from __future__ import annotations

import copy
import dataclasses

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import desired_services
from ansible_collections.netra.remediation.plugins.module_utils.checks.diagnosis import diagnose
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation, Unread
from ansible_collections.netra.remediation.plugins.module_utils.checks.phases import needed_phases
from ansible_collections.netra.remediation.plugins.module_utils.checks.service_checks import (
    undecided_split,
    unmeasurable_gates,
)

IMAGE = "registry/app"
CONNECTOR = "projects/p/locations/r/connectors/link"
CONTRACT = checked(
    {
        "services": [
            {
                "name": "api",
                "host": "api.example",
                "build": {"dockerfile": "Dockerfile", "image": IMAGE, "required_paths": ["app/monitoring"]},
                "vpc_connector": "link",
                "environment": {"MODE": "staging"},
                "environment_from_outputs": {"REDIS_HOST": "{redis_host}"},
                "secrets": {"KEY": "key"},
            }
        ],
        "secrets": [{"name": "key"}],
        "infrastructure": {
            "redis": {"name": "cache", "tier": "BASIC", "memory_size_gb": 1},
            "connector": {"name": "link", "network": "net"},
            "sql": {"name": "db", "tier": "db-g1-small"},
        },
        "config_files": [{"path": "staging.yaml", "service": "api"}],
    }
)
LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"


def variable(name, value):
    return {"name": name, "value": value}


def bound(name, secret, version):
    return {"name": name, "value_source": {"secret_key_ref": {"secret": secret, "version": version}}}


SERVICE = {
    "name": "projects/p/locations/r/services/api",
    "template": {
        "containers": [
            {
                "image": f"{IMAGE}@sha256:1",
                "env": [variable("MODE", "staging"), variable("REDIS_HOST", "10.0.0.3"), bound("KEY", "key", "2")],
            }
        ],
        "vpc_access": {"connector": CONNECTOR},
    },
    "latest_created_revision": "api-00001",
    "latest_ready_revision": "api-00001",
    "traffic": [{"type_": LATEST, "percent": 100}],
    "traffic_statuses": [{"type_": LATEST, "percent": 100, "revision": "api-00001"}],
}
HEALTHY = Observation(
    project="p",
    region="r",
    services={"api": SERVICE},
    revisions={"api": [{"name": "api-00001", "conditions": [{"type_": "Ready", "state": "CONDITION_SUCCEEDED"}]}]},
    secrets={"key": {"1": "DISABLED", "2": "ENABLED"}},
    infrastructure={
        "redis": {"name": "x/cache", "state": "READY", "host": "10.0.0.3", "tier": "BASIC", "memorySizeGb": 1},
        "connector": {"name": "x/link", "state": "READY", "network": "net"},
        "sql": {"name": "db", "state": "RUNNABLE", "settings": {"tier": "db-g1-small"}},
    },
    errors={"api": {"revision": "api-00001", "count": 0, "groups": []}},
    contexts={"api": {"digest": "abc", "excluded": [], "missing": []}},
    builds={"api": {"id": "b", "digest": "sha256:1"}},
    config_files={"staging.yaml": {"exists": True, "service": "api", "placeholders": [], "differs": False}},
    probes={"api": {"healthy": True, "reason": "healthy in 0.1 s"}},
)


def judged(observation):
    return diagnose(CONTRACT, observation, desired_services(CONTRACT, observation))


def changed(**parts):
    return dataclasses.replace(HEALTHY, **parts)


def service(**parts):
    return {"api": {**copy.deepcopy(SERVICE), **parts}}


def container(**parts):
    found = copy.deepcopy(SERVICE)
    found["template"]["containers"][0].update(parts)
    return {"api": found}


def template(**parts):
    found = copy.deepcopy(SERVICE)
    found["template"].update(parts)
    return {"api": found}


def infrastructure(part, resource):
    return changed(infrastructure={**HEALTHY.infrastructure, part: resource})


EXCLUDED = {"digest": "abc", "excluded": [{"path": "app/monitoring", "line": 3, "pattern": "**/monitoring"}]}
PINNED = {"traffic": [{"type_": REVISION, "revision": "api-00001", "percent": 100}]}
SPLIT = {
    "traffic": [
        {"type_": REVISION, "revision": "api-00000", "percent": 90},
        {"type_": LATEST, "percent": 10},
    ]
}
HELD = {"annotations": {"netra-remediation-hold": '{"reason": "a canary"}'}}
BROKEN = {
    "BLD-001": changed(contexts={"api": EXCLUDED}),
    "BLD-002": changed(builds={"api": None}),
    "INF-001": infrastructure("redis", None),
    "INF-002": infrastructure("connector", {"name": "x/link", "state": "ERROR", "network": "net"}),
    "INF-003": infrastructure("sql", {"name": "db", "state": "RUNNABLE", "settings": {"tier": "db-f1-micro"}}),
    "INF-004": changed(services=template(vpc_access={})),
    "SEC-001": changed(secrets={"key": None}),
    "SEC-002": changed(secrets={"key": {"1": "DISABLED"}}),
    "SEC-003": changed(services=container(env=[bound("KEY", "key", "latest")])),
    "CFG-001": changed(
        config_files={
            "staging.yaml": {
                "exists": True,
                "service": "api",
                "placeholders": [{"line": 1, "key": "REDIS_HOST", "token": "TEMPLATE"}],
            }
        }
    ),
    "CFG-002": changed(services=container(env=[variable("REDIS_HOST", "PLACEHOLDER")])),
    "CFG-003": changed(services=template(timeout="60s", max_instance_request_concurrency=3)),
    "RUN-001": changed(services={"api": None}),
    "RUN-002": changed(
        revisions={"api": [{"name": "api-00001", "conditions": [{"type_": "Ready", "state": "CONDITION_FAILED"}]}]}
    ),
    "RUN-003": changed(services=service(**PINNED)),
    "RUN-004": changed(probes={"api": {"healthy": False, "reason": "GET https://api.example/health answered 503"}}),
    "RUN-005": changed(services=template(health_check_disabled=True)),
    "RUN-006": changed(services=service(**SPLIT)),
    "SLO-001": changed(errors={"api": {"revision": "api-00001", "count": 45, "groups": []}}),
    "OBS-001": changed(unread=(Unread("errors", "api", "PERMISSION_DENIED", "denied"),)),
}


def test_a_healthy_environment_has_no_findings():
    assert judged(HEALTHY) == []


@pytest.mark.parametrize("identity", [identity for identity in BROKEN if identity != "CFG-003"])
def test_each_fault_is_found(identity):
    assert identity in {finding.id for finding in judged(BROKEN[identity])}


def test_other_fields_than_the_contract_says_are_found():
    environment = [variable("MODE", "production"), *SERVICE["template"]["containers"][0]["env"][1:]]
    (finding,) = judged(changed(services=container(env=environment)))
    assert (finding.id, finding.evidence["fields"]) == ("CFG-003", ["env.MODE"])


def test_what_the_contract_does_not_name_is_left_alone():
    assert judged(BROKEN["CFG-003"]) == []


def test_a_symptom_names_its_causes_and_comes_after_them():
    observation = dataclasses.replace(BROKEN["RUN-004"], infrastructure=BROKEN["INF-001"].infrastructure)
    findings = judged(observation)
    assert [finding.id for finding in findings][-1] == "RUN-004"
    assert "INF-001 cache" in findings[-1].caused_by


def test_a_hold_is_told_and_asks_for_nothing():
    held = service(**PINNED, annotations={"netra-remediation-hold": '{"reason": "it broke"}'})
    findings = judged(changed(services=held))
    assert [(finding.id, finding.severity) for finding in findings] == [("RUN-003", "warning")]
    assert needed_phases(findings) == []


@pytest.mark.parametrize(
    ("identity", "phases"),
    [
        ("BLD-002", ["build", "deployment"]),
        ("INF-003", ["infrastructure", "configuration", "deployment"]),
        ("SEC-001", ["configuration", "deployment"]),
        ("RUN-005", ["deployment"]),
        ("SLO-001", []),
    ],
)
def test_findings_choose_the_phases(identity, phases):
    assert needed_phases(judged(BROKEN[identity])) == phases


UNREAD = {
    "redis": dataclasses.replace(
        HEALTHY,
        infrastructure={name: part for name, part in HEALTHY.infrastructure.items() if name != "redis"},
        unread=(Unread("infrastructure", "redis", "PERMISSION_DENIED", "denied"),),
    ),
    "secret": changed(secrets={}, unread=(Unread("secrets", "key", "PERMISSION_DENIED", "denied"),)),
    "sources": changed(contexts={}, builds={}, unread=(Unread("contexts", "api", "UNREADABLE", "/src: no such file"),)),
}


@pytest.mark.parametrize("part", UNREAD)
def test_what_could_not_be_read_is_told_and_asks_for_nothing(part):
    findings = judged(UNREAD[part])
    assert [(finding.id, finding.severity) for finding in findings] == [("OBS-001", "warning")]
    assert needed_phases(findings) == []


@pytest.mark.parametrize(
    ("part", "unread"),
    [
        ("redis", ("output redis_host for REDIS_HOST",)),
        ("secret", ("an enabled version of secret key for KEY",)),
        ("sources", ()),
    ],
)
def test_what_could_not_be_read_is_not_missing(part, unread):
    desired = desired_services(CONTRACT, UNREAD[part])["api"]
    assert (desired.missing, desired.unread) == ((), unread)
    assert desired.options["env"]["REDIS_HOST"] == "10.0.0.3"


def test_a_split_is_told_and_asks_for_nothing():
    observation = BROKEN["RUN-006"]
    (finding,) = judged(observation)
    assert (finding.id, finding.severity) == ("RUN-006", "warning")
    assert "api-00000 90 %, latest 10 %" in finding.summary
    assert needed_phases([finding]) == []
    assert undecided_split({"name": "api"}, observation) == {"api-00000": 90, "latest": 10}


def test_the_contract_may_say_that_a_split_ends():
    contract = {**CONTRACT, "services": [{**CONTRACT["services"][0], "traffic": "latest"}]}
    findings = diagnose(contract, BROKEN["RUN-006"], desired_services(contract, BROKEN["RUN-006"]))
    assert [(finding.id, finding.severity) for finding in findings] == [("RUN-003", "error")]
    assert needed_phases(findings) == ["deployment"]


@pytest.mark.parametrize(
    ("wanted", "parts"),
    [
        pytest.param({"name": "api", "traffic": "latest"}, SPLIT, id="the contract says latest"),
        pytest.param({"name": "api"}, {**SPLIT, **HELD}, id="a hold says to wait"),
        pytest.param({"name": "api"}, PINNED, id="a pin is no split"),
        pytest.param({"name": "api"}, {}, id="it follows the latest"),
        pytest.param({"name": "web"}, SPLIT, id="it does not exist"),
    ],
)
def test_what_is_no_undecided_split(wanted, parts):
    assert undecided_split(wanted, changed(services=service(**parts))) is None


def test_a_gate_that_nobody_may_measure_is_known_before():
    unread = (Unread("errors", "api", "PERMISSION_DENIED", "denied"), Unread("secrets", "key", "UNKNOWN", "down"))
    assert unmeasurable_gates(changed(unread=unread)) == ["errors of api: denied"]
    assert unmeasurable_gates(HEALTHY) == []
