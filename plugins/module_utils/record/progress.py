# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a run came, from its ledger. Pure. Layer `record`: may import `record` only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry

BEGAN = "phase_began"
# What a run does instead of going on is no part of how far it came.
ROLLBACK = "rollback"
# What ends a phase that did not do its part.
BROKEN_OFF = ("failure", "stopped", "closed")
ENDS = (BEGAN, "finished", *BROKEN_OFF)


@dataclass(frozen=True)
class Phase:
    """A phase that a run began: from when to when (None: no end on record), and whether it did its part."""

    name: str
    began: datetime
    ended: datetime | None
    is_done: bool


def phases_of(entries: Iterable[Entry]) -> list[Phase]:
    """Return the phases that a run began, in order; a phase ends where the next one begins, or the run."""
    phases: list[Phase] = []
    for entry in entries:
        time = datetime.fromisoformat(entry.time) if entry.kind in ENDS else None
        if time and phases and phases[-1].ended is None:
            last, done = phases.pop(), entry.kind not in BROKEN_OFF and entry.body.get("phase") != ROLLBACK
            phases.append(Phase(last.name, last.began, time, done))
        if time and entry.kind == BEGAN and entry.body["phase"] != ROLLBACK:
            phases.append(Phase(entry.body["phase"], time, None, is_done=False))
    return phases
