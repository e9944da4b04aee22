# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge whether the services may have the instances that they ask for, by the quotas of their region. Pure.

https://cloud.google.com/run/docs/configuring/max-instances-limits: one service that could ask for more by itself is
refused when it is deployed; what all use together is counted when they scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import DesiredService
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    BY_HAND,
    ERROR,
    WARNING,
    Check,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run

DEFAULTS = {"cpu": "1", "memory": "512Mi"}
GIBI = 2**30
LIST = "gcloud beta quotas info list --service=run.googleapis.com --project={project}"

OVER_QUOTA = Check(
    "RUN-015", ERROR, BY_HAND, "a service could ask for more than its region's quota",
    "Lower max_instances, cpu or memory in the contract, or have the quota raised.", LIST, ("quotas", "services"),
)  # fmt: skip
TOGETHER_OVER_QUOTA = Check(
    "RUN-016", WARNING, BY_HAND, "all services together could ask for more than their region's quota",
    "Have the quota raised, or share it out by max_instances.", LIST, ("quotas", "services"),
)  # fmt: skip


def quota_findings(desired: Mapping[str, DesiredService], observation: Observation) -> Iterator[Finding]:
    """Find what of the quotas that were read the services exceed at their most, each alone and all together."""
    wanted = {name: _sizes(entry, observation) for name, entry in desired.items()}
    sizes = {name: size for name, size in wanted.items() if size["most"]}
    for kind, limit in (observation.quotas.get("run") or {}).items():
        asked = {name: size["most"] * size[kind] for name, size in sizes.items()}
        alone = [name for name, much in asked.items() if much > limit]
        for name in alone:
            most, one = sizes[name]["most"], sizes[name][kind]
            summary = (
                f"{most:.0f} instances of {_told(kind, one)} are {_told(kind, asked[name])}, the quota of "
                f"{observation.region} is {_told(kind, limit)}: max_instances may be at most {int(limit // one)}"
            )
            yield OVER_QUOTA.found(f"{name} {kind}", summary, {"asked": asked[name], "quota": limit}, service=name)
        if not alone and sum(asked.values()) > limit:
            summary = (
                f"at their most the services ask for {_told(kind, sum(asked.values()))}, the quota of "
                f"{observation.region} is {_told(kind, limit)}: who scales last gets no instance"
            )
            yield TOGETHER_OVER_QUOTA.found(f"{observation.region} {kind}", summary, {"asked": asked, "quota": limit})


def _sizes(wanted: DesiredService, observation: Observation) -> dict[str, float]:
    """Return the most instances of a service, 0 where nothing says so, and what one of them has: CPUs and bytes."""
    live = cloud_run.observed_options(observation.services.get(wanted.options["name"]) or {})
    options: dict[str, Any] = {**live, **{name: value for name, value in wanted.options.items() if value is not None}}
    size = {kind: float(cloud_run.quantity(options.get(kind) or default)) for kind, default in DEFAULTS.items()}
    return {"most": float(options.get("max_instances") or 0), **size}


def _told(kind: str, much: float) -> str:
    return f"{much:g} CPUs" if kind == "cpu" else f"{much / GIBI:g} GiB"
