# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

r"""Turn a pattern of a ``.dockerignore`` into what Docker compares paths with. Standard library only.

Docker writes a pattern as a regular expression of Go (github.com/moby/patternmatcher), after Go's ``filepath.Match``
has refused the malformed ones. Both steps are repeated here, because what they make of odd patterns cannot be said in
fewer words: ``**x`` matches every path that ends in ``x``, ``[!a]`` is a class of two characters, ``a\d`` matches a
digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_REGEX_ONLY = frozenset(".+()|{}$")
# What Go's regexp makes of an escaped letter; all others of them are an error, or of no use in a path.
_ESCAPED_LETTERS = {
    "d": "0-9",
    "s": r"\t\n\f\r ",
    "w": "0-9A-Za-z_",
    "a": r"\x07",
    "f": r"\f",
    "n": r"\n",
    "r": r"\r",
    "t": r"\t",
    "v": r"\v",
}
_NEGATED_LETTERS = {"D": "d", "S": "s", "W": "w"}
_ANCHORS = {"A": r"\A", "z": r"\Z", "b": r"(?a:\b)", "B": r"(?a:\B)"}
_NAMED_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_NAMED_CLASS = re.compile(r"\[:(\^?)([a-z]+):\]")


class PatternError(ValueError):
    """Report a pattern with which Docker refuses to build."""


@lru_cache(maxsize=4096)
def path_test(pattern: str) -> Callable[[str], object]:
    """Return the test, true for a path that a cleaned pattern names; raise PatternError where Docker would refuse.

    The kinds of match are those of moby's Pattern.compile: equal, begins with, ends with, or a regular expression.
    """
    check_syntax(pattern)
    kind, expression = _as_go_expression(pattern)
    if kind == "equal":
        return pattern.__eq__
    if kind == "prefix":
        prefix = pattern[:-2]
        return lambda path: path.startswith(prefix)
    if kind == "suffix":
        suffix = pattern[2:]
        return lambda path: path.endswith(suffix) or (path == suffix[1:] and suffix.startswith("/"))
    try:
        return re.compile(_as_python_expression(expression)).search
    except re.error as error:
        raise PatternError(f"{pattern!r} is no pattern: {error}") from error


def check_syntax(pattern: str) -> None:
    """Raise PatternError for what Go's filepath.Match calls malformed (https://pkg.go.dev/path/filepath#Match)."""
    position = 0
    while position < len(pattern):
        letter = pattern[position]
        if letter == "[":
            position = _end_of_class(pattern, position)
        elif letter == "\\":
            position += 2
            if position > len(pattern):
                raise PatternError(f"{pattern!r} ends in a backslash that escapes nothing")
        else:
            position += 1


def _end_of_class(pattern: str, start: int) -> int:
    position = start + 1 + (pattern[start + 1 : start + 2] == "^")
    first = True
    while first or pattern[position : position + 1] != "]":
        position = _end_of_member(pattern, position)
        if pattern[position : position + 1] == "-":
            position = _end_of_member(pattern, position + 1)
        first = False
    return position + 1


def _end_of_member(pattern: str, position: int) -> int:
    letter = pattern[position : position + 1]
    end = position + (2 if letter == "\\" else 1)
    if letter in ("", "-", "]") or end >= len(pattern):
        raise PatternError(f"{pattern!r} holds a '[' that is no class of characters")
    return end


def _as_go_expression(pattern: str) -> tuple[str, str]:
    """Return the kind of match and the expression, as moby's Pattern.compile finds them from left to right."""
    kind, pieces, position = "equal", ["^"], 0
    while position < len(pattern):
        letter, is_first = pattern[position], position == 0
        position += 1
        if letter == "*" and pattern[position : position + 1] == "*":
            position += 2 if pattern[position + 1 : position + 2] == "/" else 1
            if position < len(pattern):
                pieces.append("(.*/)?")
                kind = "expression"
            elif kind == "equal":
                kind = "prefix"
            else:
                pieces.append(".*")
                kind = "expression"
            kind = "suffix" if is_first else kind
        elif letter in "*?":
            pieces.append("[^/]*" if letter == "*" else "[^/]")
            kind = "expression"
        elif letter in _REGEX_ONLY:
            pieces.append("\\" + letter)
        elif letter == "\\":
            pieces.append(letter + pattern[position : position + 1])
            kind = "expression" if position < len(pattern) else kind
            position += 1
        else:
            pieces.append(letter)
            kind = "expression" if letter in "[]" else kind
    return kind, "".join(pieces) + "$"


def _as_python_expression(expression: str) -> str:
    """Write an expression of Go, of the few forms that patterns lead to, as Python reads it."""
    pieces, position = [], 0
    while position < len(expression):
        letter = expression[position]
        if letter == "\\":
            pieces.append(_escaped(expression[position + 1]))
            position += 2
        elif letter == "[":
            text, position = _class(expression, position)
            pieces.append(text)
        elif letter == "$":
            pieces.append(r"\Z")
            position += 1
        else:
            pieces.append(letter if letter in "^.*?()" else re.escape(letter))
            position += 1
    return "".join(pieces)


def _escaped(letter: str) -> str:
    if letter in _ANCHORS:
        return _ANCHORS[letter]
    if letter in _NEGATED_LETTERS:
        return f"[^{_ESCAPED_LETTERS[_NEGATED_LETTERS[letter]]}]"
    return f"[{_member(letter)}]" if letter != "^" else r"\^"


def _member(letter: str) -> str:
    """Return an escaped character as a class of Python has it."""
    if letter in _ESCAPED_LETTERS:
        return _ESCAPED_LETTERS[letter]
    if letter.isascii() and letter.isalnum():
        raise PatternError(f"Docker gives '\\{letter}' no meaning in a pattern")
    return re.escape(letter)


def _class(expression: str, start: int) -> tuple[str, int]:
    """Return a class as Python writes it, and where it ends."""
    negated = expression[start + 1 : start + 2] == "^"
    position = start + 1 + negated
    members: list[str] = []
    while not members or expression[position : position + 1] != "]":
        named = _NAMED_CLASS.match(expression, position)
        if named and named.group(2) in _NAMED_CLASSES and not named.group(1):
            members.append(_NAMED_CLASSES[named.group(2)])
            position = named.end()
            continue
        low, position = _class_character(expression, position)
        if expression[position : position + 1] == "-" and expression[position + 1 : position + 2] not in ("", "]"):
            high, position = _class_character(expression, position + 1)
            low = f"{low}-{high}"
        members.append(low)
    return f"[{'^' * negated}{''.join(members)}]", position + 1


def _class_character(expression: str, position: int) -> tuple[str, int]:
    letter = expression[position : position + 1]
    if not letter:
        raise PatternError("a class of characters has no end")
    if letter == "\\":
        return _member(expression[position + 1]), position + 2
    return re.escape(letter), position + 1
