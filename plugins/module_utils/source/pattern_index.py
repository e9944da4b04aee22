# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell in about one step which of many patterns may name a path, so that only those are tried. Standard library only.

Every pattern is filed under the one thing that each path it names must have: the whole path, the last part, the first
part, or the last letters. A pattern without such a thing is tried on every path.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

_SPECIAL = frozenset("*?[]\\^")
_TAIL = 2


class PatternIndex:
    """The patterns of an ignore file, filed by what the paths they name have in common."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._shelves: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._always: list[int] = []
        for number, pattern in enumerate(patterns):
            shelf, key = _place(pattern)
            (self._shelves[shelf][key] if shelf else self._always).append(number)
        self._path, self._name = self._shelves["path"], self._shelves["name"]
        self._first, self._tail = self._shelves["first"], self._shelves["tail"]

    def candidates(self, path: str) -> list[int]:
        """Return the numbers of all patterns that may name the path, in no order; the others do not."""
        found = list(self._always)
        for shelf, key in (
            (self._path, path),
            (self._name, path[path.rfind("/") + 1 :]),
            (self._first, path.partition("/")[0]),
            (self._tail, path[-_TAIL:]),
        ):
            if key in shelf:
                found += shelf[key]
        return found


def _place(pattern: str) -> tuple[str, str]:
    """Return the shelf of a pattern and its key there; no shelf where nothing is certain."""
    if not _SPECIAL & set(pattern):
        return "path", pattern
    first, slash, _ = pattern.partition("/")
    if slash and not _SPECIAL & set(first):
        return "first", first
    _, slash, last = pattern.rpartition("/")
    if slash and not _SPECIAL & set(last):
        return "name", last
    literal = pattern[max(pattern.rfind(letter) for letter in _SPECIAL) + 1 :]
    if len(literal) >= _TAIL and not {"\\", "["} & set(pattern):
        return "tail", literal[-_TAIL:]
    return "", ""
