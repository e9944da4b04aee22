"""Time series: aligned, reduced, kept within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra_sandbox.telemetry.aggregation import Aggregation, AggregationError, Line, aggregate
from netra_sandbox.telemetry.distributions import MILLISECONDS, Distribution, Exponential, merged
from netra_sandbox.telemetry.metrics import Identity, Metrics
from netra_sandbox.telemetry.quantities import cores, size

COUNT = Identity("m", (("code", "200"),), "r", (("project_id", "p"), ("service_name", "api")))


def line(values, kind="DELTA", value_type="INT64", code="200", service="api"):
    points = [(at, at, value) for at, value in values]
    return Line("m", {"code": code}, "r", {"project_id": "p", "service_name": service}, kind, value_type, points)


def points(lines):
    return [[(end, value) for _, end, value in found.points] for found in lines]


@pytest.mark.parametrize(
    ("aligner", "kind", "value_type", "values", "expected"),
    [
        ("ALIGN_DELTA", "DELTA", "INT64", [(10, 1), (60, 2), (61, 3), (120, 4)], [(60, 3), (120, 7)]),
        ("ALIGN_RATE", "DELTA", "INT64", [(10, 30), (61, 60)], [(60, 0.5), (120, 1.0)]),
        ("ALIGN_SUM", "GAUGE", "INT64", [(10, 3), (20, 4)], [(60, 7)]),
        ("ALIGN_MEAN", "GAUGE", "INT64", [(10, 3), (20, 4)], [(60, 3.5)]),
        ("ALIGN_MIN", "GAUGE", "DOUBLE", [(10, 3.0), (20, 4.0)], [(60, 3.0)]),
        ("ALIGN_MAX", "GAUGE", "INT64", [(10, 3), (20, 4)], [(60, 4)]),
        ("ALIGN_COUNT", "GAUGE", "INT64", [(10, 3), (20, 4)], [(60, 2)]),
        ("ALIGN_NEXT_OLDER", "GAUGE", "BOOL", [(10, True), (20, False)], [(60, False)]),
        ("ALIGN_FRACTION_TRUE", "GAUGE", "BOOL", [(10, True), (20, False), (90, True)], [(60, 0.5), (120, 1.0)]),
        ("ALIGN_COUNT_TRUE", "GAUGE", "BOOL", [(10, True), (20, False)], [(60, 1)]),
        ("ALIGN_COUNT_FALSE", "GAUGE", "BOOL", [(10, True), (20, False)], [(60, 1)]),
        ("ALIGN_STDDEV", "GAUGE", "INT64", [(10, 2), (20, 4)], [(60, 1.0)]),
    ],
)
def test_aligns(aligner, kind, value_type, values, expected):
    found = aggregate([line(values, kind, value_type)], Aggregation(60, aligner), 0, 120)
    assert points(found) == [expected]


@pytest.mark.parametrize(
    ("wanted", "kind", "value_type"),
    [
        (Aggregation(60, "ALIGN_RATE"), "GAUGE", "INT64"),
        (Aggregation(60, "ALIGN_DELTA"), "GAUGE", "INT64"),
        (Aggregation(60, "ALIGN_MEAN"), "DELTA", "INT64"),
        (Aggregation(60, "ALIGN_PERCENTILE_99"), "DELTA", "INT64"),
        (Aggregation(60, "ALIGN_FRACTION_TRUE"), "GAUGE", "INT64"),
        (Aggregation(30, "ALIGN_DELTA"), "DELTA", "INT64"),
        (Aggregation(60, "ALIGN_NONE", "REDUCE_SUM"), "DELTA", "INT64"),
        (Aggregation(60, "ALIGN_DELTA", "REDUCE_FRACTION_TRUE"), "DELTA", "INT64"),
        (Aggregation(60, "ALIGN_DELTA", "REDUCE_SUM", ("shoe.size",)), "DELTA", "INT64"),
        (Aggregation(60, "ALIGN_PERCENT_CHANGE"), "GAUGE", "INT64"),
    ],
)
def test_refuses(wanted, kind, value_type):
    with pytest.raises(AggregationError):
        aggregate([line([(10, 1)], kind, value_type)], wanted, 0, 60)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((), {((), ("p",)): 10}),
        (("metric.labels.code",), {(("200",), ("p",)): 4, (("500",), ("p",)): 6}),
        (("metric.label.code",), {(("200",), ("p",)): 4, (("500",), ("p",)): 6}),
        (("resource.labels.service_name",), {((), ("p", "api")): 3, ((), ("p", "web")): 7}),
        (("resource.type", "project"), {((), ("p",)): 10}),
    ],
)
def test_reduces_by_fields(fields, expected):
    lines = [
        line([(10, 1)], code="200", service="api"),
        line([(10, 2)], code="500", service="api"),
        line([(10, 3)], code="200", service="web"),
        line([(10, 4)], code="500", service="web"),
    ]
    found = aggregate(lines, Aggregation(60, "ALIGN_DELTA", "REDUCE_SUM", fields), 0, 60)
    seen = {(tuple(one.labels.values()), tuple(one.places.values())): one.points[0][2] for one in found}
    assert seen == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 600), st.integers(0, 9)), max_size=30))
def test_nothing_is_lost_and_nothing_counted_twice(values):
    found = aggregate([line(sorted(values))], Aggregation(60, "ALIGN_DELTA", "REDUCE_SUM"), 0, 600)
    assert sum(value for one in points(found) for _, value in one) == sum(value for _, value in values)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=50), st.sampled_from([0.05, 0.5, 0.95, 0.99]))
def test_a_percentile_is_within_one_bucket_of_the_value(values, share):
    distribution = Distribution(MILLISECONDS)
    for value in values:
        distribution.add(value)
    exact = sorted(values)[max(-(-int(share * len(values) * 1000) // 1000) - 1, 0)]
    found = distribution.percentile(share)
    assert found <= MILLISECONDS.bound(MILLISECONDS.index(max(values))) + 1e-9
    assert MILLISECONDS.index(found * 0.999) - MILLISECONDS.index(exact) <= 1 or found >= exact


def test_distributions_add_up():
    left, right = Distribution(Exponential(4, 2, 1)), Distribution(Exponential(4, 2, 1))
    for value in (0.5, 1.5, 100):
        left.add(value)
    right.add(3)
    both = merged([left, right])
    assert both.as_json() == {
        "count": "4",
        "mean": 26.25,
        "sumOfSquaredDeviation": pytest.approx(7255.25, abs=0.5),
        "bucketOptions": {"exponentialBuckets": {"numFiniteBuckets": 4, "growthFactor": 2, "scale": 1}},
        "bucketCounts": ["1", "1", "1", "0", "0", "1"],
    }
    assert left.count == 3


def test_series_stay_within_bounds_and_lose_no_count_of_the_last_hours():
    metrics = Metrics()
    for second in range(10_000):
        metrics.count(COUNT, second)
    (_, series), *rest = metrics.find("m")
    assert not rest
    assert len(list(series.samples())) < 1200
    assert sum(value for _, value in series.samples()) == 10_000


def test_no_more_series_than_the_bound():
    metrics = Metrics()
    for number in range(2100):
        metrics.measure(Identity("m", (("n", str(number)),), "r", ()), 1, 1)
    assert len(list(metrics.find("m"))) == 2000


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (cores, "1", 1),
        (cores, "500m", 0.5),
        (cores, "0.5", 0.5),
        (size, "512Mi", 512 * 2**20),
        (size, "2G", 2e9),
        (size, "1Gi", 2**30),
        (size, "1000", 1000),
    ],
)
def test_quantities(read, text, expected):
    assert read(text) == expected
