# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge errors by the budget of the contract, and by whether anybody has seen them before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    GOLDEN_PATH,
    WARNING,
    Check,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation

MOST_GROUPS = 3
CONSOLE = "gcloud beta error-reporting events list --service={resource} --project={project}"

TOO_MANY = Check(
    "SLO-001", WARNING, GOLDEN_PATH, "more errors than the contract allows", "Repair their causes.", CONSOLE,
    ("errors",),
)  # fmt: skip
NEW_GROUP = Check(
    "SLO-002", WARNING, GOLDEN_PATH, "an error that nobody saw before the revision that serves",
    "Look at what the revision changed.", CONSOLE, ("errors", "revisions"),
)  # fmt: skip


def budget_findings(contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find services with more errors than allowed, and errors that came with the revision that serves."""
    allowed = contract["gates"]["errors_per_hour"]
    for name, errors in observation.errors.items():
        groups = errors.get("groups") or ()
        if errors.get("count", 0) >= allowed:
            told = [f"{group['count']} x {group['message']}" for group in groups]
            summary = f"{errors['count']} errors in the last hour, the limit is under {allowed:g}"
            evidence = {"revision": errors.get("revision"), "most_frequent": told[:MOST_GROUPS]}
            yield TOO_MANY.found(name, summary, evidence, service=name)
        made = _made(name, str(errors.get("revision")), observation)
        fresh = [group for group in groups if made and _is_later(str(group.get("first_seen") or ""), made)]
        if fresh:
            told = [f"{group['message']} (first seen {group['first_seen']})" for group in fresh]
            summary = f"{len(fresh)} kind(s) of errors that nobody saw before revision {errors.get('revision')}"
            yield NEW_GROUP.found(name, summary, {"errors": told[:MOST_GROUPS], "deployed": made}, service=name)


def _made(service: str, revision: str, observation: Observation) -> str:
    described = observation.revision(service, revision)
    return str((described or {}).get("create_time") or "")


def _is_later(time: str, other: str) -> bool:
    try:
        return datetime.fromisoformat(time) > datetime.fromisoformat(other)
    except (ValueError, TypeError):
        return False
