"""Time series: selected, aligned, reduced.

https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.clock import format_time, read_time
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.kernel.paging import page
from netra_sandbox.services.cloud_monitoring import filters
from netra_sandbox.services.cloud_monitoring.descriptors import METRIC_OF
from netra_sandbox.telemetry.aggregation import Aggregation, AggregationError, Line, Point, Value, aggregate, total
from netra_sandbox.telemetry.distributions import Distribution
from netra_sandbox.telemetry.metrics import MINUTE, Identity, Series
from netra_sandbox.telemetry.query.selecting import metric_type

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
_NO_TYPE = (
    'must specify a restriction on "metric.type" in the filter; '
    'see "https://cloud.google.com/monitoring/api/resources" for a list of available resource types.'
)


@handles("monitoring.projects.timeSeries.list")
async def list_series(sandbox: Sandbox, call: Call) -> Resource:
    """Return the series that the filter selects, with their points, newest first."""
    text = call.parameters.get("filter", "")
    tree, holds = filters.read(text)
    kind = metric_type(tree)
    if not kind:
        raise filters.refusal(text, _NO_TYPE)
    if kind not in METRIC_OF:
        raise ApiError(
            "NOT_FOUND",
            f'Cannot find metric(s) that match type = "{kind}". If a metric was created recently, it could take up to '
            "10 minutes to become available. Please try again soon.",
        )
    start, end = _interval(call)
    until = min(end, sandbox.clock.seconds() - sandbox.metrics.lag) if sandbox.metrics.lag else end
    primary, secondary = _aggregation(call, "aggregation"), _aggregation(call, "secondaryAggregation")
    lines = [
        _line(identity, series, end, until, primary)
        for identity, series in sandbox.metrics.find(kind)
        if holds(_subject(identity))
    ]
    try:
        for wanted in (primary, secondary):
            lines = aggregate(lines, wanted, start, end)
    except AggregationError as error:
        raise ApiError("INVALID_ARGUMENT", f"{kind}: {error}") from None
    headers = call.parameters.get("view") == "HEADERS"
    written = [_written(line, start, end, headers=headers) for line in lines]
    return page([line for line in written if headers or line["points"]], "timeSeries", call)


def _interval(call: Call) -> tuple[float, float]:
    """Return the interval in seconds since the epoch; without a start it is the moment of its end."""
    given = call.parameters.get("interval.endTime")
    if not given:
        raise filters.refusal("", "the interval's end time is required.", "interval.end_time")
    try:
        end = read_time(given).timestamp()
        start = read_time(call.parameters.get("interval.startTime") or given).timestamp()
    except ValueError:
        raise filters.refusal(given, "not a timestamp.", "interval.end_time") from None
    if start > end:
        raise filters.refusal(given, "the end time must not be earlier than the start time.", "interval.end_time")
    return start, end


def _aggregation(call: Call, name: str) -> Aggregation:
    period = str(call.parameters.get(f"{name}.alignmentPeriod") or "0s")
    try:
        seconds = float(period.removesuffix("s"))
    except ValueError:
        raise filters.refusal(period, "not a duration.", f"{name}.alignment_period") from None
    return Aggregation(
        period=seconds,
        aligner=call.parameters.get(f"{name}.perSeriesAligner") or "ALIGN_NONE",
        reducer=call.parameters.get(f"{name}.crossSeriesReducer") or "REDUCE_NONE",
        fields=tuple(call.parameters.get(f"{name}.groupByFields") or ()),
    )


def _subject(identity: Identity) -> Resource:
    return {
        "metric": {"type": identity.metric, "labels": dict(identity.labels)},
        "resource": {"type": identity.resource, "labels": dict(identity.places)},
        "project": dict(identity.places).get("project_id", ""),
    }


def _line(identity: Identity, series: Series, end: float, until: float, wanted: Aggregation) -> Line:
    """Return the points of a series: as they are for an aligner, otherwise one for each minute as Google samples."""
    metric = METRIC_OF[identity.metric]
    seen = ((float(at), value) for at, value in series.samples() if at - 1 <= until)
    points: list[Point] = [(min(at, end), min(at, end), value) for at, value in seen if at - 1 <= end]
    if wanted.aligner == "ALIGN_NONE" and series.delta:
        points = list(_minutes(points, end))
    return Line(
        metric=identity.metric,
        labels=dict(identity.labels),
        resource=identity.resource,
        places=dict(identity.places),
        kind=metric["metricKind"],
        type=metric["valueType"],
        points=points,
    )


def _minutes(points: list[Point], end: float) -> Iterator[Point]:
    """Join what lies within a minute; the running one ends with the interval."""
    groups: dict[int, list[Value]] = {}
    for _, at, value in points:
        groups.setdefault(int(-(-at // MINUTE) * MINUTE), []).append(value)
    for closed, values in groups.items():
        yield float(closed - MINUTE), min(float(closed), end), total(values)


def _written(line: Line, start: float, end: float, *, headers: bool) -> Resource:
    series = {
        "metric": {"type": line.metric} | ({"labels": line.labels} if line.labels else {}),
        "resource": {"type": line.resource, "labels": line.places},
        "metricKind": line.kind,
        "valueType": line.type,
    }
    if headers:
        return series
    inside = [point for point in line.points if start < point[1] <= end or start == point[1] == end]
    return series | {"points": [_point(point, line.type) for point in reversed(inside)]}


def _point(point: Point, kind: str) -> Resource:
    opened, closed, value = point
    interval = {"startTime": _time(opened), "endTime": _time(closed)}
    return {"interval": interval, "value": _value(value, kind)}


def _value(value: Value, kind: str) -> Resource:
    if isinstance(value, Distribution):
        return {"distributionValue": value.as_json()}
    if kind == "BOOL":
        return {"boolValue": bool(value)}
    if kind == "INT64":
        return {"int64Value": str(int(value))}
    return {"doubleValue": float(value)}


def _time(seconds: float) -> str:
    return format_time(datetime.fromtimestamp(seconds, UTC))
