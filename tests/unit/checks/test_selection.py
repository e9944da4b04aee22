# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which findings are told: checks that are selected, silences and their end, and what the whole comes to."""

from __future__ import annotations

import pytest
from broken_environments import BROKEN, CONTRACT, contract, down

from ansible_collections.netra.remediation.plugins.module_utils.checks.catalogue import CHECKS, refuse_unknown_ids
from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import desired_services
from ansible_collections.netra.remediation.plugins.module_utils.checks.diagnosis import diagnose
from ansible_collections.netra.remediation.plugins.module_utils.checks.phases import needed_phases
from ansible_collections.netra.remediation.plugins.module_utils.checks.presentation import report_lines
from ansible_collections.netra.remediation.plugins.module_utils.checks.verdict import verdict
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

SILENCE = {"id": "INF-001", "reason": "we build it on Monday", "until": "2026-11-25"}
REDIS_GONE = BROKEN["INF-001"][0]


def diagnosed(observation, given=CONTRACT):
    return diagnose(given, observation, desired_services(given, observation))


def ids(findings):
    return [finding.id for finding in findings]


@pytest.mark.parametrize(
    ("checks", "told"),
    [
        (None, ["INF-001", "INF-011", "CFG-003"]),
        (["INF"], ["INF-001", "INF-011"]),
        (["INF-001"], ["INF-001"]),
        (["CFG", "INF-011"], ["CFG-003", "INF-011"]),
        (["RUN"], []),
    ],
)
def test_checks_are_selected_by_id_and_by_kind(checks, told):
    assert sorted(ids(diagnosed(REDIS_GONE, contract(checks=checks)).findings)) == sorted(told)


def test_what_could_not_be_read_is_told_whatever_is_selected():
    observation, _contract = BROKEN["OBS-001"]
    assert ids(diagnosed(observation, contract(checks=["RUN"])).findings) == ["OBS-001"]


@pytest.mark.parametrize("resource", [None, "cache"])
def test_a_silenced_finding_is_listed_and_makes_no_phase_act(resource):
    silence = {**SILENCE, "resource": resource} if resource else SILENCE
    found = diagnosed(REDIS_GONE, contract(silenced=[silence], checks=["INF"]))
    assert ids(found.findings) == ["INF-011"]
    assert needed_phases(found.findings) == []
    assert [entry["text"] for entry in found.silenced] == ["INF-001 cache until 2026-11-25: we build it on Monday"]
    assert "Silenced: INF-001 cache until 2026-11-25: we build it on Monday" in report_lines(
        [], asides=[f"Silenced: {entry['text']}" for entry in found.silenced]
    )


def test_a_silence_of_another_resource_silences_nothing():
    found = diagnosed(REDIS_GONE, contract(silenced=[{**SILENCE, "resource": "other"}], checks=["INF"]))
    assert "INF-001" in ids(found.findings)


@pytest.mark.parametrize(("until", "is_silent"), [("2026-11-25", True), ("2026-11-24", False)])
def test_a_silence_ends_after_its_last_day_and_its_end_is_told(until, is_silent):
    found = diagnosed(REDIS_GONE, contract(silenced=[{**SILENCE, "until": until}]))
    assert ("INF-001" in ids(found.findings)) is not is_silent
    assert ("OBS-002" in ids(found.findings)) is not is_silent


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"checks": ["RUN-4"]}, "remediation_checks[0] is 'RUN-4', which is no check"),
        ({"silenced": [{"id": "RUN-004", "until": "2026-12-31"}]}, "remediation_silenced[0].reason is missing"),
        ({"silenced": [{**SILENCE, "until": "soon"}]}, "remediation_silenced[0].until must be a day"),
        ({"silenced": [{**SILENCE, "id": "RUN"}]}, "remediation_silenced[0].id must be an id"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(variables, complaint):
    with pytest.raises(BadInput) as refused:
        contract(**variables)
    assert complaint in refused.value.message


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"checks": ["RUN", "RUN-999"]}, "remediation_checks[1] names 'RUN-999', which is not in docs/findings.md"),
        ({"checks": ["RUM"]}, "remediation_checks[0] names 'RUM'"),
        ({"silenced": [{**SILENCE, "id": "INF-999"}]}, "remediation_silenced[0].id names 'INF-999'"),
    ],
)
def test_a_check_that_there_is_not_is_refused_since_it_would_hide_everything(variables, complaint):
    with pytest.raises(BadInput) as refused:
        refuse_unknown_ids(contract(**variables))
    assert complaint in refused.value.message


def test_every_check_may_be_named():
    refuse_unknown_ids(contract(checks=[*CHECKS, "BLD-005", "BLD", "NET"]))


def finding(identity, severity):
    return {"id": identity, "key": f"{identity} x", "severity": severity}


@pytest.mark.parametrize(
    ("findings", "worst", "fails_on"),
    [
        ([], "none", []),
        ([finding("SLO-001", "warning")], "warning", ["warning"]),
        ([finding("INF-001", "error"), finding("SLO-001", "warning")], "error", ["error", "warning"]),
        ([finding("RUN-004", "critical")], "critical", ["critical", "error", "warning"]),
        ([finding("OBS-001", "warning")], "warning", ["critical", "error", "warning"]),
    ],
)
def test_the_verdict_says_at_which_threshold_a_run_fails(findings, worst, fails_on):
    found = verdict(findings)
    assert (found["worst"], found["fails_on"]) == (worst, fails_on)
    assert found["complete"] is ("OBS-001" not in {entry["id"] for entry in findings})
    assert "never" not in found["fails_on"]


def test_the_report_folds_symptoms_under_their_root():
    observation = down("StartError: Redis ping timeout")
    gone = type(observation)(**{**vars(REDIS_GONE), "probes": observation.probes, "logs": observation.logs})
    findings = [entry.as_dict() for entry in diagnosed(gone).findings]
    lines = report_lines(findings, ["infrastructure"])
    assert lines[0] == "2 causes and 3 symptoms"
    first = lines.index("1. INF-001 ERROR  cache")
    below = "\n".join(lines[first : lines.index("2. INF-011 WARNING  cache")])
    assert " └ RUN-008 api: instances end at start" in below or " └ RUN-008 api: requests fail" in below
    assert "     └ RUN-004 api: GET https://api.example.com/health answered 503" in below
    assert "   try:  gcloud redis instances describe cache --region=r --project=p" in below
    assert lines[-1] == "Phases that will act: infrastructure"


def test_the_report_tells_what_was_not_read_once_for_each_answer():
    unread = [
        {"id": "OBS-001", "key": f"OBS-001 {name}", "resource": name, "summary": "denied", "caused_by": []}
        for name in ("secrets a", "secrets b")
    ]
    lines = report_lines(unread)
    assert "Not read, so not judged: 2 parts (OBS-001)" in lines
    assert any("secrets a, secrets b: denied" in line for line in lines)
