# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the values in a text line by line, each with its name and its place; a comment is no value.

Lines rather than parsed documents: what is searched for, such as ``host: {{ redis_host }}``, is often what keeps a
parser from reading the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ansible_collections.netra.remediation.plugins.module_utils.source.config_syntax import (
    DIRECTIVES,
    DOTENV,
    HCL,
    JSON,
    PAIRS,
    SHELL,
    YAML,
)


class Value(NamedTuple):
    """A value of a file: where it begins (both from 1), what it is called, and whether it is of an embedded text."""

    line: int
    column: int
    key: str
    text: str
    embedded: bool = False


_YAML_LINE = re.compile(
    r"""(?P<lead>\s*(?:-\s+)*)(?:(?P<quote>["']?)(?P<key>[\w./$@ -]+?)(?P=quote)\s*:(?=\s|$)\s*)?"""
)
_BLOCK = re.compile(r"(?:[&!]\S+\s+)*[|>][+-]?\d?[+-]?\s*$")
_QUOTED_OR_HASH = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:''|[^'])*')|(?:^|(?<=\s))\#.*""")
_ASSIGNMENT = re.compile(r"""\s*(?:export\s+)?["']?(?P<key>[A-Za-z_][\w.-]*)["']?\s*[:=]\s*(?=\S)""")
_PAIR = re.compile(r"""\s*["']?(?P<key>[\w.\-]+)["']?\s*[=:]\s*(?=\S)""")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?')
_HCL_KEY = re.compile(r'\s*"?(?P<key>[\w.\-]+)"?\s*[=:]\s*')
_HEREDOC = re.compile(r"<<[-~]?\s*[\"']?(\w+)[\"']?")
_SHELL_PAIR = re.compile(r"""(?:^|[\s,"'^])(?P<key>[A-Za-z_]\w*)=(?P<value>"[^"]*"|'[^']*'|[^\s,;"'|&)]+)""")
_ENV_WORDS = re.compile(r"\s*ENV\s+(?P<key>[A-Za-z_]\w*)\s+(?P<value>[^=\s].*)$")
_DIRECTIVE = re.compile(r"\s*(?P<key>[A-Za-z_][\w-]*)[\s=]+(?P<value>.+?);?\s*$")
_CODE_VALUE = re.compile(
    r"""(?:(?:getenv|environ\.get|env\.get|config|setdefault)\(\s*["'](?P<a>\w+)["']\s*,\s*
         |process\.env\.(?P<b>\w+)\s*(?:\|\||\?\?)\s*
         |(?:^|[\s{,(])["']?(?P<c>[A-Za-z_][\w-]*)["']?(?::\s*[\w\[\]|., ]+?)?\s*(?::=|[:=])\s*)
        (?P<quote>["'`])(?P<value>[^"'`]*)(?P=quote)""",
    re.VERBOSE,
)


def values(family: str, text: str) -> Iterator[Value]:
    """Yield the values of a text that is written in a family of languages; of programs see ``code_values``."""
    return _READERS[family](text)


def code_values(line: int, text: str) -> Iterator[Value]:
    """Yield the strings that one line of a program gives to a name or reads a variable with."""
    for match in _CODE_VALUE.finditer(text):
        key = match["a"] or match["b"] or match["c"]
        yield Value(line, match.start("value") + 1, key, match["value"])


def _yaml(text: str) -> Iterator[Value]:
    key, named, block = "", "", -1
    for number, raw in enumerate(text.splitlines(), start=1):
        line = _without_comment(raw) if "#" in raw else raw
        indent = len(line) - len(line.lstrip())
        if block >= 0 and (not raw.strip() or indent > block):
            yield from _embedded(number, raw)
            continue
        block = -1
        match = _YAML_LINE.match(line)
        if match is None or not line.strip():
            continue
        value = line[match.end() :]
        if match["key"] is not None:
            key = match["key"]
            named = value.strip().strip("\"'") if key == "name" else named
            block = len(match["lead"].rstrip("- ")) if _BLOCK.match(value) else -1
        if value.strip() and block < 0:
            yield Value(number, match.end() + 1, named if key == "value" else key, value.rstrip())


def _embedded(number: int, line: str) -> Iterator[Value]:
    match = _ASSIGNMENT.match(line)
    if match and not line.lstrip().startswith(("#", "//")):
        yield Value(number, match.end() + 1, match["key"], line[match.end() :].rstrip(), embedded=True)


def _json(text: str) -> Iterator[Value]:
    key = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("//"):
            continue
        for match in _STRING.finditer(line):
            if match[2]:
                key = match[1]
            else:
                yield Value(number, match.start(1) + 1, key, match[1])


def _dotenv(text: str) -> Iterator[Value]:
    return _lines(text, _ASSIGNMENT, ("#",))


def _pairs(text: str) -> Iterator[Value]:
    return _lines(text, _PAIR, ("#", ";", "["))


def _lines(text: str, name: re.Pattern[str], comments: tuple[str, ...]) -> Iterator[Value]:
    key = ""
    for number, raw in enumerate(text.splitlines(), start=1):
        if raw.lstrip().startswith(comments):
            continue
        line = _without_comment(raw) if "#" in raw else raw
        match = name.match(line)
        key = match["key"] if match else key
        start = match.end() if match else 0
        if line[start:].strip():
            yield Value(number, start + 1, key, line[start:].rstrip())


def _hcl(text: str) -> Iterator[Value]:
    key, until, comment = "", "", False
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if until or comment:
            until = "" if stripped == until else until
            comment = comment and "*/" not in stripped
            continue
        if stripped.startswith(("#", "//", "/*")):
            comment = stripped.startswith("/*") and "*/" not in stripped
            continue
        match = _HCL_KEY.match(line)
        key = match["key"] if match else key
        heredoc = _HEREDOC.search(line)
        until = heredoc[1] if heredoc else ""
        for string in _STRING.finditer(line, match.end() if match else 0):
            yield Value(number, string.start(1) + 1, key, string[1])


def _shell(text: str) -> Iterator[Value]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        matches = [*_SHELL_PAIR.finditer(line)] or [match for match in [_ENV_WORDS.match(line)] if match]
        for match in matches:
            yield Value(number, match.start("value") + 1, match["key"], match["value"])


def _directives(text: str) -> Iterator[Value]:
    for number, line in enumerate(text.splitlines(), start=1):
        match = None if line.lstrip().startswith(("#", ";")) else _DIRECTIVE.match(line)
        if match:
            yield Value(number, match.start("value") + 1, match["key"], match["value"])


def _without_comment(line: str) -> str:
    return _QUOTED_OR_HASH.sub(lambda match: match.group(1) or "", line)


_READERS: dict[str, Callable[[str], Iterator[Value]]] = {
    YAML: _yaml,
    JSON: _json,
    DOTENV: _dotenv,
    PAIRS: _pairs,
    HCL: _hcl,
    SHELL: _shell,
    DIRECTIVES: _directives,
}
