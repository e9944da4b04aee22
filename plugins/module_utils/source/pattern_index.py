# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell in about one step which of many patterns may name a path, so that only those are tried. Standard library only.

Every pattern is filed under the one thing that each path it names must have: the whole path, the last part, the first
part, or the last letters. A pattern without such a thing is tried on every path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPECIAL = frozenset("*?[]\\^")
_TAIL = 2
# The end of a pattern: letters that stand for themselves, then what stands for exactly one character each.
_ENDING = re.compile(r"(?P<letters>[^*?\[\]\\^/]{2,})(?P<single>(?:\?|\[[^\]\[*?\\/-]+\])*)$")
_SINGLE = re.compile(r"\?|\[[^\]]+\]")


class PatternIndex:
    """The patterns of an ignore file, filed by what the paths they name have in common."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._path: dict[str, list[int]] = {}
        self._name: dict[str, list[int]] = {}
        self._first: dict[str, list[int]] = {}
        self._tails: dict[int, dict[str, list[int]]] = {}
        self._always: list[int] = []
        for number, pattern in enumerate(patterns):
            self._file(number, pattern)

    def candidates(self, path: str) -> list[int]:
        """Return the numbers of all patterns that may name the path, in no order; the others do not."""
        found = list(self._always)
        found += self._path.get(path, ())
        found += self._name.get(path[path.rfind("/") + 1 :], ())
        found += self._first.get(path.partition("/")[0], ())
        for after, shelf in self._tails.items():
            end = len(path) - after
            found += shelf.get(path[max(end - _TAIL, 0) : end], ())
        return found

    def _file(self, number: int, pattern: str) -> None:
        first, slash, _rest = pattern.partition("/")
        last = pattern.rpartition("/")[2]
        ending = _ENDING.search(pattern)
        if not _SPECIAL & set(pattern):
            shelf, key = self._path, pattern
        elif slash and not _SPECIAL & set(first):
            shelf, key = self._first, first
        elif slash and not _SPECIAL & set(last):
            shelf, key = self._name, last
        elif ending and "\\" not in pattern and "[" not in pattern[: ending.start()]:
            after = len(_SINGLE.findall(ending["single"]))
            shelf, key = self._tails.setdefault(after, {}), ending["letters"][-_TAIL:]
        else:
            self._always.append(number)
            return
        shelf.setdefault(key, []).append(number)
