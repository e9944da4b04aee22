# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the limits that Service Usage tells counts in a region."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.resources.run_quotas import UNIT, region_limits

CPU = "run.googleapis.com/cpu_allocation"


def limits(metric: str, *buckets: tuple[str, str], unit: str = UNIT) -> dict[str, float]:
    """Return what is read of a project whose API answers with one metric's buckets (region, limit)."""
    told = [
        {"effectiveLimit": limit, **({"dimensions": {"region": region}} if region else {})} for region, limit in buckets
    ]
    answer = [{"metric": metric, "consumerQuotaLimits": [{"unit": unit, "quotaBuckets": told}]}]
    client: Any = SimpleNamespace(paged=lambda *_path, **_query: iter(answer))
    session: Any = SimpleNamespace(project="p", region="r", json=lambda _api: client)
    return region_limits(session)


@pytest.mark.parametrize(
    ("buckets", "expected"),
    [
        ([("", "200000")], {"cpu": 200}),
        ([("", "200000"), ("r", "20000")], {"cpu": 20}),
        ([("", "200000"), ("elsewhere", "20000")], {"cpu": 200}),
        ([("", "200000"), ("r", "-1")], {}),  # no limit
        ([("", "200000"), ("r", "0")], {"cpu": 0}),
        ([], {}),
    ],
)
def test_the_region_s_own_limit_comes_before_the_one_of_all(
    buckets: list[tuple[str, str]], expected: dict[str, float]
) -> None:
    assert limits(CPU, *buckets) == expected


def test_other_quotas_do_not_count() -> None:
    assert limits(CPU, ("", "10"), unit="1/min/{project}/{region}") == {}
    assert limits("run.googleapis.com/read_regional", ("", "10")) == {}
    assert limits("run.googleapis.com/mem_allocation", ("", "1024")) == {"memory": 1024}
