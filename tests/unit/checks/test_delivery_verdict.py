# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When users may get more of a new revision, and when nobody can say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.checks.delivery_verdict import (
    DEFAULTS,
    Answers,
    Evidence,
    judged,
)
from ansible_collections.netra.remediation.plugins.module_utils.record import gates

FAIL, OPEN, PASS = gates.FAIL, gates.INCONCLUSIVE, gates.PASS


def verdicts(evidence: Evidence, **limits: Any) -> dict[str, str]:
    """Return the verdict of each gate by what it is about."""
    return {gate.name.partition(": ")[2]: gate.verdict for gate in judged("api-2", evidence, {**DEFAULTS, **limits})}


def answers(requests: int, failed: int = 0, latency: float | None = None) -> Evidence:
    return Evidence(new=Answers(requests, failed, latency), error_groups=())


@pytest.mark.parametrize(
    ("evidence", "limits", "verdict"),
    [
        pytest.param(answers(20), {}, PASS, id="enough and none failed"),
        pytest.param(answers(19), {}, OPEN, id="one too few"),
        pytest.param(answers(0), {"min_requests": 0}, OPEN, id="nothing proves nothing"),
        pytest.param(answers(100, 1), {}, PASS, id="as many as may"),
        pytest.param(answers(100, 2), {}, FAIL, id="one more"),
        pytest.param(answers(3, 1), {"min_requests": 50}, FAIL, id="47 good ones would not save it"),
        pytest.param(answers(3, 1), {"min_requests": 100}, OPEN, id="97 good ones would"),
        pytest.param(answers(50, 50), {"max_error_percent": 100}, PASS, id="a limit that allows all"),
        pytest.param(Evidence(), {}, OPEN, id="nobody measured"),
    ],
)
def test_the_error_rate(evidence: Evidence, limits: dict[str, Any], verdict: str) -> None:
    assert verdicts(evidence, **limits) == {"error rate": verdict}


@pytest.mark.parametrize(
    ("new", "old", "verdict"),
    [
        pytest.param(Answers(100, 3), Answers(100, 2), PASS, id="a little more"),
        pytest.param(Answers(100, 9), Answers(100, 2), FAIL, id="much more"),
        pytest.param(Answers(100, 0), Answers(100, 50), PASS, id="better"),
        pytest.param(Answers(100, 9), Answers(3, 0), OPEN, id="the old one was hardly asked"),
        pytest.param(Answers(3, 3), Answers(100, 0), OPEN, id="the new one was hardly asked"),
    ],
)
def test_the_error_rate_beside_the_old_revision(new: Answers, old: Answers, verdict: str) -> None:
    found = verdicts(Evidence(new=new, old=old), max_error_percent_above_old=2)
    assert found["error rate beside the old revision"] == verdict


def test_without_an_old_revision_nothing_is_compared() -> None:
    asked = {"max_error_percent_above_old": 2, "max_latency_ratio": 2}
    assert set(verdicts(answers(100, 0, 0.1), **asked)) == {"error rate"}


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        pytest.param(answers(20, 0, 1.5), PASS, id="as long as it may"),
        pytest.param(answers(20, 0, 1.6), FAIL, id="longer"),
        pytest.param(answers(19, 0, 9.0), OPEN, id="too few"),
        pytest.param(answers(0), OPEN, id="none"),
        pytest.param(Evidence(), OPEN, id="nobody measured"),
    ],
)
def test_the_latency(evidence: Evidence, verdict: str) -> None:
    assert verdicts(evidence, max_latency_seconds=1.5)["latency"] == verdict


@pytest.mark.parametrize(
    ("new", "old", "verdict"),
    [(0.3, 0.2, PASS), (0.5, 0.2, FAIL), (0.5, None, OPEN), (0.5, 0.0, OPEN), (None, 0.2, OPEN)],
)
def test_the_latency_beside_the_old_revision(new: float | None, old: float | None, verdict: str) -> None:
    evidence = Evidence(new=Answers(50, 0, new), old=Answers(50, 0, old))
    assert verdicts(evidence, max_latency_ratio=2)["latency beside the old revision"] == verdict


@pytest.mark.parametrize(
    ("found", "limit", "verdict"),
    [((), 0, PASS), (("TypeError",), 0, FAIL), (("TypeError",), 1, PASS), (None, 0, OPEN)],
)
def test_new_kinds_of_errors(found: tuple[str, ...] | None, limit: int, verdict: str) -> None:
    assert verdicts(Evidence(error_groups=found), max_new_error_groups=limit)["new kinds of errors"] == verdict


@pytest.mark.parametrize(("lines", "verdict"), [({"panics": 0}, PASS), ({"panics": 2}, FAIL), ({}, OPEN)])
def test_log_lines(lines: dict[str, int], verdict: str) -> None:
    pattern = {"name": "panics", "filter": "textPayload:panic", "at_most": 1}
    assert verdicts(Evidence(log_lines=lines), log_patterns=[pattern])["log lines of panics"] == verdict


def test_what_could_not_be_read_is_said() -> None:
    evidence = Evidence(unread={"requests": "Could not read request_count: denied."})
    (gate,) = judged("api-2", evidence, DEFAULTS)
    assert gate.reason == "Could not read request_count: denied."


def test_observing_stops_nothing_and_says_so() -> None:
    (gate,) = judged("api-2", answers(100, 90), {**DEFAULTS, "observe_only": True})
    assert (gate.verdict, gate.waived) == (FAIL, "it is only observed")
    assert (gates.stopping([gate]), gates.reasons([gate])) == ([], [])
    assert gates.overall([gate]) == OPEN  # what is only observed proves nothing either


def test_an_accepted_open_question_is_no_accepted_failure() -> None:
    limits = {**DEFAULTS, "accept_inconclusive": "nobody works at night", "max_latency_seconds": 1}
    evidence = answers(2, 1, 0.5)
    errors, latency = judged("api-2", evidence, limits)
    assert (errors.verdict, errors.waived) == (FAIL, "")
    assert (latency.verdict, latency.waived) == (OPEN, "an open question is accepted here: nobody works at night")


COUNTS = st.integers(0, 400).flatmap(lambda requests: st.tuples(st.just(requests), st.integers(0, requests)))


@given(COUNTS, st.integers(0, 100), st.sampled_from([0.0, 0.5, 1.0, 5.0, 50.0]))
def test_success_after_a_failure_never_saves_a_revision_before_there_is_enough(
    counts: tuple[int, int], needed: int, limit: float
) -> None:
    requests, failed = counts
    limits = {"min_requests": needed, "max_error_percent": limit}
    found = verdicts(answers(requests, failed), **limits)["error rate"]
    if found == FAIL and requests < needed:
        assert verdicts(answers(needed, failed), **limits)["error rate"] == FAIL
    if found == PASS:
        assert requests >= needed
        assert failed * 100 <= limit * requests


@given(COUNTS, st.integers(1, 50))
def test_one_more_failure_makes_no_verdict_better(counts: tuple[int, int], needed: int) -> None:
    order = {FAIL: 0, OPEN: 1, PASS: 2}
    requests, failed = counts
    now = verdicts(answers(requests, failed), min_requests=needed)["error rate"]
    worse = verdicts(answers(requests, min(failed + 1, requests)), min_requests=needed)["error rate"]
    assert order[worse] <= order[now]
