# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show a plan to people, resource by resource. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

SIGNS = {("create",): "+", ("delete",): "-", ("update",): "~", ("forget",): "."}
WORDS = {
    "+": "is created",
    "-": "is destroyed",
    "~": "is changed",
    "-/+": "is replaced",
    "<-": "is imported",
    ".": "is no longer managed",
}
ABSENT = "(none)"


def text_of(changes: Iterable[Mapping[str, Any]], outputs: Sequence[str] = ()) -> str:
    """Return a paragraph for each resource: what happens to it, and each attribute as ``name: before -> after``."""
    lines: list[str] = []
    for change in changes:
        sign = sign_of(change)
        lines.append(f"{sign} {change['address']} {WORDS[sign]}")
        before, after = change["before"], change["after"]
        for name in sorted({*before, *after}):
            old, new = shown(before.get(name, ABSENT)), shown(after.get(name, ABSENT))
            if sign == "+":
                lines.append(f"    {name}: {new}")
            elif sign != "-":
                lines.append(f"    {name}: {old} -> {new}")
    lines += [f"~ output {name}" for name in outputs]
    return "".join(f"{line}\n" for line in lines)


def sign_of(change: Mapping[str, Any]) -> str:
    """Return the sign that Terraform shows for the actions of a change."""
    actions = tuple(change["actions"])
    if change.get("imported") and actions in {("no-op",), ()}:
        return "<-"
    return SIGNS.get(actions, "-/+")


def shown(value: Any) -> str:
    """Return a value in one line; text is not quoted."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
