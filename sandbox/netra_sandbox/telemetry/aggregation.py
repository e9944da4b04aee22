"""Align and reduce time series; pure.

https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies#Aligner, #Reducer
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from netra_sandbox.telemetry.distributions import Distribution, merged

Value = bool | int | float | Distribution
Point = tuple[float, float, Value]  # start and end in seconds since the epoch
Labels = dict[str, str]
SHORTEST_PERIOD = 60
_NUMERIC = frozenset({"INT64", "DOUBLE"})
_MEASURED = _NUMERIC | {"DISTRIBUTION"}
_SHARES = {"99": 0.99, "95": 0.95, "50": 0.5, "05": 0.05}


class AggregationError(ValueError):
    """An aggregation that cannot be done with a metric."""


@dataclass(frozen=True)
class Line:
    """One series with its points, oldest first."""

    metric: str
    labels: Labels
    resource: str
    places: Labels
    kind: str
    type: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Aggregation:
    """What a request asks for; `period` is in seconds."""

    period: float = 0.0
    aligner: str = "ALIGN_NONE"
    reducer: str = "REDUCE_NONE"
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Way:
    """How values become one: of which kinds and types, to which (empty: as before)."""

    kinds: frozenset[str]
    types: frozenset[str]
    kind: str
    type: str
    join: Callable[[Sequence[Value], float], Value]


def total(values: Sequence[Value]) -> Value:
    """Return the sum of numbers or distributions."""
    if isinstance(values[0], Distribution):
        return merged([value for value in values if isinstance(value, Distribution)])
    return sum(_number(value) for value in values)


def aggregate(lines: Sequence[Line], wanted: Aggregation, start: float, end: float) -> list[Line]:
    """Return the series that an aggregation makes; raise AggregationError for one that is not possible."""
    if wanted.aligner == "ALIGN_NONE":
        if wanted.reducer != "REDUCE_NONE":
            raise AggregationError("a cross-series reducer needs a per-series aligner other than ALIGN_NONE")
        return list(lines)
    if wanted.period < SHORTEST_PERIOD:
        raise AggregationError(f"the alignment period must be at least {SHORTEST_PERIOD} seconds")
    aligned = [_aligned(line, wanted, start, end) for line in lines]
    aligned = [line for line in aligned if line.points]
    return aligned if wanted.reducer == "REDUCE_NONE" else _reduced(aligned, wanted)


def _aligned(line: Line, wanted: Aggregation, start: float, end: float) -> Line:
    way = _ALIGNERS.get(wanted.aligner)
    if way is None:
        raise AggregationError(f"{wanted.aligner} is not supported")
    if line.kind not in way.kinds or line.type not in way.types:
        words = f"The aligner cannot be applied to metrics with kind {line.kind} and value type {line.type}."
        raise AggregationError(words)
    windows: dict[int, list[Value]] = {}
    for _, at, value in line.points:
        if at <= end:
            windows.setdefault(int((end - at) // wanted.period), []).append(value)
    kind = way.kind or line.kind
    points: list[Point] = []
    for number in sorted(windows, reverse=True):
        closed = end - number * wanted.period
        if closed > start:
            opened = closed if kind == "GAUGE" else closed - wanted.period
            points.append((opened, closed, way.join(windows[number], wanted.period)))
    return replace(line, kind=kind, type=way.type or line.type, points=points)


def _reduced(lines: Sequence[Line], wanted: Aggregation) -> list[Line]:
    groups: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        groups.setdefault(tuple(_field(line, name) for name in wanted.fields), []).append(line)
    return [_joined(group, wanted) for group in groups.values()]


def _joined(group: Sequence[Line], wanted: Aggregation) -> Line:
    first = group[0]
    way = _REDUCERS.get(wanted.reducer)
    if way is None:
        raise AggregationError(f"{wanted.reducer} is not supported")
    if first.type not in way.types:
        raise AggregationError(f"The reducer cannot be applied to metrics with value type {first.type}.")
    moments: dict[tuple[float, float], list[Value]] = {}
    for line in group:
        for opened, closed, value in line.points:
            moments.setdefault((opened, closed), []).append(value)
    points = [(opened, closed, way.join(values, 0.0)) for (opened, closed), values in sorted(moments.items())]
    kind = "GAUGE" if way.type else first.kind
    if kind == "GAUGE":
        points = [(closed, closed, value) for _, closed, value in points]
    kept = {name.replace(".label.", ".labels.") for name in wanted.fields}
    return replace(
        first,
        labels={key: value for key, value in first.labels.items() if f"metric.labels.{key}" in kept},
        places={
            key: value for key, value in first.places.items() if f"resource.labels.{key}" in kept or key == "project_id"
        },
        kind=kind,
        type=way.type or first.type,
        points=points,
    )


def _field(line: Line, name: str) -> str:
    """Return what a group-by field says of a series, empty where the series has no such label."""
    parts = name.split(".", 2)
    if name == "resource.type":
        return line.resource
    if name == "metric.type":
        return line.metric
    if name == "project":
        return line.places.get("project_id", "")
    if len(parts) == 3 and parts[1] in {"label", "labels"} and parts[0] in {"metric", "resource"}:  # noqa: PLR2004  OBJECT.labels.KEY
        return (line.labels if parts[0] == "metric" else line.places).get(parts[2], "")
    raise AggregationError(f"{name} is not a field to group by")


def _number(value: Value) -> float | int:
    return value.mean if isinstance(value, Distribution) else value


def _numbers(values: Sequence[Value]) -> list[float]:
    return [float(_number(value)) for value in values]


def _rate(values: Sequence[Value], period: float) -> Value:
    return sum(_numbers(values)) / period


def _percentile(share: float) -> Callable[[Sequence[Value], float], Value]:
    def join(values: Sequence[Value], _: float) -> Value:
        found = total(values) if isinstance(values[0], Distribution) else None
        if isinstance(found, Distribution):
            return found.percentile(share)
        numbers = sorted(_numbers(values))
        return numbers[max(math.ceil(share * len(numbers)) - 1, 0)]

    return join


_BOTH, _GAUGE, _DELTA = frozenset({"GAUGE", "DELTA"}), frozenset({"GAUGE"}), frozenset({"DELTA"})
_BOOL = frozenset({"BOOL"})
_ANY = _MEASURED | _BOOL
_JOINS: dict[str, tuple[frozenset[str], str, Callable[[Sequence[Value], float], Value]]] = {
    "MIN": (_NUMERIC, "", lambda values, _: min(_number(value) for value in values)),
    "MAX": (_NUMERIC, "", lambda values, _: max(_number(value) for value in values)),
    "MEAN": (_NUMERIC, "DOUBLE", lambda values, _: statistics.fmean(_numbers(values))),
    "STDDEV": (_NUMERIC, "DOUBLE", lambda values, _: statistics.pstdev(_numbers(values))),
    "COUNT": (_ANY, "INT64", lambda values, _: len(values)),
    "COUNT_TRUE": (_BOOL, "INT64", lambda values, _: sum(value is True for value in values)),
    "COUNT_FALSE": (_BOOL, "INT64", lambda values, _: sum(value is False for value in values)),
    "FRACTION_TRUE": (_BOOL, "DOUBLE", lambda values, _: sum(value is True for value in values) / len(values)),
}
_ALIGNERS = {
    "ALIGN_DELTA": _Way(_DELTA, _MEASURED, "", "", lambda values, _: total(values)),
    "ALIGN_RATE": _Way(_DELTA, _NUMERIC, "GAUGE", "DOUBLE", _rate),
    "ALIGN_SUM": _Way(_BOTH, _MEASURED, "", "", lambda values, _: total(values)),
    "ALIGN_NEXT_OLDER": _Way(_GAUGE, _ANY, "", "", lambda values, _: values[-1]),
    **{
        f"ALIGN_{name}": _Way(_BOTH if name == "COUNT" else _GAUGE, types, "GAUGE", kind, join)
        for name, (types, kind, join) in _JOINS.items()
    },
    **{
        f"ALIGN_PERCENTILE_{name}": _Way(_BOTH, frozenset({"DISTRIBUTION"}), "GAUGE", "DOUBLE", _percentile(share))
        for name, share in _SHARES.items()
    },
}
_REDUCERS = {
    "REDUCE_SUM": _Way(_BOTH, _MEASURED, "", "", lambda values, _: total(values)),
    **{f"REDUCE_{name}": _Way(_BOTH, types, "", kind, join) for name, (types, kind, join) in _JOINS.items()},
    **{
        f"REDUCE_PERCENTILE_{name}": _Way(_BOTH, _MEASURED, "", "DOUBLE", _percentile(share))
        for name, share in _SHARES.items()
    },
}
