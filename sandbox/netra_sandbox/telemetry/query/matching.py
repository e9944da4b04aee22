"""Decide whether a log entry matches a filter; pure.

https://cloud.google.com/logging/docs/view/logging-query-language#comparisons
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from netra_sandbox.telemetry.query.grammar import And, Anywhere, Call, Comparison, Node, Not, Or, Text
from netra_sandbox.telemetry.query.words import FilterError

Entry = dict[str, Any]
Predicate = Callable[[Entry], bool]
# google/logging/type/log_severity.proto
SEVERITIES = {
    "DEFAULT": 0,
    "DEBUG": 100,
    "INFO": 200,
    "NOTICE": 300,
    "WARNING": 400,
    "ERROR": 500,
    "CRITICAL": 600,
    "ALERT": 700,
    "EMERGENCY": 800,
}
FIELDS = frozenset(
    {
        *("apphub", "apphubDestination", "apphubSource", "errorGroups", "httpRequest", "insertId", "jsonPayload"),
        *("labels", "logName", "metadata", "operation", "otel", "protoPayload", "receiveTimestamp", "resource"),
        *("severity", "sourceLocation", "spanId", "split", "textPayload", "timestamp", "trace", "traceSampled"),
    }
)
_TIMES = frozenset({"timestamp", "receiveTimestamp"})
_SECONDS = re.compile(r"-?\d+(\.\d+)?s")
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "=": lambda left, right: left == right,
}
_ORDERED[":"] = _ORDERED["="]


def compiled(tree: Node) -> Predicate:
    """Return the predicate of a filter; raise FilterError for a field, value or function that there is not."""
    if isinstance(tree, And):
        every = [compiled(term) for term in tree.terms]
        return lambda entry: all(holds(entry) for holds in every)
    if isinstance(tree, Or):
        some = [compiled(term) for term in tree.terms]
        return lambda entry: any(holds(entry) for holds in some)
    if isinstance(tree, Not):
        inner = compiled(tree.term)
        return lambda entry: not inner(entry)
    if isinstance(tree, Anywhere):
        wanted = tree.value.lower()
        return lambda entry: any(wanted in text.lower() for text in texts(entry))
    return _called(tree) if isinstance(tree, Call) else _compared(tree)


def time_bounds(tree: Node) -> tuple[datetime | None, datetime | None]:
    """Return between which times (both included) every match must lie, as far as the filter's outermost AND says."""
    low: datetime | None = None
    high: datetime | None = None
    for term in tree.terms if isinstance(tree, And) else (tree,):
        if isinstance(term, And):
            lower, upper = time_bounds(term)
        elif isinstance(term, Comparison) and term.path == ("timestamp",) and isinstance(term.value, Text):
            moment = read_time(term.value.value)
            lower = moment if term.operator in {">", ">=", "="} else None
            upper = moment if term.operator in {"<", "<=", "="} else None
        else:
            continue
        low = max(low or lower, lower) if lower else low
        high = min(high or upper, upper) if upper else high
    return low, high


def read_time(text: str) -> datetime:
    """Read a time as filters write it (RFC 3339 or a date); raise FilterError for anything else."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise FilterError(f"Unparseable filter: '{text}' is not a timestamp") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def texts(value: Any) -> Iterator[str]:
    """Yield every value inside a JSON value as text."""
    if isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif value is not None:
        yield _text(value)


def values_at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Yield what is at a path; a list stands for each of its elements."""
    if isinstance(value, list):
        for item in value:
            yield from values_at(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        for depth in range(1, len(path) + 1):  # a key may hold dots that the filter did not quote
            key = ".".join(path[:depth])
            if key in value:
                yield from values_at(value[key], path[depth:])
                return


def _compared(term: Comparison) -> Predicate:
    path, operator, value = term.path, term.operator, term.value
    if not path or path[0] not in FIELDS:
        raise FilterError(f"Field not found: '{'.'.join(path)}'.")
    if isinstance(value, Call):
        raise FilterError(f"Unparseable filter: function '{value.name}' cannot be a value")
    if value == Text("*") and operator == ":":
        return lambda entry: next(values_at(entry, path), None) is not None
    if operator == "!=":
        same = _value_test(path, "=", value)
        return lambda entry: bool(found := list(values_at(entry, path))) and not any(same(item) for item in found)
    if operator == "!~":
        alike = _value_test(path, "=~", value)
        return lambda entry: bool(found := list(values_at(entry, path))) and not any(alike(item) for item in found)
    test = _value_test(path, operator, value)
    if path == ("severity",):
        return lambda entry: test(entry.get("severity", "DEFAULT"))
    return lambda entry: any(test(item) for item in values_at(entry, path))


def _value_test(path: tuple[str, ...], operator: str, value: Text) -> Callable[[Any], bool]:
    wanted = value.value
    if operator == "=~":
        try:
            expression = re.compile(wanted)
        except re.error as error:
            raise FilterError(f"Unparseable filter: invalid regular expression '{wanted}': {error}") from None
        return lambda item: not isinstance(item, dict) and expression.search(_text(item)) is not None
    ordered = _ORDERED[operator]
    if path == ("severity",):
        level = _severity(wanted)
        return lambda item: ordered(SEVERITIES.get(str(item), 0), level)
    if path[0] in _TIMES:
        moment = read_time(wanted)
        return lambda item: ordered(read_time(str(item)), moment)
    return _plain_test(operator, wanted, counts=path[0] == "httpRequest")


def _plain_test(operator: str, wanted: str, *, counts: bool) -> Callable[[Any], bool]:
    ordered, number, lowered = _ORDERED[operator], _number(wanted), wanted.lower()

    def test(item: Any) -> bool:
        if isinstance(item, dict):
            return operator == ":" and any(lowered in text.lower() for text in (*item, *texts(item)))
        if isinstance(item, bool):
            return operator in {"=", ":"} and lowered == str(item).lower()
        # httpRequest carries int64, which JSON writes as strings.
        measured = float(item) if isinstance(item, int | float) or (counts and str(item).isdigit()) else _seconds(item)
        if measured is not None and number is not None:
            return ordered(measured, number)
        text = _text(item).lower()
        return lowered in text if operator == ":" else ordered(text, lowered)

    return test


def _called(call: Call) -> Predicate:
    if call.name.lower() == "log_id" and len(call.arguments) == 1:
        ending = f"/logs/{quote(unquote(call.arguments[0]), safe='')}"
        return lambda entry: str(entry.get("logName", "")).endswith(ending)
    if call.name == "sample" and len(call.arguments) == 2:  # noqa: PLR2004  a field and a share
        return _sample(*call.arguments)
    if call.name == "ip_in_net" and len(call.arguments) == 2:  # noqa: PLR2004  a field and a network
        return _in_network(*call.arguments)
    raise FilterError(f"Unparseable filter: unknown function '{call.name}' with {len(call.arguments)} argument(s)")


def _sample(field: str, share: str) -> Predicate:
    limit, path = _number(share), tuple(field.split("."))
    if limit is None or not 0 < limit <= 1:
        raise FilterError("Unparseable filter: the second argument of sample must be above 0 and at most 1")

    def holds(entry: Entry) -> bool:
        found = next(values_at(entry, path), None)
        digest = hashlib.sha256(_text(found).encode()).digest()
        return found is not None and int.from_bytes(digest[:8]) / 2**64 < limit

    return holds


def _in_network(field: str, network: str) -> Predicate:
    path = tuple(field.split("."))
    try:
        wanted = ipaddress.ip_network(network, strict=False)
    except ValueError:
        raise FilterError(f"Unparseable filter: '{network}' is not a network") from None

    def holds(entry: Entry) -> bool:
        try:
            return any(ipaddress.ip_address(_text(item)) in wanted for item in values_at(entry, path))
        except ValueError:
            return False

    return holds


def _severity(text: str) -> int:
    level = SEVERITIES.get(text.upper())
    if level is None and text.isdigit():
        level = int(text)
    if level is None:
        raise FilterError(f"Unparseable filter: '{text}' is not a severity")
    return level


def _number(text: str) -> float | None:
    seconds = _seconds(text)
    if seconds is not None:
        return seconds
    try:
        return float(text)
    except ValueError:
        return None


def _seconds(value: Any) -> float | None:
    return float(value[:-1]) if isinstance(value, str) and _SECONDS.fullmatch(value) else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
