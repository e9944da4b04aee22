# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and write nested dictionaries by dotted path. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def read(tree: Any, path: str, default: Any = None) -> Any:
    """Return what is at ``a.b.0.c``; a number steps into a list."""
    for step in path.split("."):
        if isinstance(tree, Mapping) and step in tree:
            tree = tree[step]
        elif isinstance(tree, list) and step.isdigit() and int(step) < len(tree):
            tree = tree[int(step)]
        else:
            return default
    return tree


def write(tree: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at ``a.b.c`` and make the dictionaries on the way."""
    *parents, last = path.split(".")
    for step in parents:
        below = tree.get(step)
        if not isinstance(below, dict):
            below = tree[step] = {}
        tree = below
    tree[last] = value


def erase(tree: dict[str, Any], path: str) -> None:
    """Remove what is at ``a.b.c``, if anything is."""
    *parents, last = path.split(".")
    below = read(tree, ".".join(parents)) if parents else tree
    if isinstance(below, dict):
        below.pop(last, None)
