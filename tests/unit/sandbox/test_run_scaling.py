# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions about instances: limits, how many to start, who goes, what a probe says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra_sandbox.runtime import probes, scaling
from netra_sandbox.runtime.scaling import Limits

LIMITS: dict[str, tuple[dict[str, Any], dict[str, Any], int, Limits]] = {
    "defaults": ({}, {}, 100, Limits(0, 100, 80)),
    "the template's": (
        {"scaling": {"minInstanceCount": 2, "maxInstanceCount": 5}, "maxInstanceRequestConcurrency": 1},
        {},
        100,
        Limits(2, 5, 1),
    ),
    "a service's minimum is shared": ({}, {"scaling": {"minInstanceCount": 3}}, 50, Limits(2, 100, 80)),
    "the greater minimum holds": (
        {"scaling": {"minInstanceCount": 4}},
        {"scaling": {"minInstanceCount": 3}},
        100,
        Limits(4, 100, 80),
    ),
    "a service's maximum caps": (
        {"scaling": {"maxInstanceCount": 9}},
        {"scaling": {"maxInstanceCount": 2}},
        1,
        Limits(0, 2),
    ),
    "manual": ({}, {"scaling": {"scalingMode": "MANUAL", "manualInstanceCount": 4}}, 50, Limits(2, 2)),
    "manual, switched off": ({}, {"scaling": {"scalingMode": "MANUAL"}}, 100, Limits(0, 0)),
    "a minimum above the maximum": (
        {"scaling": {"maxInstanceCount": 1}},
        {"scaling": {"minInstanceCount": 3}},
        100,
        Limits(1, 1),
    ),
}


@pytest.mark.parametrize(("template", "service", "percent", "expected"), LIMITS.values(), ids=LIMITS)
def test_limits(template: dict[str, Any], service: dict[str, Any], percent: int, expected: Limits) -> None:
    assert scaling.limits(template, service, percent) == expected


@pytest.mark.parametrize(
    ("bounds", "requests", "usable", "total", "expected"),
    [
        (Limits(0, 100, 80), 1, 0, 0, 1),
        (Limits(0, 100, 80), 80, 1, 1, 0),
        (Limits(0, 100, 80), 81, 1, 1, 1),
        (Limits(0, 3, 1), 10, 1, 1, 2),
        (Limits(0, 1, 1), 10, 1, 1, 0),
        (Limits(0, 2, 1), 2, 0, 2, 0),
        (Limits(0, 0, 1), 1, 0, 0, 0),
    ],
    ids=[
        "the first",
        "one holds all",
        "one more than that",
        "up to the maximum",
        "full",
        "none is ready",
        "none allowed",
    ],
)
def test_instances_to_start(bounds: Limits, requests: int, usable: int, total: int, expected: int) -> None:
    assert scaling.to_start(bounds, requests=requests, usable=usable, total=total) == expected


@given(st.integers(0, 5000), st.integers(1, 1000), st.integers(0, 100), st.integers(0, 100))
def test_what_is_started_is_enough_and_never_above_the_maximum(
    requests: int, concurrency: int, maximum: int, running: int
) -> None:
    bounds = Limits(0, maximum, concurrency)
    after = running + scaling.to_start(bounds, requests=requests, usable=running, total=running)
    assert after <= max(maximum, running)
    assert after * concurrency >= requests or after >= maximum


@pytest.mark.parametrize(
    ("idle", "remaining", "minimum", "reached", "expected"),
    [
        (6, 1, 0, True, True),
        (4, 1, 0, True, False),
        (6, 0, 0, True, False),
        (901, 0, 0, True, True),
        (6, 0, 0, False, True),
        (901, 0, 1, True, False),
        (901, 1, 2, False, False),
    ],
)
def test_who_goes(idle: float, remaining: int, minimum: int, reached: bool, expected: bool) -> None:
    assert scaling.may_stop(idle, remaining=remaining, bounds=Limits(minimum), reached=reached) is expected


@pytest.mark.parametrize(("startups", "seconds"), [([], 10), ([1.0, 2.0], 10), ([4.0, 6.0], 17.5)])
def test_a_request_waits_for_a_multiple_of_the_start_up_time(startups: list[float], seconds: float) -> None:
    assert scaling.queue_seconds(startups) == seconds


PROBE = probes.read(probes.READINESS, {"failureThreshold": 2, "successThreshold": 2}, "c", 80)
HISTORIES = {
    "one failure is none": ("-+-+", "...."),
    "two in a row are": ("--", ".!"),
    "it says so once": ("----", ".!.."),
    "and needs two to recover": ("--+-++", ".!...!"),
}


@pytest.mark.parametrize(("outcomes", "changes"), HISTORIES.values(), ids=HISTORIES)
def test_a_streak_changes_its_verdict_at_the_threshold(outcomes: str, changes: str) -> None:
    streak = probes.Streak(PROBE)
    assert "".join("!" if streak.note(probes.Outcome(sign == "+")) else "." for sign in outcomes) == changes


LINES = {
    "default": (
        ({"tcpSocket": {"port": 8080}, "timeoutSeconds": 240, "periodSeconds": 240, "failureThreshold": 1}, True),
        'Default STARTUP TCP probe failed 1 time consecutively for container "api-1" on port 8080. '
        "The instance was not started. Connection failed with status DEADLINE_EXCEEDED.",
    ),
    "http": (
        ({"httpGet": {"port": 8080, "path": "/ready"}}, False),
        'STARTUP HTTP probe failed 1 time consecutively for container "api-1" on port 8080 path "/ready". '
        "The instance was not started. Connection failed with status DEADLINE_EXCEEDED.",
    ),
}


@pytest.mark.parametrize(("described", "expected"), LINES.values(), ids=LINES)
def test_the_line_of_a_failed_probe(described: tuple[dict[str, Any], bool], expected: str) -> None:
    probe = probes.read(probes.STARTUP, described[0], "api-1", 8080, default=described[1])
    assert probes.failed(probe, 1, "DEADLINE_EXCEEDED") == expected
