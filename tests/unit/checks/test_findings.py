# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every finding: what raises it, and that it is silent where nothing is wrong."""

from __future__ import annotations

import dataclasses

import pytest
from broken_environments import (
    ASKED,
    BROKEN,
    CONTRACT,
    HEALTHY,
    HELD,
    PINNED,
    SPLIT,
    changed,
    container,
    down,
    judged,
    of_service,
    service,
    template,
)

from ansible_collections.netra.remediation.plugins.module_utils.checks.catalogue import CHECKS
from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import desired_services
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Unread
from ansible_collections.netra.remediation.plugins.module_utils.checks.phases import needed_phases
from ansible_collections.netra.remediation.plugins.module_utils.checks.service_checks import (
    undecided_split,
    unmeasurable_gates,
)


def found_in(identity):
    observation, contract = BROKEN[identity]
    return judged(observation, contract, asked=ASKED)


def told(findings):
    return [(finding.id, finding.severity) for finding in findings]


def test_a_healthy_environment_has_no_findings():
    assert judged(HEALTHY, asked=ASKED) == []


@pytest.mark.parametrize("identity", BROKEN)
def test_each_fault_is_found(identity):
    assert identity in {finding.id for finding in found_in(identity)}


@pytest.mark.parametrize("identity", CHECKS)
def test_each_check_says_what_it_says(identity):
    check = CHECKS[identity]
    finding = next(finding for finding in found_in(identity) if finding.id == identity)
    assert finding.phase == check.phase
    assert finding.summary
    assert finding.remedy
    assert "{" not in finding.command


@pytest.mark.parametrize("identity", BROKEN)
def test_results_of_findings_are_plain_and_keys_tell_them_apart(identity):
    findings = [finding.as_dict() for finding in found_in(identity)]
    assert len({finding["key"] for finding in findings}) == len(findings)
    assert all(isinstance(finding["summary"], str) and "\n" not in finding["summary"] for finding in findings)


def test_other_fields_than_the_contract_says_are_found():
    (finding,) = found_in("CFG-003")
    assert (finding.id, finding.evidence["fields"]) == ("CFG-003", ["env.MODE"])


def test_what_the_contract_does_not_name_is_left_alone():
    assert judged(changed(services=template(max_instance_request_concurrency=3))) == []


def test_a_hold_is_told_and_asks_for_nothing():
    findings = judged(changed(services=service(**PINNED, **HELD)))
    assert told(findings) == [("RUN-003", "warning")]
    assert needed_phases(findings) == []


@pytest.mark.parametrize(
    ("identity", "phases"),
    [
        ("BLD-002", ["build", "deployment"]),
        ("INF-003", ["infrastructure", "configuration", "deployment"]),
        ("SEC-001", ["configuration", "deployment"]),
        ("RUN-005", ["deployment"]),
        ("SLO-001", []),
        ("NET-001", []),  # a person has to act, no phase can
        ("PLN-001", []),
        ("INF-005", []),
    ],
)
def test_findings_choose_the_phases(identity, phases):
    assert needed_phases(found_in(identity)) == phases


@pytest.mark.parametrize("identity", [identity for identity in CHECKS if CHECKS[identity].phase == "by_hand"])
def test_what_only_a_person_can_repair_makes_no_phase_act(identity):
    assert needed_phases([finding for finding in found_in(identity) if finding.id == identity]) == []


UNREAD = {
    "redis": dataclasses.replace(
        HEALTHY,
        infrastructure={name: part for name, part in HEALTHY.infrastructure.items() if name != "redis"},
        unread=(Unread("infrastructure", "redis", "PERMISSION_DENIED", "denied"),),
    ),
    "secret": changed(secrets={}, unread=(Unread("secrets", "api-key-staging", "PERMISSION_DENIED", "denied"),)),
    "sources": changed(contexts={}, builds={}, unread=(Unread("contexts", "api", "UNREADABLE", "/src: no such file"),)),
    "load balancer": changed(
        load_balancer={**HEALTHY.load_balancer, "certificates": []},
        unread=(Unread("load_balancer", "certificates", "UNAVAILABLE", "down"),),
    ),
    "images": changed(images={}, unread=(Unread("images", "repo", "DEADLINE_EXCEEDED", "no answer in time"),)),
    "policies": changed(policies={}, unread=(Unread("policies", "project", "PERMISSION_DENIED", "denied"),)),
    "everything": dataclasses.replace(
        type(HEALTHY)(project="p", region="r"), unread=(Unread("services", "api", "UNAVAILABLE", "down"),)
    ),
}


@pytest.mark.parametrize("part", UNREAD)
def test_what_could_not_be_read_is_told_and_asks_for_nothing(part):
    findings = judged(UNREAD[part])
    assert told(findings) == [("OBS-001", "warning")]
    assert needed_phases(findings) == []


def test_what_was_not_read_names_the_checks_that_judged_nothing():
    (finding,) = judged(UNREAD["images"])
    assert finding.evidence["not_judged"] == ["PLN-005", "RUN-009"]


@pytest.mark.parametrize(
    ("part", "unread"),
    [
        ("redis", ("output redis_host for REDIS_HOST",)),
        ("secret", ("an enabled version of secret api-key-staging for KEY",)),
        ("sources", ()),
    ],
)
def test_what_could_not_be_read_is_not_missing(part, unread):
    desired = desired_services(CONTRACT, UNREAD[part])["api"]
    assert (desired.missing, desired.unread) == ((), unread)
    assert desired.options["env"]["REDIS_HOST"] == "10.0.0.3"


def test_a_split_is_told_and_asks_for_nothing():
    observation, _contract = BROKEN["RUN-006"]
    (finding,) = judged(observation)
    assert (finding.id, finding.severity) == ("RUN-006", "warning")
    assert "api-00000 90 %, latest 10 %" in finding.summary
    assert needed_phases([finding]) == []
    assert undecided_split({"name": "api"}, observation) == {"api-00000": 90, "latest": 10}


def test_the_contract_may_say_that_a_split_ends():
    findings = judged(BROKEN["RUN-006"][0], of_service(traffic="latest"))
    assert told(findings) == [("RUN-003", "error")]
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


def test_lines_of_a_log_mean_nothing_while_all_is_well():
    """A log remembers what was repaired since."""
    logs = down("ModuleNotFoundError: No module named 'app.monitoring'").logs
    assert judged(changed(logs=logs)) == []


def test_a_value_that_is_only_called_like_a_secret_is_none():
    env = [*HEALTHY.services["api"]["template"]["containers"][0]["env"], {"name": "TOKEN_MINUTES", "value": "15"}]
    assert [finding.id for finding in judged(changed(services=container(env=env)))] == ["CFG-003"]


def test_no_value_of_a_variable_that_looks_like_a_secret_is_told():
    assert "hunter2" not in str([finding.as_dict() for finding in found_in("SEC-009")])


def test_a_certificate_that_is_not_issued_says_where_dns_has_to_lead():
    (finding,) = [finding for finding in found_in("NET-002") if finding.id == "NET-002"]
    assert finding.evidence["address"] == "203.0.113.1 (ip)"


def test_a_plan_knows_better_than_the_state_that_it_starts_from():
    wrong = BROKEN["PLN-003"][0].terraform["plan"]
    right = dataclasses.replace(wrong, resources=wrong.resources[:-1])
    assert judged(changed(terraform={"state": dataclasses.replace(wrong, kind="state"), "plan": right})) == []


def test_no_line_of_a_log_is_kept_but_in_the_evidence_of_a_finding():
    observation = down("KeyError: 'USER'", "someone@example.com logged in")
    shown = observation.as_dict()
    assert shown["logs"] == {"api": 2}
    assert "someone@example.com" not in str(shown)
