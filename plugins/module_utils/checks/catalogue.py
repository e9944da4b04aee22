# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All checks by their ids, and which of them an answer that is missing keeps from judging."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import (
    budget_checks,
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
    wiring_checks,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import PREFLIGHT, WARNING, Check
from ansible_collections.netra.remediation.plugins.module_utils.checks.shapes import refuse_unknown

UNREAD = Check(
    "OBS-001", WARNING, PREFLIGHT, "something could not be read, so it was not judged",
    "Give the caller the right to read it; what is not read is not judged.",
    "gcloud projects get-iam-policy {project}",
)  # fmt: skip

_MODULES = (
    budget_checks,
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
    wiring_checks,
)
_DECLARED = [check for module in _MODULES for check in vars(module).values() if isinstance(check, Check)]
CHECKS: dict[str, Check] = {check.id: check for check in sorted([*_DECLARED, UNREAD], key=lambda check: check.id)}
IMAGES = "BLD"
# Of what of the sources is read, the checks of images are about; they have no entry of their own here.
_BY_PART = {"contexts": [f"BLD-00{number}" for number in range(1, 10)], "builds": ["BLD-002"]}


def refuse_unknown_ids(contract: Mapping[str, Any]) -> None:
    """Raise BadInput for a check that is selected or silenced and that there is not: it would hide everything."""
    kinds = {IMAGES, *(identity[:3] for identity in CHECKS)}
    for index, identity in enumerate(contract.get("checks") or ()):
        if identity not in kinds:
            _refuse_unknown(f"remediation_checks[{index}]", identity)
    for index, silence in enumerate(contract.get("silenced") or ()):
        _refuse_unknown(f"remediation_silenced[{index}].id", silence["id"])


def _refuse_unknown(place: str, identity: str) -> None:
    if not identity.startswith(f"{IMAGES}-"):  # their ids are not listed here
        refuse_unknown(place, identity, CHECKS, "docs/findings.md")


def not_judged(part: str) -> list[str]:
    """Return the ids of the checks that judge nothing while a part of the observation is missing."""
    return [*_BY_PART.get(part, ()), *(identity for identity, check in CHECKS.items() if part in check.reads)]
