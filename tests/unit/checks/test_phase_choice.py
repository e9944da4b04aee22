# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which phases a person leaves out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import Finding
from ansible_collections.netra.remediation.plugins.module_utils.checks.phase_choice import (
    PHASES,
    SHAPES,
    left_out,
    refuse_bad_choice,
    told,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.phases import needed_phases
from ansible_collections.netra.remediation.plugins.module_utils.checks.shapes import check
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

BEFORE_DEPLOYMENT = ["build", "infrastructure", "configuration"]


def finding(identity: str, phase: str, severity: str = "error") -> Finding:
    return Finding(
        id=identity, severity=severity, phase=phase, resource="r", service="", summary="", evidence={}, remedy=""
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {}),
        ({"tags_run": ["all"], "tags_skipped": []}, {}),
        ({"start_at": "build"}, {}),
        ({"start_at": "deployment"}, dict.fromkeys(BEFORE_DEPLOYMENT, "remediation_start_at: deployment")),
        (
            {"only": ["build", "golden_path"]},
            dict.fromkeys(("infrastructure", "configuration", "deployment"), "remediation_only: build, golden_path"),
        ),
        ({"skip": {"build": "the image is fine"}}, {"build": "remediation_skip: the image is fine"}),
        (
            {"start_at": "infrastructure", "skip": {"build": "it is fine"}},
            {"build": "remediation_skip: it is fine"},
        ),
        ({"tags_run": ["phase5", "deployment"]}, dict.fromkeys(BEFORE_DEPLOYMENT, "--tags phase5,deployment")),
        ({"tags_run": ["always"]}, dict.fromkeys(PHASES, "--tags always")),
        ({"tags_run": ["tagged"]}, {}),
        ({"tags_skipped": ["phase1"]}, {"build": "--skip-tags phase1"}),
        ({"tags_run": ["phase1"], "tags_skipped": ["phase1"], "only": ["build"]}, None),
    ],
)
def test_phases_are_left_out(asked, expected) -> None:
    found = {phase: entry["why"] for phase, entry in left_out(asked).items()}
    assert found == expected if expected is not None else set(found) == set(PHASES)


def test_what_asks_for_a_phase_that_is_left_out_is_told() -> None:
    findings = [
        finding("BLD-001", "build"),
        finding("BLD-001", "build"),
        finding("RUN-009", "build", "warning"),
        finding("INF-001", "infrastructure"),
    ]
    omissions = left_out({"skip": {"build": "the image is fine"}}, findings)
    assert omissions == {"build": {"why": "remediation_skip: the image is fine", "findings": ["BLD-001"]}}
    assert told(omissions) == ["Left out: build (remediation_skip: the image is fine), although BLD-001 ask for it"]


@pytest.mark.parametrize(
    ("asked", "option"),
    [
        ({"start_at": "deploy"}, "remediation_start_at"),
        ({"only": ["build", "deploy"]}, "remediation_only[1]"),
        ({"only": "build"}, "remediation_only"),
        ({"only": []}, "remediation_only"),
        ({"skip": {"biuld": "why"}}, "remediation_skip.biuld"),
        ({"skip": {"build": ""}}, "remediation_skip.build"),
        ({"skip": {"build": None}}, "remediation_skip.build"),
        ({"skip": ["build"]}, "remediation_skip"),
        ({"budgets": {"deploy": {"seconds": 5}}}, "remediation_budgets.deploy"),
        ({"budgets": {"build": {"minutes": 5}}}, "remediation_budgets.build.minutes"),
        ({"budgets": {"build": {"overrun": "stop"}}}, "remediation_budgets.build.seconds"),
        ({"budgets": {"total": {"seconds": 5, "overrun": "panic"}}}, "remediation_budgets.total.overrun"),
        ({"budgets": {"total": {"seconds": 0}}}, "remediation_budgets.total.seconds"),
        ({"budgets": {"total": None}}, "remediation_budgets.total"),
        ({"only": ["build"], "start_at": "build"}, "remediation_start_at"),
        ({"only": ["build"], "skip": {"build": "why"}}, "remediation_skip.build"),
    ],
)
def test_a_choice_that_cannot_be_meant_is_refused_by_name(asked, option: str) -> None:
    with pytest.raises(BadInput) as refused:
        for name, value in asked.items():
            check(f"remediation_{name}", value, SHAPES[name])
        refuse_bad_choice(asked)
    assert refused.value.option == option


CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "start_at": st.sampled_from(PHASES),
        "only": st.lists(st.sampled_from(PHASES), min_size=1, unique=True),
        "skip": st.dictionaries(st.sampled_from(PHASES), st.just("why")),
        "tags_run": st.lists(st.sampled_from(("all", "phase2", "build", "other")), min_size=1),
        "tags_skipped": st.lists(st.sampled_from(("phase4", "golden_path", "other"))),
    },
)


@given(CHOICES, st.lists(st.sampled_from(PHASES), unique=True))
def test_a_phase_acts_or_is_left_out_and_never_both(asked, needed) -> None:
    findings = [finding(f"X-{phase}", phase) for phase in needed]
    omitted, acting = left_out(asked, findings), needed_phases(findings, left_out=left_out(asked))
    assert not set(acting) & set(omitted)
    assert set(acting) >= set(needed) - set(omitted) - {"golden_path"}
    assert list(omitted) == [phase for phase in PHASES if phase in omitted]
