# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud Monitoring: time series, descriptors."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import requests

HOST = "monitoring.googleapis.com/v3"
REST = "https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list"
METRICS = "https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run"
COUNT = "run.googleapis.com/request_count"
LATENCY = "run.googleapis.com/request_latencies"
REQUESTS = 4


def moment(seconds: float = 0) -> str:
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)).isoformat()


def series(target: Any, metric: str, condition: str = "", **query: Any) -> list[dict[str, Any]]:
    asked = {
        "filter": f'metric.type="{metric}" {condition}'.strip(),
        "interval.startTime": moment(-900),
        "interval.endTime": moment(1),
        **{name.replace("__", "."): value for name, value in query.items()},
    }
    return list(target.call("GET", f"{HOST}/projects/{target.project}/timeSeries", **asked).get("timeSeries", []))


@pytest.fixture(scope="module")
def served() -> dict[str, str]:
    """Remember the service that got requests."""
    return {}


@pytest.fixture
def service(target: Any, sandbox: Any, served: dict[str, str]) -> str:
    """Return a condition for a service that has answered a few requests just now."""
    if not served:
        name, url = next(iter(sandbox.state["urls"].items()))
        for _ in range(REQUESTS):
            target.send("GET", url.removeprefix("https://") + "/")
        served["condition"] = f'AND resource.labels.service_name="{name}"'
    return served["condition"]


@pytest.mark.source("public", METRICS)
@pytest.mark.sandbox_only("it needs a service that answers")
def test_requests_are_counted_by_response_code(target: Any, service: str) -> None:
    found = series(target, COUNT, service)
    labels = found[0]["metric"]["labels"]
    assert labels["response_code_class"] == f"{labels['response_code'][0]}xx"
    assert (found[0]["metricKind"], found[0]["valueType"]) == ("DELTA", "INT64")
    assert found[0]["resource"]["type"] == "cloud_run_revision"
    assert {"project_id", "location", "service_name", "configuration_name", "revision_name"} == set(
        found[0]["resource"]["labels"]
    )
    counts = [int(point["value"]["int64Value"]) for one in found for point in one["points"]]
    assert sum(counts) >= REQUESTS


@pytest.mark.source("public", METRICS)
@pytest.mark.sandbox_only("it needs a service that answers")
def test_latencies_are_a_distribution(target: Any, service: str) -> None:
    value = series(target, LATENCY, service)[0]["points"][0]["value"]["distributionValue"]
    assert sum(int(count) for count in value["bucketCounts"]) == int(value["count"])
    assert value["mean"] > 0


@pytest.mark.source("public", REST)
@pytest.mark.sandbox_only("it needs a service that answers")
@pytest.mark.parametrize(
    ("metric", "aligner", "reducer", "shape"),
    [
        (COUNT, "ALIGN_DELTA", "REDUCE_SUM", ("DELTA", "INT64")),
        (COUNT, "ALIGN_RATE", "REDUCE_SUM", ("GAUGE", "DOUBLE")),
        (COUNT, "ALIGN_SUM", "REDUCE_NONE", ("DELTA", "INT64")),
        (COUNT, "ALIGN_RATE", "REDUCE_MEAN", ("GAUGE", "DOUBLE")),
        (LATENCY, "ALIGN_PERCENTILE_99", "REDUCE_MAX", ("GAUGE", "DOUBLE")),
        (LATENCY, "ALIGN_DELTA", "REDUCE_PERCENTILE_50", ("GAUGE", "DOUBLE")),
        (LATENCY, "ALIGN_DELTA", "REDUCE_SUM", ("DELTA", "DISTRIBUTION")),
    ],
)
@pytest.mark.usefixtures("service")
def test_series_are_aligned_and_reduced(
    target: Any, metric: str, aligner: str, reducer: str, shape: tuple[str, str]
) -> None:
    found = series(
        target,
        metric,
        aggregation__alignmentPeriod="60s",
        aggregation__perSeriesAligner=aligner,
        aggregation__crossSeriesReducer=reducer,
    )
    assert {(one["metricKind"], one["valueType"]) for one in found} == {shape}
    ends = [point["interval"]["endTime"] for point in found[0]["points"]]
    assert ends == sorted(ends, reverse=True)


@pytest.mark.source("public", REST)
@pytest.mark.sandbox_only("it needs a service that answers")
def test_the_sum_over_one_window_is_the_number_of_requests(target: Any, sandbox: Any) -> None:
    name, url = list(sandbox.state["urls"].items())[-1]
    query = {
        "aggregation__alignmentPeriod": "1800s",
        "aggregation__perSeriesAligner": "ALIGN_DELTA",
        "aggregation__crossSeriesReducer": "REDUCE_SUM",
        "aggregation__groupByFields": ["resource.labels.service_name", "metric.labels.response_code_class"],
    }

    def counted() -> int:
        found = series(target, COUNT, f'AND resource.labels.service_name="{name}"', **query)
        return sum(int(one["points"][0]["value"]["int64Value"]) for one in found)

    before = counted()
    for _ in range(3):
        target.send("GET", url.removeprefix("https://") + "/")
    assert counted() - before == 3
    found = series(target, COUNT, f'AND resource.labels.service_name="{name}"', **query)
    assert set(found[0]["metric"]["labels"]) == {"response_code_class"}
    assert set(found[0]["resource"]["labels"]) == {"project_id", "service_name"}


@pytest.mark.source("public", REST)
@pytest.mark.sandbox_only("it needs a service that answers")
@pytest.mark.usefixtures("service")
def test_a_second_aggregation_works_on_the_first(target: Any) -> None:
    (found,) = series(
        target,
        COUNT,
        aggregation__alignmentPeriod="60s",
        aggregation__perSeriesAligner="ALIGN_RATE",
        secondaryAggregation__alignmentPeriod="1800s",
        secondaryAggregation__perSeriesAligner="ALIGN_MAX",
        secondaryAggregation__crossSeriesReducer="REDUCE_SUM",
    )
    assert len(found["points"]) == 1


@pytest.mark.source("public", REST)
@pytest.mark.sandbox_only("time series are seen late by a fault")
def test_a_lag_hides_what_is_new(target: Any, sandbox: Any) -> None:
    _, url = next(iter(sandbox.state["urls"].items()))
    path = f"/{target.fresh('lag')}"

    def last() -> int:
        found = series(
            target, COUNT, "", aggregation__alignmentPeriod="1800s", aggregation__perSeriesAligner="ALIGN_DELTA"
        )
        return sum(int(one["points"][0]["value"]["int64Value"]) for one in found)

    fault = sandbox.call("faults", {"kind": "metric-lag", "target": "sandbox", "seconds": 86_400})
    try:
        before = last()
        target.send("GET", url.removeprefix("https://") + path)
        assert last() == before == 0
    finally:
        requests.delete(f"{sandbox.proxy}/_sandbox/faults?name={fault['name']}", timeout=30).raise_for_status()
    assert last() > before


@pytest.mark.source("public", REST)
@pytest.mark.sandbox_only("it needs a service that answers")
def test_headers_have_no_points(target: Any, service: str) -> None:
    assert "points" not in series(target, COUNT, service, view="HEADERS")[0]


@pytest.mark.source("public", "https://cloud.google.com/monitoring/api/v3/filters")
@pytest.mark.sandbox_only("it needs a service that answers")
@pytest.mark.parametrize(
    ("condition", "some"),
    [
        ('AND resource.type="cloud_run_revision"', True),
        ('AND resource.type="gce_instance"', False),
        ('AND resource.label.location!="nowhere"', True),
        ('AND metric.labels.response_code_class=one_of("2xx","3xx","4xx","5xx")', True),
        ('AND metric.labels.response_code=starts_with("9")', False),
        ('AND resource.labels.revision_name=monitoring.regex.full_match(".*-[0-9]{5}-.*")', True),
        ('AND resource.labels.service_name=has_substring("netra")', True),
        ('AND NOT resource.labels.service_name:"-"', False),
    ],
)
def test_a_filter_selects(target: Any, service: str, condition: str, some: bool) -> None:
    assert bool(series(target, COUNT, condition)) is some


@pytest.mark.source("public", "https://cloud.google.com/monitoring/api/metrics_gcp")
@pytest.mark.sandbox_only("it needs instances that run")
@pytest.mark.parametrize(
    ("metric", "resource"),
    [
        ("run.googleapis.com/container/instance_count", "cloud_run_revision"),
        ("run.googleapis.com/container/memory/utilizations", "cloud_run_revision"),
        ("cloudsql.googleapis.com/database/up", "cloudsql_database"),
        ("redis.googleapis.com/server/uptime", "redis_instance"),
        ("redis.googleapis.com/clients/connected", "redis_instance"),
    ],
)
def test_what_runs_is_measured(target: Any, service: str, metric: str, resource: str) -> None:
    found = target.until(lambda: series(target, metric), bool)
    assert {one["resource"]["type"] for one in found} == {resource}


@pytest.mark.source("public", REST)
@pytest.mark.parametrize(
    "query",
    [
        {"filter": 'resource.type="cloud_run_revision"'},
        {"filter": 'metric.type="run.googleapis.com/request_count" AND'},
        {"filter": 'metric.type="run.googleapis.com/request_count" AND shoe.size=44'},
        {"filter": 'metric.type="run.googleapis.com/request_count" AND resource.type=fits("x")'},
        {"interval.endTime": ""},
        {"interval.startTime": "2090-01-01T00:00:00Z"},
        {"aggregation.crossSeriesReducer": "REDUCE_SUM"},
        {"aggregation.perSeriesAligner": "ALIGN_RATE", "aggregation.alignmentPeriod": "10s"},
        {"aggregation.perSeriesAligner": "ALIGN_FRACTION_TRUE", "aggregation.alignmentPeriod": "60s"},
        {"aggregation.perSeriesAligner": "ALIGN_LOUD"},
    ],
    ids=str,
)
def test_a_list_is_refused(target: Any, query: dict[str, str]) -> None:
    asked = {"filter": f'metric.type="{COUNT}"', "interval.endTime": moment(), **query}
    error = target.refusal("GET", f"{HOST}/projects/{target.project}/timeSeries", **asked)
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.source("public", REST)
def test_a_metric_that_is_not_there_is_not_found(target: Any) -> None:
    asked = {"filter": 'metric.type="custom.googleapis.com/nothing"', "interval.endTime": moment()}
    assert target.refusal("GET", f"{HOST}/projects/{target.project}/timeSeries", **asked)["code"] == 404


@pytest.mark.source("public", "https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.metricDescriptors")
def test_metrics_are_described(target: Any) -> None:
    place = f"{HOST}/projects/{target.project}/metricDescriptors"
    listed = target.call("GET", place, filter='metric.type=starts_with("run.googleapis.com/request")')
    assert {COUNT, LATENCY} <= {metric["type"] for metric in listed["metricDescriptors"]}
    found = target.call("GET", f"{place}/{COUNT}")
    assert (found["metricKind"], found["valueType"]) == ("DELTA", "INT64")
    assert target.refusal("GET", f"{place}/run.googleapis.com/nothing")["status"] == "NOT_FOUND"


@pytest.mark.source(
    "public", "https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.monitoredResourceDescriptors"
)
def test_monitored_resources_are_described(target: Any) -> None:
    place = f"{HOST}/projects/{target.project}/monitoredResourceDescriptors"
    listed = target.call("GET", place, filter='resource.type="cloud_run_revision"')["resourceDescriptors"]
    assert [kind["type"] for kind in listed] == ["cloud_run_revision"]
    keys = {label["key"] for label in target.call("GET", f"{place}/cloud_run_revision")["labels"]}
    assert {"service_name", "revision_name", "location"} <= keys
