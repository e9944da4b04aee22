# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Monitoring's answers say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.resources.distributions import percentile
from ansible_collections.netra.remediation.plugins.module_utils.resources.monitoring import read_counts

LINEAR = {"linearBuckets": {"numFiniteBuckets": 10, "width": 10, "offset": 0}}
EXPONENTIAL = {"exponentialBuckets": {"numFiniteBuckets": 5, "growthFactor": 2, "scale": 1}}
EXPLICIT = {"explicitBuckets": {"bounds": [10, 100, 1000]}}


def counted(options: dict[str, Any], *counts: int) -> dict[str, Any]:
    return {"bucketOptions": options, "bucketCounts": [str(count) for count in counts]}


@pytest.mark.parametrize(
    ("distributions", "percent", "value"),
    [
        pytest.param([], 95, None, id="no sample"),
        pytest.param([{}], 95, None, id="a sample of nothing"),
        pytest.param([counted(LINEAR, 0, 10)], 50, 5.0, id="linear, the middle of one bucket"),
        pytest.param([counted(LINEAR, 0, 5), counted(LINEAR, 0, 5)], 50, 5.0, id="two samples of one bucket"),
        pytest.param([counted(EXPONENTIAL, 0, 0, 1, 1)], 50, 4.0, id="exponential, the end of the first"),
        pytest.param([counted(EXPLICIT, 4)], 50, 5.0, id="explicit, below the first bound"),
        pytest.param([counted(EXPLICIT, 0, 0, 0, 3)], 99, 1000.0, id="explicit, above the last bound"),
        pytest.param([counted(EXPONENTIAL, 0, 0, 0, 0, 0, 0, 7)], 50, 32.0, id="exponential, above the last bound"),
    ],
)
def test_a_percentile(distributions: list[dict[str, Any]], percent: float, value: float | None) -> None:
    assert percentile(distributions, percent) == value


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=11), min_size=1, max_size=4), st.integers(1, 98))
def test_percentiles_ascend_and_do_not_depend_on_how_samples_are_cut(counts: list[list[int]], percent: int) -> None:
    samples = [counted(LINEAR, *line) for line in counts]
    low, high = percentile(samples, percent), percentile(samples, percent + 1)
    joined = [sum(line[index] for line in counts if index < len(line)) for index in range(11)]
    assert low == percentile([counted(LINEAR, *joined)], percent)
    assert (low is None and high is None) or (low is not None and high is not None and low <= high + 1e-9)


def line(revision: str, kind: str, *points: tuple[str, int]) -> dict[str, Any]:
    return {
        "metric": {"labels": {"response_code_class": kind}},
        "resource": {"labels": {"revision_name": revision}},
        "points": [
            {"interval": {"startTime": "2026-01-01T00:00:00Z", "endTime": end}, "value": {"int64Value": str(count)}}
            for end, count in points
        ],
    }


def test_requests_are_counted_by_revision_and_failures_are_those_of_the_service() -> None:
    found = read_counts(
        [
            line("api-1", "2xx", ("2026-01-01T00:02:00Z", 5), ("2026-01-01T00:01:00Z", 7)),
            line("api-1", "5xx", ("2026-01-01T00:03:00Z", 2)),
            line("api-1", "4xx", ("2026-01-01T00:01:00Z", 1)),
            line("api-2", "2xx", ("2026-01-01T00:01:00Z", 3)),
        ]
    )
    assert {name: (entry.requests, entry.failed) for name, entry in found.items()} == {
        "api-1": (15, 2),
        "api-2": (3, 0),
    }
    assert str(found["api-1"].newest) == "2026-01-01 00:03:00+00:00"
