# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check reports: findings with a stable id, a severity, evidence and a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

CRITICAL, ERROR, WARNING = "critical", "error", "warning"
SEVERITIES = (CRITICAL, ERROR, WARNING)
PREFLIGHT = "preflight"
BUILD, INFRASTRUCTURE, CONFIGURATION, DEPLOYMENT = "build", "infrastructure", "configuration", "deployment"
GOLDEN_PATH = "golden_path"
# What no phase repairs: a person has to. Such a finding makes no phase act, whatever its severity.
BY_HAND = "by_hand"
PHASES = (PREFLIGHT, BUILD, INFRASTRUCTURE, CONFIGURATION, DEPLOYMENT, BY_HAND, GOLDEN_PATH)
# The command of findings about a service.
DESCRIBE_SERVICE = "gcloud run services describe {resource} --region={region} --project={project}"


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
    command: str = ""

    @property
    def key(self) -> str:
        """Name the finding uniquely within one observation."""
        return f"{self.id} {self.resource}"

    @property
    def asks_for_action(self) -> bool:
        """Tell whether a phase or a person has to act; a warning only informs."""
        return self.severity != WARNING

    def because(self, causes: Iterable[Finding]) -> Finding:
        """Return the finding as a symptom of the given ones."""
        return replace(self, caused_by=tuple(dict.fromkeys(cause.key for cause in causes if cause.key != self.key)))

    def placed(self, **words: str) -> Finding:
        """Return the finding with words, such as the project, in the places that its command has for them."""
        command = self.command
        for name, word in words.items():
            command = command.replace("{" + name + "}", word)
        return replace(self, command=command)

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
            "command": self.command,
        }


@dataclass(frozen=True)
class Check:
    """What is always true of the findings of one id.

    ``command`` is what a person types to see or mend it, with places for words in braces; ``reads`` names the parts of
    the observation without which the check judges nothing.
    """

    id: str
    severity: str
    phase: str
    meaning: str
    remedy: str
    command: str = ""
    reads: tuple[str, ...] = ()

    def found(
        self,
        resource: str,
        summary: str,
        evidence: Mapping[str, Any] | None = None,
        *,
        service: str = "",
        severity: str = "",
        remedy: str = "",
        **words: str,
    ) -> Finding:
        """Return a finding about a resource; the words fill the places in the command."""
        finding = Finding(
            self.id,
            severity or self.severity,
            self.phase,
            resource,
            summary,
            remedy or self.remedy,
            dict(evidence or {}),
            service=service,
            command=self.command,
        )
        return finding.placed(resource=resource, service=service, **words)


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Order findings for a reader who knows no causes: by severity, phase and name."""
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
