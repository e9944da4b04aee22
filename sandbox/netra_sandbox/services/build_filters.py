"""Filters of builds (https://cloud.google.com/build/docs/view-build-results#filtering_build_results_using_queries)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netra_sandbox.kernel.errors import invalid
from netra_sandbox.telemetry.query.grammar import And, Comparison, Node, Not, Or, Text, parse
from netra_sandbox.telemetry.query.matching import read_time
from netra_sandbox.telemetry.query.words import FilterError

Build = dict[str, Any]
Predicate = Callable[[Build], bool]
_TIMES = {"create_time": "createTime", "start_time": "startTime", "finish_time": "finishTime"}
_TEXTS = {"status": "status", "id": "id", "build_id": "id", "trigger_id": "buildTriggerId"}
_LISTS = {"tags": "tags", "images": "images"}


def read(text: str) -> Predicate:
    """Return the predicate of a filter; refuse one that cannot be read."""
    try:
        return _compiled(parse(text))
    except FilterError as error:
        raise invalid(f"Invalid filter: {error}", field="filter") from None


def _compiled(tree: Node) -> Predicate:
    if isinstance(tree, And):
        every = [_compiled(term) for term in tree.terms]
        return lambda build: all(holds(build) for holds in every)
    if isinstance(tree, Or):
        some = [_compiled(term) for term in tree.terms]
        return lambda build: any(holds(build) for holds in some)
    if isinstance(tree, Not):
        inner = _compiled(tree.term)
        return lambda build: not inner(build)
    if isinstance(tree, Comparison) and len(tree.path) == 1 and isinstance(tree.value, Text):
        return _compared(tree.path[0], tree.operator, tree.value.value)
    raise FilterError("a restriction has the form FIELD OPERATOR VALUE")


def _compared(field: str, operator: str, wanted: str) -> Predicate:
    if field in _TIMES:
        moment, key = read_time(wanted), _TIMES[field]
        if operator not in {"<", "<=", ">", ">="}:
            raise FilterError(f"{field} is compared with <, <=, > or >=")
        later, same = operator[0] == ">", operator.endswith("=")

        def at(build: Build) -> bool:
            if key not in build:
                return False
            found = read_time(build[key])
            return (same and found == moment) or (found > moment if later else found < moment)

        return at
    if operator not in {"=", "!=", ":"} or field not in _TEXTS | _LISTS:
        raise FilterError(f"{field} {operator} is not supported")
    equal = operator != "!="
    if field in _LISTS:
        return lambda build: (wanted in build.get(_LISTS[field], [])) is equal
    return lambda build: (build.get(_TEXTS[field]) == wanted) is equal
