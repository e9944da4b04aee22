# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe an environment, judge it by its contract, and say what must act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import (
    foresight,
    payload_checks,
    phase_choice,
    rotation,
    secret_supply,
    service_checks,
    setting_checks,
    source_checks,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.catalogue import refuse_unknown_ids
from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.delivery_plan import deliveries
from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import (
    DesiredService,
    desired_file,
    desired_services,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.diagnosis import diagnose
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import Finding
from ansible_collections.netra.remediation.plugins.module_utils.checks.freezes import freeze_in_force
from ansible_collections.netra.remediation.plugins.module_utils.checks.health_targets import health_targets
from ansible_collections.netra.remediation.plugins.module_utils.checks.image_proofs import image_proofs
from ansible_collections.netra.remediation.plugins.module_utils.checks.needed_permissions import needed_permissions
from ansible_collections.netra.remediation.plugins.module_utils.checks.next_revision import (
    beyond_quota,
    obstacles,
    parity,
    unstartable,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.checks.phases import needed_phases
from ansible_collections.netra.remediation.plugins.module_utils.checks.presentation import report_lines
from ansible_collections.netra.remediation.plugins.module_utils.checks.verdict import verdict
from ansible_collections.netra.remediation.plugins.module_utils.checks.vpc_probes import vpc_probes
from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations import local_reading
from ansible_collections.netra.remediation.plugins.module_utils.operations.environment_collections import other_services
from ansible_collections.netra.remediation.plugins.module_utils.operations.environment_reading import (
    PATIENCE_SECONDS,
    Reading,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources import project_access, secret_manager

OPTIONS: dict[str, dict[str, Any]] = {
    "contract": {"type": "dict", "required": True},
    "probe": {"type": "bool", "default": True},
    "repairs": {"type": "bool", "default": False},
    "rotate": {"type": "list", "elements": "str"},
}


def run(options: Options, _check_mode: bool) -> Result:
    """Read at once, decide by pure functions."""
    contract = checked(options["contract"])
    refuse_unknown_ids(contract)
    place = {name: contract.get(name) or options.get(name) for name in ("project", "region")}
    session = Session({**options, **place}, patience=PATIENCE_SECONDS)
    asked = needed_permissions(contract) if options["repairs"] else {}
    permissions = [permission for names in asked.values() for permission in names]
    seen = Reading(session, contract).observe(probe=options["probe"], permissions=permissions)
    observation = foresight.foreseen(seen, intent.drafted(), contract)
    absent = local_reading.absent_sources(contract)
    desired = desired_services(contract, observation)
    diagnosis = diagnose(contract, observation, desired, asked)
    findings = [finding.as_dict() for finding in diagnosis.findings]
    omitted, silenced = phase_choice.left_out(contract, diagnosis.findings), diagnosis.silenced
    needed = needed_phases(diagnosis.findings, contract["mode"], omitted)
    asides = [*(f"Silenced: {entry['text']}" for entry in silenced), *phase_choice.told(omitted)]
    names = [service["name"] for service in contract["services"]]
    return {
        "changed": False,
        "observation": observation.as_dict(),
        "findings": findings,
        "phases": needed,
        "left_out": omitted,
        "silenced": silenced,
        "verdict": verdict(findings),
        "report": report_lines(findings, needed, asides),
        "secrets_desired": secret_supply.desired_secrets(contract, observation, absent),
        "rotation": _startable(
            _rotation(options.get("rotate"), contract, observation, absent, session), diagnosis.findings
        ),
        "secrets_only_people_know": secret_supply.only_people_know(contract, observation, absent),
        "secret_payloads": payload_checks.coverage(contract, observation),
        "sources_only_people_repair": source_checks.only_people_repair(diagnosis.findings, observation),
        **_deployment(contract, observation, desired, diagnosis.findings),
        "config_files_desired": _files_desired(contract, desired),
        "settings": setting_checks.table(contract, observation, desired),
        "health_targets": list(health_targets(contract).values()),
        "outputs": observation.outputs(),
        "freeze": freeze_in_force(contract, datetime.now(UTC)),
        "holds": [hold for hold in (observation.hold(name) for name in names) if hold],
        "splits": service_checks.undecided_splits(contract, observation),
        "unmeasurable": service_checks.unmeasurable_gates(observation),
        "serving": {name: observation.serving(name) for name in names},
    }


def _deployment(
    contract: Mapping[str, Any],
    observation: Observation,
    desired: Mapping[str, DesiredService],
    findings: Sequence[Finding],
) -> dict[str, Any]:
    """Return what the deployment phase goes by."""
    return {
        "not_known_yet": {name: list(service.incomplete) for name, service in desired.items() if service.incomplete},
        "services_desired": [service.options for service in desired.values()],
        "image_proofs": image_proofs(contract, observation, desired),
        "vpc_probes": vpc_probes(contract, observation, desired),
        "deliveries": deliveries(contract),
        "parity": parity(desired, observation),
        "obstacles": obstacles(desired, observation, findings),
        "beyond_quota": beyond_quota(desired, observation, findings),
    }


def _files_desired(contract: Mapping[str, Any], desired: Mapping[str, DesiredService]) -> list[dict[str, Any]]:
    return [
        {"path": file["path"], "values": desired_file(contract, file, desired[file["service"]])}
        for file in contract["config_files"]
    ]


def _rotation(
    names: list[str] | None,
    contract: Mapping[str, Any],
    observation: Observation,
    absent: Mapping[str, str],
    session: Session,
) -> dict[str, Any] | None:
    """Return the plan of a rotation where one is asked for; it takes calls more: who else reads, what is denied."""
    if not names:
        return None
    others = other_services(session, [service["name"] for service in contract["services"]])
    plan = rotation.planned(contract, observation, names, absent, others)
    lacking = {
        f"secret {name}": project_access.lacking(
            session, "secretmanager", f"v1/{secret_manager.full_name(session.project, name)}", rotation.OF_SECRETS
        )
        for name in names
        if observation.secrets.get(name) is not None
    }
    for service in plan["services"]:
        path = f"v2/{session.location}/services/{service['name']}"
        lacking[f"service {service['name']}"] = project_access.lacking(session, "run", path, rotation.OF_SERVICES)
    return rotation.with_lacking(plan, lacking)


def _startable(plan: dict[str, Any] | None, findings: Sequence[Finding]) -> dict[str, Any] | None:
    """Return the plan of a rotation with what would keep the revisions that it makes from being rolled out."""
    if plan is None:
        return None
    return rotation.hindered(plan, unstartable([service["name"] for service in plan["services"]], findings))


OPERATION = Operation(name="environment_info", options=OPTIONS, run=run)
