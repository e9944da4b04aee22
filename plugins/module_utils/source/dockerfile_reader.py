# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a Dockerfile into instructions: directives, comments, continuations, flags, JSON forms and heredocs.

The rules are those of https://docs.docker.com/reference/dockerfile/. Standard library only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_DIRECTIVE = re.compile(r"#\s*(?P<name>[A-Za-z][A-Za-z0-9]*)\s*=\s*(?P<value>.+?)\s*$")
_HEREDOC = re.compile(r"""(?<![<\w])\d*<<(?P<chomp>-?)(?P<quote>["']?)(?P<word>[A-Za-z_][\w.]*)(?P=quote)(?=\s|$)""")
_FLAG = re.compile(r"--(?P<name>[a-z][a-z-]*)(?:=(?P<value>\S*))?(?:\s+|$)")
_TAKE_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})


@dataclass(frozen=True)
class Heredoc:
    """A file that the Dockerfile holds itself."""

    name: str
    text: str


@dataclass(frozen=True)
class Instruction:
    """One instruction, on the line where it begins; ``text`` is what follows the flags, continued lines joined."""

    line: int
    keyword: str
    text: str
    flags: tuple[tuple[str, str], ...] = ()
    heredocs: tuple[Heredoc, ...] = field(default=(), repr=False)

    def flag(self, name: str) -> str | None:
        """Return the value of the last flag of a name."""
        return dict(self.flags).get(name)

    def json_form(self) -> list[str] | None:
        """Return the words of the JSON form, nothing where it is written in words."""
        if not self.text.startswith("["):
            return None
        try:
            words = json.loads(self.text)
        except ValueError:
            return None
        return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def read_instructions(text: str) -> list[Instruction]:
    """Return the instructions of a Dockerfile in order; what is no instruction is left to Docker to refuse."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    escape = re.escape(_escape_character(lines))
    continued = re.compile(rf"(?:^|(?<!{escape})){escape}[ \t]*$")
    source = iter(enumerate(lines, start=1))
    return [_instruction(number, joined, source) for number, joined in _joined(source, continued)]


def escape_character(text: str) -> str:
    """Return the character that continues lines and takes special meaning away."""
    return _escape_character(text.removeprefix("\ufeff").splitlines())


def _escape_character(lines: list[str]) -> str:
    """Return what the directive ``escape`` at the very top says, or a backslash."""
    for line in lines:
        directive = _DIRECTIVE.match(line)
        if not directive:
            break
        if directive["name"].lower() == "escape":
            return directive["value"]
    return "\\"


def _joined(source: Iterator[tuple[int, str]], continued: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Return whole instructions, each with the number of its first line; comments vanish inside them as well."""
    pieces: list[str] = []
    first = 0
    for number, line in source:
        if line.lstrip().startswith("#") or not line.strip():
            continue
        first = first if pieces else number
        ending = continued.search(line)
        pieces.append(line[: ending.start()] if ending else line)
        if not ending:
            yield first, "".join(pieces).strip()
            pieces = []
    if pieces:
        yield first, "".join(pieces).strip()


def _instruction(number: int, joined: str, source: Iterator[tuple[int, str]]) -> Instruction:
    keyword, _blank, rest = joined.partition(" ") if " " in joined else joined.partition("\t")
    flags, rest = [], rest.strip()
    while flag := _FLAG.match(rest):
        flags.append((flag["name"], flag["value"] if flag["value"] is not None else "true"))
        rest = rest[flag.end() :]
    keyword = keyword.upper()
    marks = list(_HEREDOC.finditer(rest)) if keyword in _TAKE_HEREDOCS and not rest.startswith("[") else []
    heredocs = tuple(Heredoc(mark["word"], _heredoc(mark, source)) for mark in marks)
    return Instruction(number, keyword, rest, tuple(flags), heredocs)


def _heredoc(mark: re.Match[str], source: Iterator[tuple[int, str]]) -> str:
    lines = []
    for _number, line in source:
        told = line.lstrip("\t") if mark["chomp"] else line
        if told == mark["word"]:
            break
        lines.append(told)
    return "".join(f"{line}\n" for line in lines)
