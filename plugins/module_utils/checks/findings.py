# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check reports: findings with a stable id, ranked with causes first and symptoms tied to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

CRITICAL, ERROR, WARNING = "critical", "error", "warning"
SEVERITIES = (CRITICAL, ERROR, WARNING)
PREFLIGHT = "preflight"
BUILD, INFRASTRUCTURE, CONFIGURATION, DEPLOYMENT = "build", "infrastructure", "configuration", "deployment"
GOLDEN_PATH = "golden_path"
PHASES = (PREFLIGHT, BUILD, INFRASTRUCTURE, CONFIGURATION, DEPLOYMENT, GOLDEN_PATH)


@dataclass(frozen=True)
class Finding:
    """One way in which the environment departs from its contract."""

    id: str
    severity: str
    phase: str
    resource: str
    summary: str
    remedy: str
    evidence: dict[str, Any] = field(default_factory=dict)
    caused_by: tuple[str, ...] = ()
    service: str = ""

    @property
    def key(self) -> str:
        """Name the finding uniquely within one observation."""
        return f"{self.id} {self.resource}"

    @property
    def asks_for_action(self) -> bool:
        """Tell whether a phase has to act; a warning only informs."""
        return self.severity != WARNING

    def because(self, causes: Iterable[Finding]) -> Finding:
        """Return the finding as a symptom of the given ones."""
        return replace(self, caused_by=tuple(dict.fromkeys(cause.key for cause in causes if cause.key != self.key)))

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as it appears in results."""
        return {
            "id": self.id,
            "key": self.key,
            "severity": self.severity,
            "phase": self.phase,
            "resource": self.resource,
            "service": self.service,
            "summary": self.summary,
            "evidence": self.evidence,
            "caused_by": list(self.caused_by),
            "remedy": self.remedy,
        }


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Order findings for a reader: causes before symptoms, then by severity, phase and name."""
    return sorted(
        findings,
        key=lambda finding: (
            bool(finding.caused_by),
            SEVERITIES.index(finding.severity),
            PHASES.index(finding.phase),
            finding.id,
            finding.resource,
        ),
    )
