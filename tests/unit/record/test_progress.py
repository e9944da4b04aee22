# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a run came."""

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry
from ansible_collections.netra.remediation.plugins.module_utils.record.progress import BEGAN, phases_of


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("started snapshot", []),
        ("started build", ["build: open"]),
        ("started build action", ["build: open"]),
        ("started build deployment", ["build: done", "deployment: open"]),
        ("started build finished", ["build: done"]),
        ("started build failure finished", ["build: broken off"]),
        ("started build deployment stopped finished", ["build: done", "deployment: broken off"]),
        ("started build deployment closed", ["build: done", "deployment: broken off"]),
        ("started build deployment rollback failure rolled_back finished", ["build: done", "deployment: broken off"]),
    ],
)
def test_phases_are_told_from_a_ledger(said: str, expected: list[str]) -> None:
    entries = []
    for number, word in enumerate(said.split()):
        is_phase = word in ("build", "deployment", "rollback")
        time = f"2025-09-23T10:00:{number:02d}.000Z"
        entries.append(Entry(number, time, BEGAN if is_phase else word, {"phase": word} if is_phase else {}, "", ""))
    phases = phases_of(entries)
    told = ["done" if phase.is_done else "open" if phase.ended is None else "broken off" for phase in phases]
    assert [f"{phase.name}: {state}" for phase, state in zip(phases, told, strict=True)] == expected
    assert all(phase.ended is None or phase.ended > phase.began for phase in phases)
