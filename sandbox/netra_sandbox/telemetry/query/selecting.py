"""Decide whether a time series or a descriptor matches a filter of Cloud Monitoring; pure.

https://cloud.google.com/monitoring/api/v3/filters
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from netra_sandbox.telemetry.query.grammar import And, Call, Comparison, Node, Not, Or, Text
from netra_sandbox.telemetry.query.words import FilterError

Subject = dict[str, Any]  # {"metric": {"type", "labels"}, "resource": {"type", "labels"}, "project"}
Predicate = Callable[[Subject], bool]
_OBJECTS = frozenset({"metric", "resource"})
_LABEL_PATH = 3


def selected(tree: Node) -> Predicate:
    """Return the predicate of a filter; raise FilterError for what Monitoring's filters do not have."""
    if isinstance(tree, And):
        every = [selected(term) for term in tree.terms]
        return lambda subject: all(holds(subject) for holds in every)
    if isinstance(tree, Or):
        some = [selected(term) for term in tree.terms]
        return lambda subject: any(holds(subject) for holds in some)
    if isinstance(tree, Not):
        inner = selected(tree.term)
        return lambda subject: not inner(subject)
    if isinstance(tree, Comparison):
        return _compared(tree)
    raise FilterError("a restriction has the form FIELD OPERATOR VALUE")


def metric_type(tree: Node) -> str | None:
    """Return the one metric type that a filter asks for, None when it does not say."""
    terms = tree.terms if isinstance(tree, And) else (tree,)
    for term in terms:
        if isinstance(term, And):
            found = metric_type(term)
            if found:
                return found
        named = isinstance(term, Comparison) and term.path == ("metric", "type") and term.operator == "="
        if named and isinstance(term, Comparison) and isinstance(term.value, Text):
            return term.value.value
    return None


def _compared(term: Comparison) -> Predicate:
    read = _reader(term.path)
    test = _test(term)
    if term.operator == "!=":
        return lambda subject: not test(read(subject))
    return lambda subject: test(read(subject))


def _reader(path: tuple[str, ...]) -> Callable[[Subject], str]:
    if path == ("project",):
        return lambda subject: str(subject.get("project", ""))
    kind = path[0] if path else ""
    if kind in _OBJECTS and path[1:] == ("type",):
        return lambda subject: str(subject.get(kind, {}).get("type", ""))
    if kind in _OBJECTS and len(path) == _LABEL_PATH and path[1] in {"label", "labels"}:
        return lambda subject: str(subject.get(kind, {}).get("labels", {}).get(path[2], ""))
    raise FilterError(f"'{'.'.join(path)}' is not a field that can be filtered by")


def _test(term: Comparison) -> Callable[[str], bool]:
    value, operator = term.value, term.operator
    if isinstance(value, Call):
        if operator not in {"=", "!="}:
            raise FilterError(f"{value.name} needs the operator =")
        return _called(value)
    wanted = value.value
    if operator == ":":
        return lambda text: bool(text) if wanted == "*" and not value.quoted else wanted in text
    if operator not in {"=", "!="}:
        raise FilterError(f"the operator {operator} is not supported")
    return lambda text: text == wanted


def _called(call: Call) -> Callable[[str], bool]:
    arguments = call.arguments
    if call.name == "one_of" and arguments:
        return lambda text: text in arguments
    if len(arguments) == 1:
        wanted = arguments[0]
        if call.name == "monitoring.regex.full_match":
            try:
                expression = re.compile(wanted)
            except re.error as error:
                raise FilterError(f"invalid regular expression: {error}") from None
            return lambda text: expression.fullmatch(text) is not None
        simple: dict[str, Callable[[str], bool]] = {
            "starts_with": lambda text: text.startswith(wanted),
            "ends_with": lambda text: text.endswith(wanted),
            "has_substring": lambda text: wanted in text,
        }
        if call.name in simple:
            return simple[call.name]
    raise FilterError(f"there is no function {call.name} with {len(arguments)} argument(s)")
