# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Clock
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.probes import runner
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import (
    Observation,
    Unhealthy,
    Unmeasured,
)


class FakeTime:
    """A clock that only moves when someone sleeps or works."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.clock = Clock(now=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def watch(script, seconds=0.1, **options):
    """Watch a target whose attempts end as the script says: + healthy, - unhealthy, ? not measured."""
    time, answers = FakeTime(), iter(script)

    def probe(target, timeout):
        time.now += min(seconds, timeout)
        outcome = next(answers)
        if outcome == "+":
            return Observation({"n": 1})
        raise (Unmeasured if outcome == "?" else Unhealthy)("it is down; look at it")

    report = runner.watch({"name": "api", "kind": "http", **options}, time.clock, probe)
    return report, time


@pytest.mark.parametrize(
    ("script", "attempts", "threshold", "healthy", "made"),
    [
        ("+", 1, 1, True, 1),
        ("-", 1, 1, False, 1),
        ("--+", 3, 1, True, 3),
        ("-++", 5, 2, True, 3),
        ("+-++", 5, 2, True, 4),
        ("---", 4, 2, False, 3),
        ("+-", 3, 3, False, 2),
        ("+++", 3, 3, True, 3),
        ("", 1, 2, False, 0),
    ],
)
def test_thresholds(script, attempts, threshold, healthy, made):
    if not script:
        script, made = "+", 1
    report, _time = watch(script + "x", attempts=attempts, healthy_threshold=threshold)
    assert (report["healthy"], len(report["attempts"])) == (healthy, made)


def test_pauses_between_attempts_and_none_after_the_last():
    report, time = watch("--+", attempts=3, interval=5.0)
    assert time.slept == [5.0, 5.0]
    assert report["seconds"] == pytest.approx(0.1)
    assert report["observed"] == {"n": 1}


def test_the_deadline_ends_the_attempts():
    report, time = watch("-" * 100, seconds=1.0, attempts=100, interval=4.0, deadline=10.0, timeout=30.0)
    assert time.now == pytest.approx(10.0, abs=0.1)
    assert report["healthy"] is False
    assert len(report["attempts"]) <= 3


def test_right_but_slow_is_unhealthy():
    report, _time = watch("+", seconds=8.0, thresholds={"max_seconds": 2.0}, timeout=10.0)
    assert report["healthy"] is False
    assert "api is right but slow: it took 8 s, more than the allowed 2 s; look at" in report["reason"]


def test_the_last_failure_is_named_when_successes_were_too_few():
    report, _time = watch("-+", attempts=2, healthy_threshold=1)
    assert report["healthy"] is True
    report, _time = watch("-+-x", attempts=4, healthy_threshold=2)
    assert report["reason"] == "it is down; look at it"


def test_not_measured_is_told_apart():
    assert watch("??", attempts=2)[0]["measured"] is False
    assert watch("?-", attempts=2)[0]["measured"] is True


@given(st.text("+-", min_size=1, max_size=12), st.integers(1, 5))
def test_healthy_exactly_when_the_row_of_successes_is_in_the_script(script, threshold):
    report, _time = watch(script, attempts=len(script), healthy_threshold=threshold)
    assert report["healthy"] is ("+" * threshold in script)


def test_many_targets_at_once_but_not_more_than_asked(monkeypatch):
    lock, running, most = threading.Lock(), [0], [0]
    gate = threading.Event()

    def probe(target, timeout):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
            if running[0] == 4:
                gate.set()
        gate.wait(5)
        with lock:
            running[0] -= 1
        return Observation({})

    monkeypatch.setitem(runner.PROBES, "tcp", probe)
    targets = [{"name": str(number), "kind": "tcp"} for number in range(20)]
    reports = runner.run(targets, 4)
    assert [report["name"] for report in reports] == [str(number) for number in range(20)]
    assert most[0] == 4


def test_bad_input_is_no_observation(monkeypatch):
    def probe(target, timeout):
        raise BadInput("no such thing")

    monkeypatch.setitem(runner.PROBES, "tcp", probe)
    with pytest.raises(BadInput):
        runner.run([{"name": "a", "kind": "tcp"}, {"name": "b", "kind": "tcp"}], 2)


def test_samples_give_percentiles_and_the_worst_counts():
    time, slow = FakeTime(), iter([0.1] * 18 + [0.5, 3.0])

    def probe(_target, _timeout):
        took = next(slow)
        time.now += took
        return Observation({"session_seconds": took, "version": 16})

    target = {"name": "db", "kind": "postgres", "samples": 20, "thresholds": {"max_connect_seconds": 0.4}}
    report = runner.watch(target, time.clock, probe)
    assert report["observed"]["percentiles"]["session_seconds"] == {"p50": 0.1, "p95": 0.5}
    assert (report["seconds"], report["healthy"]) == (0.5, False)
    assert "connecting took 0.5 s, more than the allowed 0.4 s" in report["reason"]


@given(st.lists(st.floats(0, 100), min_size=1), st.integers(1, 100))
def test_a_percentile_is_one_of_the_values_and_no_less_than_its_share(values, share):
    found = runner.percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= share * len(values)
