# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan for people: a line for each change, one for each field. Pure. Layer `record`: may import `foundation` only."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import Change, plain, shown
from ansible_collections.netra.remediation.plugins.module_utils.foundation.intent import TEXT

SIGNS = {"create": "+", "update": "~", "delete": "-", "import": "<-", "create/delete": "-/+", "delete/create": "-/+"}
MOST_CHARACTERS = 160
ABSENT = "(none)"


def lines_of(found: Iterable[Change], longest: int | None = MOST_CHARACTERS) -> list[str]:
    """Return the lines of a plan; values are cut at ``longest`` characters, None shows them whole."""
    lines = []
    for change in found:
        lines.append(f"{SIGNS.get(change.action, '~')} {plain(change.resource)}")
        for name, sides in change.fields.items():
            lines += _field(change, name, sides["before"], sides["after"], longest)
    return lines


def summary_of(found: Iterable[Change]) -> str:
    """Return how much a plan changes, in words."""
    changes = list(found)
    if not changes:
        return "Nothing would change."
    resources = _counted(len({change.resource for change in changes}), "resource")
    return f"{_counted(len(changes), 'change')} of {resources}."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _field(change: Change, name: str, before: Any, after: Any, longest: int | None) -> list[str]:
    if name == TEXT:
        gone, come = (str(side or "").splitlines() for side in (before, after))
        diff = list(difflib.unified_diff(gone, come, lineterm="", n=1))[2:]
        return [f"    {plain(line[:1])} {plain(line[1:])}" for line in diff if not line.startswith("@@")]
    name = plain(name)
    if change.action == "create" and before is None:
        return [f"    {name}: {shown(after, ABSENT, longest)}"]
    return [f"    {name}: {shown(before, ABSENT, longest)} -> {shown(after, ABSENT, longest)}"]
