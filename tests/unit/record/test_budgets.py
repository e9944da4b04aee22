# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens when a phase or a run takes longer than it may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.record import budgets
from ansible_collections.netra.remediation.plugins.module_utils.record.budgets import Budget
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry

START = datetime(2025, 9, 23, 10, 0, tzinfo=UTC)
OVERRUNS = ("warn", "stop", "roll_back")


def ledger(*said: tuple[int, str, dict]) -> list[Entry]:
    """Return entries, each at so many seconds after the start."""
    return [
        Entry(number, (START + timedelta(seconds=at)).isoformat(), kind, body, "", "")
        for number, (at, kind, body) in enumerate(said, start=1)
    ]


def began(at: int, phase: str) -> tuple[int, str, dict]:
    return at, "phase_began", {"phase": phase}


@pytest.mark.parametrize("overrun", OVERRUNS)
@pytest.mark.parametrize(
    ("spent", "level"),
    [(0, None), (74.9, None), (75, "near"), (99.9, "near"), (100, "over"), (500, "over")],
)
def test_the_table_decides(overrun: str, spent: float, level: str | None) -> None:
    found = budgets.judged([Budget("build", 100, overrun)], {"build": spent})
    assert [spending.level for spending in found] == ([level] if level else [])
    assert [spending.decision for spending in found] == ([overrun if level == "over" else "warn"] if level else [])
    sign = budgets.sign_of(found)
    assert (sign.then if sign else "warn") == (overrun if level == "over" else "warn")


@pytest.mark.parametrize(
    ("over", "then"),
    [
        ({}, None),
        ({"build": "warn"}, None),
        ({"build": "stop", "total": "warn"}, "stop"),
        ({"build": "stop", "total": "roll_back"}, "roll_back"),
        ({"total": "roll_back", "build": "stop"}, "roll_back"),
    ],
)
def test_the_strictest_of_several_decides(over: dict[str, str], then: str | None) -> None:
    found = budgets.judged([Budget(name, 1, overrun) for name, overrun in over.items()], {"build": 2, "total": 2})
    sign = budgets.sign_of(found)
    assert (sign and sign.then) == then
    assert sign is None or "took 2 s of the 1 s that remediation_budgets allows" in sign.reason


def test_time_is_counted_by_phase_and_in_total() -> None:
    entries = ledger((0, "started", {}), began(10, "build"), began(70, "deployment"))
    spent = budgets.spent_in(entries, START + timedelta(seconds=100))
    assert spent == {"total": 100.0, "build": 60.0, "deployment": 30.0}
    ended = [*entries, *ledger((80, "failure", {}))]
    assert budgets.spent_in(ended, START + timedelta(seconds=100))["deployment"] == 10.0
    assert budgets.spent_in([], START) == {}


def test_each_level_is_told_once() -> None:
    near = budgets.judged([Budget("build", 100)], {"build": 80})
    over = budgets.judged([Budget("build", 100)], {"build": 120})
    entries = ledger((80, budgets.KIND, near[0].as_dict()))
    assert budgets.untold(near, entries) == []
    assert budgets.untold(over, entries) == over


def test_what_waits_ends_when_the_time_is_up() -> None:
    now = START + timedelta(seconds=100)
    asked = [Budget("build", 60, "stop"), Budget("total", 150, "roll_back"), Budget("deployment", 1, "stop")]
    asked += [Budget("golden_path", 9)]
    limits = budgets.limits_of(asked, "build", {"total": 100, "build": 20}, now)
    assert [(limit.at - now.timestamp(), limit.then) for limit in limits] == [(40, "stop"), (50, "roll_back")]
    assert limits[0].reason == "build has taken the 60 s that remediation_budgets allows"


def test_each_level_that_is_to_come_has_its_moment() -> None:
    now = START + timedelta(seconds=100)
    asked = [Budget("build", 60, "stop"), Budget("total", 120), Budget("deployment", 1)]
    marks = budgets.marks_of(asked, "build", {"total": 100, "build": 20}, now)
    assert [
        (mark.at - now.timestamp(), mark.told["name"], mark.told["level"], mark.told["decision"]) for mark in marks
    ] == [
        (25, "build", "near", "warn"),
        (40, "build", "over", "stop"),
        (20, "total", "over", "warn"),
    ]
    assert budgets.sentence(marks[0].told) == "build took 45 s of the 60 s that remediation_budgets allows"


def test_budgets_warn_unless_they_say_otherwise() -> None:
    given = {"build": {"seconds": "600"}, "total": {"seconds": 10800, "overrun": "stop"}}
    assert budgets.budgets_of(given) == [Budget("build", 600.0, "warn"), Budget("total", 10800.0, "stop")]
    assert budgets.budgets_of(None) == []


@given(st.floats(1, 1e5), st.floats(0, 2e5), st.sampled_from(OVERRUNS))
def test_what_waits_and_the_next_border_agree(seconds: float, spent: float, overrun: str) -> None:
    asked = [Budget("build", seconds, overrun)]
    at_border = budgets.sign_of(budgets.judged(asked, {"build": spent})) is not None
    limits = budgets.limits_of(asked, "build", {"build": spent}, START)
    if abs(seconds - spent) > 1e-3:
        assert any(START.timestamp() >= limit.at for limit in limits) == at_border
