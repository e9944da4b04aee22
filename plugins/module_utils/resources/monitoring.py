# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what users got from revisions: requests, failures, latencies.

Cloud Run's metrics are sampled every minute and then stay invisible for some minutes more:
https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run,
https://cloud.google.com/monitoring/api/v3/latency-n-retention.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import timestamp
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.resources import distributions

COUNT, LATENCIES = "run.googleapis.com/request_count", "run.googleapis.com/request_latencies"
SAMPLE_SECONDS = 60
FAILED = "5xx"
PERMISSION = "monitoring.timeSeries.list"
Series = Mapping[str, Any]


@dataclass
class Served:
    """What one revision answered in a window; ``newest`` is the end of the last sample."""

    requests: int = 0
    failed: int = 0
    latencies: list[Mapping[str, Any]] = field(default_factory=list)
    newest: datetime | None = None

    def latency_seconds(self, percent: float) -> float | None:
        """Return a percentile of the latency, None where nothing was answered."""
        milliseconds = distributions.percentile(self.latencies, percent)
        return None if milliseconds is None else milliseconds / 1000


def served(
    session: Session, revisions: Iterable[str], since: datetime, until: datetime, *, latencies: bool
) -> dict[str, Served]:
    """Return what each revision answered, from one or two calls; a sample that began before the window counts."""
    names = sorted(set(revisions))
    found = read_counts(_series(session, COUNT, names, since, until))
    if latencies:
        for revision, samples in read_latencies(_series(session, LATENCIES, names, since, until)).items():
            found.setdefault(revision, Served()).latencies = samples
    return {name: found.get(name) or Served() for name in names}


def read_counts(series: Iterable[Series]) -> dict[str, Served]:
    """Add up the requests of each revision, and those that failed in the service (5xx)."""
    found: dict[str, Served] = {}
    for line in series:
        entry = found.setdefault(_revision(line), Served())
        counted = sum(int(point["value"].get("int64Value", 0)) for point in line.get("points") or ())
        entry.requests += counted
        entry.failed += counted if line["metric"].get("labels", {}).get("response_code_class") == FAILED else 0
        ends = [datetime.fromisoformat(point["interval"]["endTime"]) for point in line.get("points") or ()]
        entry.newest = max([*ends, *([entry.newest] if entry.newest else [])], default=None)
    return found


def read_latencies(series: Iterable[Series]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the distributions of each revision's latencies, in milliseconds."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for line in series:
        samples = [point["value"].get("distributionValue") or {} for point in line.get("points") or ()]
        found.setdefault(_revision(line), []).extend(samples)
    return found


def _revision(line: Series) -> str:
    return str(line["resource"]["labels"]["revision_name"])


def _series(session: Session, metric: str, revisions: list[str], since: datetime, until: datetime) -> list[Series]:
    named = ",".join(json.dumps(name) for name in revisions)
    query = {
        "filter": f'metric.type="{metric}" AND resource.type="cloud_run_revision" '
        f"AND resource.labels.location={json.dumps(session.region)} "
        f"AND resource.labels.revision_name=one_of({named})",
        "interval.startTime": timestamp(since),
        "interval.endTime": timestamp(until),
        "view": "FULL",
    }
    attempt = f"read {metric.rpartition('/')[2]} of {', '.join(revisions)} from Monitoring"
    path = f"/v3/projects/{session.project}/timeSeries"
    return list(session.json("monitoring").paged(path, "timeSeries", attempt=attempt, **query))
