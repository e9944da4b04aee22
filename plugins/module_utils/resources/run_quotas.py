# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what the instances of all Cloud Run services of a region may have together.

https://cloud.google.com/service-usage/docs/reference/rest/v1beta1/services.consumerQuotaMetrics/list and
https://cloud.google.com/run/docs/configuring/max-instances-limits
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session

# Option of a service → the metric that counts it, and how much of the metric one is.
METRICS = {"cpu": ("run.googleapis.com/cpu_allocation", 1000), "memory": ("run.googleapis.com/mem_allocation", 1)}
UNIT = "1/{project}/{region}"
UNLIMITED = -1
# Without them the answer holds each quota of the API in each region.
FIELDS = "nextPageToken,metrics(metric,consumerQuotaLimits(unit,quotaBuckets(dimensions,effectiveLimit)))"


def region_limits(session: Session) -> dict[str, float]:
    """Return what the region's instances may have together: CPUs and bytes of memory; without an entry no limit."""
    found = session.json("serviceusage").paged(
        f"/v1beta1/projects/{session.project}/services/run.googleapis.com/consumerQuotaMetrics",
        "metrics",
        attempt="read the quotas of Cloud Run",
        view="FULL",
        fields=FIELDS,
    )
    metrics = {str(entry.get("metric")): entry for entry in found}
    limits = {option: _limit(metrics.get(metric) or {}, session.region) for option, (metric, _one) in METRICS.items()}
    return {option: limit / METRICS[option][1] for option, limit in limits.items() if limit is not None}


def _limit(metric: Mapping[str, Any], region: str) -> int | None:
    """Return the limit that counts in a region, the region's own before the one of all; None where there is none."""
    buckets = [
        bucket
        for limit in metric.get("consumerQuotaLimits") or ()
        if limit.get("unit") == UNIT
        for bucket in limit.get("quotaBuckets") or ()
    ]
    by_region = {(bucket.get("dimensions") or {}).get("region", ""): bucket for bucket in buckets}
    found = by_region.get(region) or by_region.get("")
    if found is None or "effectiveLimit" not in found or int(found["effectiveLimit"]) == UNLIMITED:
        return None
    return int(found["effectiveLimit"])
