# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leave of a file what can hold a placeholder and what says how to read that, line for line.

Bytes are searched for a short text at a gigabyte a second; reading a language line by line is a hundred times slower.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.netra.remediation.plugins.module_utils.source.config_placeholders import (
    CODE_NEEDLES,
    MARKS,
    NEEDLES,
    needles,
)
from ansible_collections.netra.remediation.plugins.module_utils.source.config_syntax import CODE, HCL, YAML, Syntax

# What makes the meaning of a line of Terraform depend on lines far above.
_SPANNING = (b"<<", b"/*")
_ALLOWS = b"placeholder-allowed"
# What several of the texts have in common: where a file lacks it, one search stands for theirs.
_CORES = (b"_me", b"-me", b"tme", b"here", b"known", b"tb", b"be")
_CORE_OF = {needle: core for core in _CORES for needle in NEEDLES + CODE_NEEDLES if core in needle}


def reduced(content: bytes, syntax: Syntax) -> bytes:
    """Return the content with every line blank that is not needed; nothing where no line can hold a placeholder."""
    small = content.lower()
    wanted = CODE_NEEDLES if syntax.family == CODE else needles(syntax.alive)
    places = list(_places(small, _possible(small, wanted)))
    if syntax.family != CODE:
        places += [match.start() for mark in MARKS for match in mark.finditer(content)]
    if not places:
        return b""
    if syntax.family == HCL and any(mark in content for mark in _SPANNING):
        return content
    numbers = _numbers(content, places)
    lines = content.split(b"\n", max(numbers) + 1)[: max(numbers) + 1]
    if syntax.family == YAML:
        numbers = _with_parents(lines, numbers)
    kept = {number for hot in numbers for number in (hot - 1, hot)} if _ALLOWS in small else numbers
    return b"\n".join(line if number in kept else b"" for number, line in enumerate(lines))


def _possible(small: bytes, wanted: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the texts whose core is there."""
    cores = {_CORE_OF[needle] for needle in wanted if needle in _CORE_OF}
    absent = {core for core in cores if core not in small}
    return (needle for needle in wanted if _CORE_OF.get(needle) not in absent)


def _places(small: bytes, wanted: Iterable[bytes]) -> Iterator[int]:
    for needle in wanted:
        place = small.find(needle)
        while place >= 0:
            yield place
            end = small.find(b"\n", place)
            place = small.find(needle, end) if end >= 0 else -1


def _numbers(content: bytes, places: Iterable[int]) -> set[int]:
    numbers, number, before = set(), 0, 0
    for place in sorted(places):
        number += content.count(b"\n", before, place)
        before = place
        numbers.add(number)
    return numbers


def _with_parents(lines: list[bytes], numbers: Iterable[int]) -> set[int]:
    """Add the lines from the one that begins at the margin: they say what is a text, and what it is called."""
    kept: set[int] = set()
    for number in numbers:
        for above in range(number, -1, -1):
            if above in kept:
                break
            kept.add(above)
            if lines[above][:1] not in (b" ", b"-", b"\t", b"#", b"\r", b""):
                break
    return kept
