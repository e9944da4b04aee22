# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which calls a fault strikes; what a fault must look like."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra_sandbox.faults import resources
from netra_sandbox.faults.rules import KINDS, FaultError, Rule, draw, matches, read_rule, strikes

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
GET = "run.projects.locations.services.get"
DEPLOYER = "deployer@p.iam.gserviceaccount.com"


def rule(**options) -> Rule:
    return read_rule({"kind": "error", **options}, "f", NOW)


def struck(chosen: Rule, calls: int = 6) -> list[int]:
    return [number for number in range(1, calls + 1) if strikes(chosen, number, NOW)]


@pytest.mark.parametrize(
    ("options", "method", "caller", "expected"),
    [
        ({}, GET, DEPLOYER, True),
        ({"method": GET}, GET, DEPLOYER, True),
        ({"method": "run.*"}, GET, DEPLOYER, True),
        ({"method": "run.*.get"}, GET, DEPLOYER, True),
        ({"method": "run.*.list"}, GET, DEPLOYER, False),
        ({"method": "RUN.*"}, GET, DEPLOYER, False),
        ({"caller": "deployer@*"}, GET, DEPLOYER, True),
        ({"caller": "remediator@*"}, GET, DEPLOYER, False),
        ({"method": "run.*", "caller": "remediator@*"}, GET, DEPLOYER, False),
    ],
)
def test_a_rule_is_about_the_calls_that_its_globs_match(options, method, caller, expected):
    assert matches(rule(**options), method, caller, writes=False) is expected


@pytest.mark.parametrize(
    ("only", "writes", "expected"), [(True, True, True), (True, False, False), (False, False, True)]
)
def test_a_rule_may_leave_out_what_only_reads(only, writes, expected):
    assert matches(rule(writes=only), GET, DEPLOYER, writes=writes) is expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"nth": 3}, [3]),
        ({"first": 2}, [1, 2]),
        ({"rate": 0}, []),
        ({"rate": 1.0}, [1, 2, 3, 4, 5, 6]),
        ({"until": "2026-05-04T12:00:01Z"}, [1, 2, 3, 4, 5, 6]),
        ({"until": "2026-05-04T12:00:00Z"}, []),
        ({"until": "2026-05-04T13:30:00+02:00"}, []),
        ({"until": 5}, [1, 2, 3, 4, 5, 6]),
        ({"until": 0}, []),
        ({"first": 4, "rate": 0.5, "seed": 7}, [number for number in (1, 2, 3, 4) if draw(7, number) < 0.5]),
    ],
)
def test_of_those_calls_it_strikes(options, expected):
    assert struck(rule(**options)) == expected


@given(st.integers(), st.floats(0, 1), st.integers(0, 400))
def test_the_same_seed_strikes_the_same_calls_whatever_is_asked_in_between(seed, rate, skipped):
    chosen = rule(seed=seed, rate=rate)
    expected = struck(chosen, 30)
    strikes(chosen, skipped, NOW)
    assert struck(rule(seed=seed, rate=rate), 30) == expected


def test_a_rate_is_met_and_seeds_differ():
    counts = {seed: tuple(struck(rule(rate=0.3, seed=seed), 1000)) for seed in range(5)}
    assert len(set(counts.values())) == 5
    assert all(250 < len(found) < 350 for found in counts.values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_survives_storing(kind):
    chosen = rule(kind=kind, details=[{"@type": "x", "reason": "y"}], retry_after=3)
    assert Rule.of(chosen.as_json()) == chosen
    assert dataclasses.asdict(chosen)["kind"] == kind


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "errror"}, "There is no fault errror; there are error, delay"),
        ({"methd": "run.*"}, "A fault has no option methd; it has caller"),
        ({"status": "TEAPOT"}, "TEAPOT is no canonical status"),
        ({"rate": 1.5}, "from 0 to 1, not 1.5"),
        ({"nth": "3"}, "nth is not of type int"),
        ({"nth": True}, "nth is not of type int"),
        ({"nth": -1}, "not negative"),
        ({"seconds": 1e9}, "A delay is from 0 to 3600"),
        ({"until": "tomorrow"}, "neither a number of seconds nor a time"),
        ({"until": "2026-05-04T12:00:00"}, "neither a number of seconds nor a time"),
        ({"details": {}}, "details is not of type tuple"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_by_name(options, words):
    with pytest.raises(FaultError, match=words.replace("(", r"\(")):
        rule(**options)


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"kind": "redis-full"}, "needs a target: a Redis instance"),
        ({"kind": "redis-full", "target": 3}, "needs a target"),
        ({"kind": "postgres-slow", "target": "x", "secs": 2}, "has no option secs; it has target, seconds"),
        (
            {"kind": "postgres-slow", "target": "x", "seconds": "2"},
            "seconds of the fault postgres-slow is not of type int",
        ),
        ({"kind": "postgres-slow", "target": "x", "seconds": True}, "is not of type int"),
    ],
)
def test_a_fault_of_a_resource_that_makes_no_sense_is_refused_by_name(given_, words):
    with pytest.raises(FaultError, match=words):
        resources.read(given_, "f")


@pytest.mark.parametrize("kind", resources.FAULTS)
def test_a_fault_of_a_resource_has_its_defaults_and_says_what_it_is(kind):
    read = resources.read({"kind": kind, "target": "x"}, "f")
    assert read.options == dict(resources.FAULTS[kind].options)
    assert resources.FAULTS[kind].summary
