# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan for people: a line for each change, one for each field. Pure. Layer `record`: may import `foundation` only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import Change

SIGNS = {"create": "+", "update": "~", "delete": "-", "import": "<-", "create/delete": "-/+", "delete/create": "-/+"}
MOST_CHARACTERS = 160
TEXT = "text"  # of a file: what goes and what comes, line by line


def lines_of(found: Iterable[Change]) -> list[str]:
    """Return the lines of a plan."""
    lines = []
    for change in found:
        lines.append(f"{SIGNS.get(change.action, '~')} {change.resource}")
        for name, sides in change.fields.items():
            lines += _field(change, name, sides["before"], sides["after"])
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


def _field(change: Change, name: str, before: Any, after: Any) -> list[str]:
    if name == TEXT:
        gone, come = (str(side or "").splitlines() for side in (before, after))
        return [f"    - {line}" for line in gone if line not in come] + [
            f"    + {line}" for line in come if line not in gone
        ]
    if change.action == "create" and before is None:
        return [f"    {name}: {_short(after)}"]
    return [f"    {name}: {_short(before)} -> {_short(after)}"]


def _short(value: Any) -> str:
    text = "(none)" if value is None else value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
