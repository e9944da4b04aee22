"""Filters of lists: comparisons joined by AND, OR and parentheses (AIP-160), or one `FIELD eq REGULAR-EXPRESSION`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from netra_sandbox.services.compute import refusals

Resource = dict[str, Any]
Match = Callable[[Resource], bool]
_TOKEN = re.compile(r'\s*(?:(?P<sign>\(|\)|!=|>=|<=|=|:|>|<)|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[^\s()!=:<>"]+))')
_SIGNS = {"=", "!=", ":", "eq", "ne", ">", "<", ">=", "<="}


class _UnreadableError(Exception):
    """A filter that does not follow the grammar."""


def read(text: str) -> Match:
    """Return what a filter asks for as a predicate; the empty filter asks for everything."""
    if not text.strip():
        return lambda _resource: True
    try:
        reader = _Reader(_tokens(text))
        match = reader.conjunction()
        if reader.rest:
            raise _UnreadableError
    except (_UnreadableError, re.error):
        raise refusals.invalid("filter", text, "Invalid list filter expression.") from None
    return match


def _tokens(text: str) -> list[tuple[str, str]]:
    found, end = [], 0
    while text[end:].strip():
        token = _TOKEN.match(text, end)
        if token is None:
            raise _UnreadableError
        kind = str(token.lastgroup)
        found.append((kind, token[kind].replace('\\"', '"')))
        end = token.end()
    return found


class _Reader:
    """Reads tokens from the front; OR binds tighter than AND, which may be left out (AIP-160)."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.rest = tokens

    def conjunction(self) -> Match:
        found = [self._alternatives()]
        while self.rest and not self._next_is("sign", ")"):
            if self._next_is("word", "AND"):
                self.rest.pop(0)
            found.append(self._alternatives())
        return lambda resource: all(match(resource) for match in found)

    def _alternatives(self) -> Match:
        found = [self._term()]
        while self._next_is("word", "OR"):
            self.rest.pop(0)
            found.append(self._term())
        return lambda resource: any(match(resource) for match in found)

    def _term(self) -> Match:
        if self._next_is("sign", "("):
            self.rest.pop(0)
            inner = self.conjunction()
            self._take("sign", ")")
            return inner
        if self._next_is("word", "NOT"):
            self.rest.pop(0)
            negated = self._term()
            return lambda resource: not negated(resource)
        return self._comparison()

    def _comparison(self) -> Match:
        field = self._take("word")
        sign = self.rest.pop(0)[1] if self.rest else ""
        if sign not in _SIGNS or not self.rest or self.rest[0][0] == "sign":
            raise _UnreadableError
        return _compare(field, sign, self.rest.pop(0)[1])

    def _next_is(self, kind: str, value: str) -> bool:
        return bool(self.rest) and self.rest[0] == (kind, value)

    def _take(self, kind: str, value: str | None = None) -> str:
        if not self.rest or self.rest[0][0] != kind or value not in {None, self.rest[0][1]}:
            raise _UnreadableError
        return self.rest.pop(0)[1]


def _compare(field: str, sign: str, wanted: str) -> Match:
    if sign in {"eq", "ne"}:
        expression = re.compile(wanted)
        return lambda resource: bool(expression.fullmatch(_text(_value(resource, field)))) is (sign == "eq")
    if sign in {">", "<", ">=", "<="}:
        return lambda resource: _ordered(sign, _text(_value(resource, field)), wanted)
    return lambda resource: _equal(_value(resource, field), wanted, has=sign == ":") is (sign != "!=")


def _ordered(sign: str, value: str, wanted: str) -> bool:
    if sign.endswith("=") and value == wanted:
        return True
    return value > wanted if sign[0] == ">" else value < wanted


def _equal(value: Any, wanted: str, *, has: bool) -> bool:
    if isinstance(value, list):
        return any(_equal(item, wanted, has=has) for item in value)
    if has and wanted == "*":
        return value is not None
    if has:
        return wanted.lower() in _text(value).lower()
    if wanted.endswith("*"):
        return _text(value).startswith(wanted[:-1])
    return _text(value) == wanted


def _value(resource: Any, field: str) -> Any:
    for part in field.split("."):
        resource = resource.get(part) if isinstance(resource, dict) else None
    return resource


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
