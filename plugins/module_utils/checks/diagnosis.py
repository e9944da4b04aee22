# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put all checks together: what is wrong, what leads to what, what must act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import (
    infrastructure_checks,
    service_checks,
    source_checks,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import DesiredService
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    GOLDEN_PATH,
    PREFLIGHT,
    WARNING,
    Finding,
    ranked,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation


def diagnose(
    contract: Mapping[str, Any], observation: Observation, desired: Mapping[str, DesiredService]
) -> list[Finding]:
    """Return the findings, causes first; what users notice names the causes that can lead to it."""
    causes = [
        *source_checks.build_findings(contract, observation),
        *infrastructure_checks.infrastructure_findings(contract, observation),
        *service_checks.secret_findings(contract, observation),
        *source_checks.file_findings(observation),
    ]
    for name, wanted in desired.items():
        causes += service_checks.service_findings(name, wanted, observation)
    symptoms = [*service_checks.symptom_findings(contract, observation)]
    for service in contract["services"]:
        for finding in service_checks.traffic_findings(service, observation):
            (symptoms if finding.phase == GOLDEN_PATH else causes).append(finding)
    unread = [
        Finding(
            "OBS-001",
            WARNING,
            PREFLIGHT,
            f"{entry.part} {entry.name}",
            f"it could not be read: {entry.message}",
            "Give the caller the right to read it; what is not read is not judged.",
            {"status": entry.status},
        )
        for entry in observation.unread
    ]
    tied = [symptom.because(cause for cause in causes if _leads_to(cause, symptom)) for symptom in symptoms]
    return ranked([*causes, *unread, *tied])


def _leads_to(cause: Finding, symptom: Finding) -> bool:
    """Tell whether a cause reaches the symptom's service: its own, or one that all share."""
    return cause.asks_for_action and cause.service in ("", symptom.service)
