# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put all checks together: what is wrong, what leads to what, what must act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import (
    budget_checks,
    causes,
    configuration_checks,
    image_access,
    infrastructure_checks,
    network_checks,
    payload_checks,
    plan_checks,
    quota_checks,
    secret_checks,
    secret_inventory,
    selection,
    service_checks,
    setting_checks,
    source_checks,
    wiring_checks,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.catalogue import UNREAD, not_judged
from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import DesiredService
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import Finding
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong, root causes first, and what of it somebody silenced."""

    findings: list[Finding]
    silenced: list[dict[str, str]]


def diagnose(
    contract: Mapping[str, Any],
    observation: Observation,
    desired: Mapping[str, DesiredService],
    asked: Mapping[str, tuple[str, ...]] | None = None,
) -> Diagnosis:
    """Hold an environment against its contract; what users notice names what leads to it.

    ``asked`` are the permissions that each phase needs, where the caller is to repair.
    """
    selected = [
        finding.placed(project=observation.project, region=observation.region)
        for finding in _found(contract, observation, desired, asked or {})
        if selection.is_selected(contract, finding.id)
    ]
    audible, silent = selection.divided(contract, selected, observation.time)
    found = [*audible, *selection.expired(contract, observation.time)]
    silenced = [selection.told(finding, silence) for finding, silence in silent]
    return Diagnosis(causes.tied(found, causes.needs_of(contract)), silenced)


def _found(
    contract: Mapping[str, Any],
    observation: Observation,
    desired: Mapping[str, DesiredService],
    asked: Mapping[str, tuple[str, ...]],
) -> Iterator[Finding]:
    yield from source_checks.build_findings(contract, observation)
    yield from infrastructure_checks.infrastructure_findings(contract, observation)
    yield from secret_checks.secret_findings(contract, observation)
    yield from payload_checks.payload_findings(contract, observation)
    yield from secret_inventory.inventory_findings(contract, observation)
    yield from secret_checks.permission_findings(asked, observation)
    yield from configuration_checks.file_findings(observation)
    yield from configuration_checks.address_findings(contract, observation)
    yield from setting_checks.setting_findings(contract, observation, desired)
    yield from wiring_checks.wiring_findings(contract, observation, desired)
    yield from network_checks.network_findings(contract, observation)
    yield from plan_checks.plan_findings(contract, observation, desired)
    yield from image_access.refusals(desired, observation)
    yield from quota_checks.quota_findings(desired, observation)
    for service in contract["services"]:
        yield from service_checks.service_findings(service, observation)
        yield from service_checks.traffic_findings(service, observation)
        yield from secret_checks.binding_findings(service, observation)
        yield from infrastructure_checks.connection_findings(service, observation)
    for name, wanted in desired.items():
        yield from configuration_checks.deployed_findings(name, wanted, observation, contract)
    symptoms = list(service_checks.symptom_findings(observation))
    lines = {finding.service: finding for finding in symptoms if finding.id == service_checks.ENDS_AT_START.id}
    yield from symptoms
    yield from infrastructure_checks.dependency_findings(contract, observation, lines)
    yield from budget_checks.budget_findings(contract, observation)
    for entry in observation.unread:
        summary = f"it could not be read: {entry.message}"
        evidence = {"status": entry.status, "not_judged": not_judged(entry.part)}
        yield UNREAD.found(f"{entry.part} {entry.name}", summary, evidence)
