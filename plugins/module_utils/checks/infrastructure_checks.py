# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the infrastructure by the field tables of the modules that repair it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import ERROR, INFRASTRUCTURE, Finding
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_sql, redis, vpc_access

PARTS = {"redis": ("INF-001", redis), "connector": ("INF-002", vpc_access), "sql": ("INF-003", cloud_sql)}


def infrastructure_findings(contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find parts that are missing, not usable, or other than the contract says."""
    for part, (identity, resource) in PARTS.items():
        wanted = (contract.get("infrastructure") or {}).get(part)
        if not wanted or part not in observation.infrastructure:
            continue
        live = observation.infrastructure[part]
        noun = f"{resource.KIND.noun} {wanted['name']}"
        complaint, evidence = _complaint(resource, wanted, live)
        if complaint:
            yield Finding(
                identity,
                ERROR,
                INFRASTRUCTURE,
                wanted["name"],
                f"{noun} {complaint}",
                "The infrastructure phase provisions it.",
                evidence,
            )


def _complaint(resource: Any, wanted: Mapping[str, Any], live: Mapping[str, Any] | None) -> tuple[str, dict[str, Any]]:
    if live is None:
        return "does not exist", {}
    if live.get("state") not in resource.KIND.ready:
        return f"is {live.get('state')}", {}
    desired = {name: value for name, value in wanted.items() if name != "name"}
    try:
        decision = plan(resource.FIELDS, desired, resource.observed_options(live), str(wanted["name"]))
    except RemediationError as error:
        return "differs in what cannot be changed", {"reason": error.message}
    differences = {
        name: f"{decision.before.get(name)} instead of {decision.after.get(name)}" for name in decision.changes
    }
    return ("is other than the contract says", differences) if differences else ("", {})
