# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long phases and the whole run may take, and what happens when they take longer. Pure.

Layer `record`: may import `record` and `foundation` only. The table:

========  ==========  ==========================================
spent     overrun     decision
========  ==========  ==========================================
< 75 %    any         nothing
< 100 %   any         warn
>= 100 %  warn        warn
>= 100 %  stop        stop; what the run moved stays
>= 100 %  roll_back   stop, and take back what the run moved
========  ==========  ==========================================

Of several, the strictest decides: roll_back before stop before warn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.watch import (
    ROLL_BACK,
    STOP,
    Limit,
    Mark,
    Sign,
)
from ansible_collections.netra.remediation.plugins.module_utils.record import progress
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry

KIND, TOTAL, WARN = "budget", "total", "warn"
NEAR_SHARE = 0.75
NEAR, OVER = "near", "over"
STRICTEST_FIRST = (ROLL_BACK, STOP)


@dataclass(frozen=True)
class Budget:
    """Seconds that a phase (or `total`: the run) may take, and what happens when it takes longer."""

    name: str
    seconds: float
    overrun: str = WARN


@dataclass(frozen=True)
class Spending:
    """A budget of which three quarters (`near`) or all (`over`) are spent, and what that leads to."""

    budget: Budget
    spent: float
    level: str
    decision: str

    def as_dict(self) -> dict[str, Any]:
        """Return what the ledger says of it."""
        told = {"name": self.budget.name, "seconds": self.budget.seconds, "spent": round(self.spent, 1)}
        return {**told, "level": self.level, "decision": self.decision}


def budgets_of(given: Mapping[str, Mapping[str, Any]] | None) -> list[Budget]:
    """Return the budgets of `remediation_budgets`, whose shape the contract has seen to."""
    return [
        Budget(name, float(entry["seconds"]), entry.get("overrun") or WARN) for name, entry in (given or {}).items()
    ]


def spent_in(entries: Sequence[Entry], now: datetime) -> dict[str, float]:
    """Return the seconds that each phase took, and the run, until now or its end."""
    if not entries:
        return {}
    spent = {TOTAL: (now - datetime.fromisoformat(entries[0].time)).total_seconds()}
    for phase in progress.phases_of(entries):
        spent[phase.name] = spent.get(phase.name, 0.0) + ((phase.ended or now) - phase.began).total_seconds()
    return spent


def judged(budgets: Iterable[Budget], spent: Mapping[str, float]) -> list[Spending]:
    """Return the budgets that are nearly or wholly spent, with what the table says."""
    found = []
    for budget in budgets:
        used = spent.get(budget.name, 0.0)
        if used >= budget.seconds:
            found.append(Spending(budget, used, OVER, budget.overrun))
        elif used >= budget.seconds * NEAR_SHARE:
            found.append(Spending(budget, used, NEAR, WARN))
    return found


def untold(found: Iterable[Spending], entries: Sequence[Entry]) -> list[Spending]:
    """Return what the ledger does not say yet: each level of each budget is told once."""
    return [spending for spending in found if not is_told(spending.as_dict(), entries)]


def is_told(told: Mapping[str, Any], entries: Iterable[Entry]) -> bool:
    """Say whether the ledger has a level of a budget."""
    kept = [entry.body for entry in entries if entry.kind == KIND]
    return any((body["name"], body["level"]) == (told["name"], told["level"]) for body in kept)


def sign_of(found: Iterable[Spending]) -> Sign | None:
    """Return what ends the run, the strictest first; None where it may go on."""
    found = list(found)
    for decision in STRICTEST_FIRST:
        over = next((spending for spending in found if spending.decision == decision), None)
        if over:
            return Sign("budget", sentence(over.as_dict()), then=decision)
    return None


def limits_of(budgets: Iterable[Budget], phase: str, spent: Mapping[str, float], now: datetime) -> tuple[Limit, ...]:
    """Return when a phase that goes on now, and the run, are to end, where their budgets say stop or roll back."""
    return tuple(
        Limit(now.timestamp() + budget.seconds - spent.get(budget.name, 0.0), _allowance(budget), budget.overrun)
        for budget in budgets
        if budget.name in (phase, TOTAL) and budget.overrun in STRICTEST_FIRST
    )


def marks_of(budgets: Iterable[Budget], phase: str, spent: Mapping[str, float], now: datetime) -> tuple[Mark, ...]:
    """Return when three quarters and all of a budget will be spent by a phase that goes on now, and by the run."""
    coming = [
        (
            budget.seconds * share - spent.get(budget.name, 0.0),
            Spending(budget, budget.seconds * share, level, decision),
        )
        for budget in budgets
        if budget.name in (phase, TOTAL)
        for share, level, decision in ((NEAR_SHARE, NEAR, WARN), (1.0, OVER, budget.overrun))
    ]
    return tuple(Mark(now.timestamp() + left, spending.as_dict()) for left, spending in coming if left > 0)


def sentence(told: Mapping[str, Any]) -> str:
    """Return a spending as it stands in a ledger, for people."""
    subject = "the run" if told["name"] == TOTAL else told["name"]
    return f"{subject} took {told['spent']:g} s of the {told['seconds']:g} s that remediation_budgets allows"


def _allowance(budget: Budget) -> str:
    subject = "the run" if budget.name == TOTAL else budget.name
    return f"{subject} has taken the {budget.seconds:g} s that remediation_budgets allows"
