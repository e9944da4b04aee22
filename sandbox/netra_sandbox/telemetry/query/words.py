"""Split a filter into its words (https://cloud.google.com/logging/docs/view/logging-query-language#syntax)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "a": "\a", "v": "\v"}
_PATTERN = re.compile(
    r"""(?P<space>\s+|--[^\n]*)
      | (?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      | (?P<operator><=|>=|!=|=~|!~|=|<|>|:)
      | (?P<punctuation>[(),])
      | (?P<bare>[^\s"'()=<>!:~,]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_HEX = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{3})|(.))", re.DOTALL)


class FilterError(ValueError):
    """A filter that cannot be read; the words say where and why."""


@dataclass(frozen=True)
class Word:
    """One word; `kind` is quoted, operator, punctuation, bare or end; `joined` means nothing stands before it."""

    kind: str
    text: str
    position: int
    joined: bool


def split(text: str) -> list[Word]:
    """Return the words of a filter, the last one of kind `end`; raise FilterError for what is none."""
    found: list[Word] = []
    position, joined = 0, False
    while position < len(text):
        match = _PATTERN.match(text, position)
        if match is None:
            raise FilterError(syntax_error(text, position))
        kind = str(match.lastgroup)
        if kind != "space":
            content = unquoted(match[0]) if kind == "quoted" else match[0]
            found.append(Word(kind, content, position, joined))
        joined = kind != "space"
        position = match.end()
    return [*found, Word("end", "", len(text), joined=False)]


def unquoted(literal: str) -> str:
    """Return what a quoted literal stands for; a backslash before any other character is kept (regular expressions)."""
    return _HEX.sub(_escape, literal[1:-1])


def syntax_error(text: str, position: int) -> str:
    """Return the words for a place that cannot be read."""
    before = text[:position]
    line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1)
    token = text[position : position + 1]
    return f"Unparseable filter: syntax error at line {line}, column {column}" + (f", token '{token}'" if token else "")


def _escape(match: re.Match[str]) -> str:
    unicode, byte, octal, plain = match.groups()
    if unicode or byte:
        return chr(int(unicode or byte, 16))
    if octal:
        return chr(int(octal, 8))
    if plain in {'"', "'", "\\"}:
        return str(plain)
    return _ESCAPES.get(plain, match[0])
