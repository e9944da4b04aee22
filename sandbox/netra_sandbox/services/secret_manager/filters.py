"""Filters of Secret Manager's lists (https://cloud.google.com/secret-manager/docs/filtering), and pages of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from netra_sandbox.kernel.calls import Call
from netra_sandbox.kernel.errors import invalid
from netra_sandbox.kernel.paging import page as page_of

Resource = dict[str, Any]
Test = Callable[[Resource], bool]
_TOKEN = re.compile(r'\s*(?:(\(|\))|(!=|<=|>=|[:=<>])|"((?:[^"\\]|\\.)*)"|(-?[^\s()!<>=:"]+(?:(?<=\d):\d\d)*[\w.]*))')
_WORDS = frozenset({"AND", "OR", "NOT"})
_UNDERSCORE = re.compile(r"_([a-z])")


def page(call: Call, field: str, found: Sequence[Resource]) -> Resource:
    """Return one page of what the filter lets through; the total is told only where nothing is filtered."""
    expression = str(call.parameters.get("filter") or "")
    if expression:
        lets_through = parse(expression)
        return page_of([item for item in found if lets_through(item)], field, call)
    total = {"totalSize": len(found)} if found else {}
    return page_of(found, field, call) | total


def parse(expression: str) -> Test:
    """Read a filter: terms `field OPERATOR value`, NOT or -, AND (or nothing between terms), OR, parentheses."""
    parser = _Parser(_tokens(expression), expression)
    test = parser.conjunction()
    if parser.rest:
        raise parser.fault()
    return test


class _Parser:
    """Reads the tokens once, left to right; OR binds tighter than AND (AIP-160)."""

    def __init__(self, tokens: list[tuple[str, str]], expression: str) -> None:
        self.rest = tokens
        self._expression = expression

    def conjunction(self) -> Test:
        tests = [self._disjunction()]
        while self.rest and self.rest[0] != ("mark", ")"):
            if self.rest[0] == ("word", "AND"):
                self.rest.pop(0)
            tests.append(self._disjunction())
        return lambda item: all(test(item) for test in tests)

    def _disjunction(self) -> Test:
        tests = [self._factor()]
        while self.rest and self.rest[0] == ("word", "OR"):
            self.rest.pop(0)
            tests.append(self._factor())
        return lambda item: any(test(item) for test in tests)

    def _factor(self) -> Test:
        kind, text = self._take()
        if (kind, text) == ("word", "NOT"):
            refused = self._factor()
            return lambda item: not refused(item)
        if (kind, text) == ("mark", "("):
            inner = self.conjunction()
            if self._take() != ("mark", ")"):
                raise self.fault()
            return inner
        if kind not in {"text", "word"} or text in _WORDS:
            raise self.fault()
        negated = text.startswith("-")
        test = self._term(text.removeprefix("-"))
        return (lambda item: not test(item)) if negated else test

    def _term(self, field: str) -> Test:
        if not self.rest or self.rest[0][0] != "operator":
            return lambda item: field in str(item.get("name", "")).rpartition("/")[2]
        operator = self._take()[1]
        kind, wanted = self._take()
        if kind not in {"text", "word"}:
            raise self.fault()
        first, *below = field.split(".")
        parts = [_UNDERSCORE.sub(lambda match: match[1].upper(), first), *below]
        return lambda item: _compare(_values(item, parts), operator, wanted)

    def _take(self) -> tuple[str, str]:
        if not self.rest:
            raise self.fault()
        return self.rest.pop(0)

    def fault(self) -> Exception:
        return invalid(f"Invalid filter: {self._expression}", field="filter")


def _tokens(expression: str) -> list[tuple[str, str]]:
    tokens, place, text = [], 0, expression.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise invalid(f"Invalid filter: {expression}", field="filter")
        mark, operator, quoted, word = match.groups()
        kind = "mark" if mark else "operator" if operator else "text" if quoted is not None else "word"
        tokens.append((kind, mark or operator or (quoted if quoted is not None else word)))
        place = match.end()
    return tokens


def _values(item: Any, parts: list[str]) -> list[str]:
    """Return what a field path leads to; a map or a list stands for all it holds."""
    for part in parts:
        item = item.get(part) if isinstance(item, dict) else None
    if isinstance(item, dict):
        return [*map(str, item), *map(str, item.values())]
    if isinstance(item, list):
        return [str(value) for entry in item for value in (entry.values() if isinstance(entry, dict) else [entry])]
    return [] if item is None else [str(item)]


def _compare(values: list[str], operator: str, wanted: str) -> bool:
    low = wanted.lower()
    if operator == ":":
        return any(low == "*" or low in value.lower() for value in values)
    if operator == "=":
        return any(value.lower() == low or value.lower().rpartition("/")[2] == low for value in values)
    if operator == "!=":
        return not any(value.lower() == low for value in values)
    ordered = {"<": str.__lt__, "<=": str.__le__, ">": str.__gt__, ">=": str.__ge__}[operator]
    return any(ordered(value, wanted) for value in values)
