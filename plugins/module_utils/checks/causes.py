# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What leads to what: a graph from causes to symptoms, and the order in which a reader should look. Pure.

An edge leads from a finding to one of a later stage only, so that the graph has no cycles whatever is found. Which
stage and which edges, is decided by ids; that both are about the same service, by what each service needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import log_evidence
from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import output_names
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    CRITICAL,
    PHASES,
    SEVERITIES,
    WARNING,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import OUTPUT_PARTS

# Where in the course of an outage a finding stands; by id, else by what the id begins with. Edges go to later stages.
STAGES: Mapping[str, int] = {
    "INF-005": 0, "INF-010": 0, "SEC-004": 0, "CFG-001": 0, "BLD-": 1, "INF-001": 1, "INF-002": 1, "INF-003": 1,
    "INF-006": 1, "SEC-001": 1, "SEC-002": 1, "SEC-010": 1, "SEC-011": 1, "SEC-012": 1,
    "SEC-014": 1, "SEC-017": 2, "SEC-003": 2, "SEC-005": 2, "SEC-006": 2, "CFG-002": 2, "CFG-004": 2,
    "CFG-005": 2,
    "CFG-006": 2, "CFG-007": 2, "CFG-008": 2, "CFG-009": 2, "CFG-012": 2,
    "NET-": 2, "PLN-009": 2, "INF-004": 2, "INF-007": 2, "INF-008": 2, "INF-009": 3,
    "RUN-001": 2, "RUN-003": 2, "RUN-005": 2, "RUN-009": 2, "RUN-011": 2, "RUN-012": 2, "RUN-013": 2, "RUN-014": 2,
    "RUN-015": 2, "RUN-016": 2, "CFG-003": 4,
    "RUN-007": 5, "RUN-008": 6, "RUN-002": 7, "RUN-004": 8, "SLO-002": 9, "SLO-001": 10,
}  # fmt: skip
SYMPTOMS = frozenset({"RUN-002", "RUN-004", "RUN-007", "RUN-008", "SLO-001", "SLO-002"})
NOTICED = ("RUN-008", "RUN-002", "RUN-004", "RUN-007", "SLO-001", "SLO-002")
BROKEN_START = ("RUN-008", "RUN-002", "RUN-007", "RUN-004", "SLO-001", "SLO-002")
# Cause → effects, each by id or by what it begins with.
LEADS_TO: Mapping[str, tuple[str, ...]] = {
    "BLD-": (*BROKEN_START, "CFG-003"),
    "INF-005": ("INF-001", "INF-002", "INF-003"),
    "INF-010": ("INF-001", "INF-002"),
    "INF-001": (*NOTICED, "CFG-003"),
    "INF-002": (*NOTICED, "CFG-003"),
    "INF-003": (*NOTICED, "CFG-003", "INF-008", "INF-009"),
    "INF-004": (*NOTICED, "CFG-003"),
    "INF-006": NOTICED,
    "INF-007": NOTICED,
    "INF-008": NOTICED,
    "INF-009": ("RUN-004",),
    "SEC-001": (*BROKEN_START, "CFG-003"),
    "SEC-002": (*BROKEN_START, "CFG-003"),
    "SEC-003": ("CFG-003",),
    "SEC-004": ("SEC-001",),
    "SEC-005": (*BROKEN_START, "CFG-003"),
    "SEC-006": BROKEN_START,
    "SEC-010": NOTICED,
    "SEC-011": NOTICED,
    "SEC-012": NOTICED,
    "SEC-014": ("RUN-004",),
    "SEC-017": (*BROKEN_START, "CFG-003"),
    "CFG-001": ("CFG-002",),
    "CFG-002": (*NOTICED, "CFG-003"),
    "CFG-003": NOTICED,
    "CFG-005": NOTICED,
    "CFG-007": NOTICED,
    "CFG-012": NOTICED,
    "NET-": ("RUN-004",),
    "RUN-001": ("RUN-004",),
    "RUN-003": ("RUN-004",),
    "RUN-005": ("CFG-003",),
    "RUN-007": ("RUN-002",),
    "RUN-008": ("RUN-002", "RUN-004", "SLO-001", "SLO-002"),
    "RUN-009": BROKEN_START,
    "RUN-002": ("RUN-004", "SLO-001", "SLO-002"),
    "RUN-004": ("SLO-001",),
    "RUN-011": ("RUN-004",),
    "RUN-012": ("RUN-004",),
    "RUN-013": ("RUN-004",),
    "RUN-014": ("RUN-007",),
    "SLO-002": ("SLO-001",),
}
E = log_evidence
_PRIVATE = (E.REDIS, E.DATABASE, E.NETWORK)
# What a log line may be about for a cause to explain it. A line that nobody understands excludes no cause.
EXPLAINS: Mapping[str, tuple[str, ...]] = {
    "BLD-": (E.MODULE, E.EXPORT),
    "INF-001": (E.REDIS, E.NETWORK),
    "INF-002": _PRIVATE,
    "INF-003": (E.DATABASE, E.DATABASE_FULL, E.NETWORK),
    "INF-004": _PRIVATE,
    "INF-006": _PRIVATE,
    "INF-007": (E.REDIS_AUTH,),
    "INF-008": (E.DATABASE_FULL,),
    "SEC-010": (E.SECRET, E.VARIABLE, E.REDIS_AUTH, *_PRIVATE),
    "SEC-011": (E.SECRET, E.VARIABLE, E.REDIS_AUTH, *_PRIVATE),
    "SEC-012": (E.SECRET, E.VARIABLE, E.REDIS_AUTH, *_PRIVATE),
    "SEC-": (E.SECRET, E.VARIABLE),
    "CFG-002": (E.VARIABLE, *_PRIVATE),
    "CFG-003": (E.VARIABLE, E.REDIS_AUTH, *_PRIVATE),
    "CFG-005": _PRIVATE,
    "CFG-007": (E.VARIABLE, *_PRIVATE),
}


@dataclass(frozen=True)
class Needs:
    """What of the infrastructure and of the secrets each service needs, by its contract."""

    parts: Mapping[str, frozenset[str]]
    secrets: Mapping[str, frozenset[str]]
    names: Mapping[str, str]

    def services(self, finding: Finding) -> frozenset[str]:
        """Return the services that a finding is about; all of them where it says nothing."""
        if finding.service:
            return frozenset({finding.service})
        everybody = frozenset(self.parts)
        part = self.names.get(finding.resource)
        if part:
            return frozenset(service for service, parts in self.parts.items() if part in parts)
        if finding.id.startswith("SEC-"):
            secret = finding.resource.partition(":")[0]
            return frozenset(service for service, secrets in self.secrets.items() if secret in secrets)
        return everybody


def needs_of(contract: Mapping[str, Any]) -> Needs:
    """Read from the contract which services need Redis, the database, the connector and which secret."""
    parts, secrets = {}, {}
    for service in contract["services"]:
        templates = (service.get("environment_from_outputs") or {}).values()
        outputs = {name for template in templates for name in output_names(str(template))}
        found = {OUTPUT_PARTS[name] for name in outputs if name in OUTPUT_PARTS}
        parts[service["name"]] = frozenset(found | ({"connector"} if service.get("vpc_connector") else set()))
        secrets[service["name"]] = frozenset((service.get("secrets") or {}).values())
    infrastructure = contract.get("infrastructure") or {}
    named = {infrastructure[part]["name"]: part for part in ("redis", "connector", "sql") if infrastructure.get(part)}
    return Needs(parts, secrets, named)


def tied(findings: Iterable[Finding], needs: Needs) -> list[Finding]:
    """Return the findings with each symptom tied to its nearest causes, root causes first."""
    found = sorted({finding.key: finding for finding in findings}.values(), key=lambda finding: finding.key)
    direct = {effect.key: [cause for cause in found if _leads_to(cause, effect, found, needs)] for effect in found}
    nearest = {key: _without_detours(causes, direct) for key, causes in direct.items()}
    return in_order([finding.because(nearest[finding.key]) for finding in found], needs)


def _without_detours(causes: Sequence[Finding], direct: Mapping[str, Sequence[Finding]]) -> list[Finding]:
    """Leave out a cause that leads here through another cause as well."""
    through = {further.key for cause in causes for further in _all_causes(cause.key, direct)}
    return [cause for cause in causes if cause.key not in through]


def _all_causes(key: str, direct: Mapping[str, Sequence[Finding]]) -> list[Finding]:
    found: dict[str, Finding] = {}
    waiting = list(direct.get(key, ()))
    while waiting:
        cause = waiting.pop()
        if cause.key not in found:
            found[cause.key] = cause
            waiting += direct.get(cause.key, ())
    return list(found.values())


def _leads_to(cause: Finding, effect: Finding, found: Sequence[Finding], needs: Needs) -> bool:
    if (not cause.asks_for_action and cause.id not in SYMPTOMS) or not needs.services(cause) & needs.services(effect):
        return False
    if stage(cause.id) >= stage(effect.id) or not _matches(effect.id, _of(cause.id, LEADS_TO)):
        return False
    if effect.id == "SEC-001":
        return cause.resource == effect.resource
    return _fits(cause, effect, found, needs)


def _fits(cause: Finding, effect: Finding, found: Sequence[Finding], needs: Needs) -> bool:
    """Decide about edges that depend on what the findings say."""
    if cause.id == "CFG-003" and _accounts_for(cause, found, needs):
        return False  # it only repeats what others say
    if effect.id == "CFG-003":
        return _accounts_for(effect, found, needs)
    return effect.id != "RUN-008" or _explains(cause, effect)


def stage(identity: str) -> int:
    """Return where in the course of an outage findings of an id stand; those that lead nowhere come first."""
    found = STAGES.get(identity)
    return STAGES.get(identity[:4], -1) if found is None else found


def _of(identity: str, table: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return table.get(identity) or table.get(identity[:4]) or ()


def _matches(identity: str, wanted: tuple[str, ...]) -> bool:
    return identity in wanted or identity[:4] in wanted


def _explains(cause: Finding, line: Finding) -> bool:
    """Tell whether a log line may come from a cause."""
    kind = str(line.evidence.get("kind") or E.UNKNOWN)
    about = _of(cause.id, EXPLAINS)
    return kind in about or kind == E.UNKNOWN or not about


def _accounts_for(difference: Finding, found: Sequence[Finding], needs: Needs) -> bool:
    """Tell whether every way in which a service differs from its contract is another finding already."""
    about = needs.services(difference)
    others = [finding for finding in found if finding.asks_for_action and needs.services(finding) & about]
    ids = {finding.id for finding in others}
    variables = {name for finding in others for name in finding.evidence.get("variables") or ()}
    owners = {
        "vpc_connector": {"INF-004"}, "vpc_egress": {"INF-004"}, "health_check_disabled": {"RUN-005"},
        "failed_revision": {"RUN-007", "RUN-002"}, "image": {"BLD-002"}, "secret_env": {"SEC-003", "SEC-005"},
        "env": {"CFG-002", "CFG-005"},
    }  # fmt: skip
    for field in difference.evidence.get("fields") or ():
        option, _dot, variable = str(field).partition(".")
        if not owners.get(option, set()) & ids or (variable and variable not in variables):
            return False
    sources = ("INF-001", "INF-002", "INF-003", "SEC-001", "SEC-002")
    return not difference.evidence.get("not_known_yet") or any(source in ids for source in sources)


def in_order(findings: Sequence[Finding], needs: Needs) -> list[Finding]:
    """Order findings for whoever is on call: roots by what they bring about, then symptoms from near to far.

    First roots that a log line confirms, then by how many services they keep from working, then by severity and by the
    phase that comes first. Warnings without consequences are last of the roots.
    """
    effects: dict[str, list[Finding]] = {finding.key: [] for finding in findings}
    for finding in findings:
        for cause in finding.caused_by:
            effects.setdefault(cause, []).append(finding)
    return sorted(findings, key=lambda finding: _rank(finding, effects, needs))


def _rank(finding: Finding, effects: Mapping[str, list[Finding]], needs: Needs) -> tuple[Any, ...]:
    reached = [finding, *_reached(finding, effects)]
    critical = [entry for entry in reached if entry.severity == CRITICAL]
    confirmed = any(entry.id == "RUN-008" and _names_cause(entry) for entry in reached)
    hit = {service for entry in critical for service in needs.services(entry)}
    is_symptom = bool(finding.caused_by)
    return (
        is_symptom,
        stage(finding.id) if is_symptom else 0,
        finding.severity == WARNING and not critical,
        not critical,
        not confirmed,
        -len(hit),
        SEVERITIES.index(finding.severity),
        PHASES.index(finding.phase),
        stage(finding.id),
        finding.id,
        finding.resource,
    )


def _names_cause(line: Finding) -> bool:
    return str(line.evidence.get("kind") or E.UNKNOWN) != E.UNKNOWN


def _reached(finding: Finding, effects: Mapping[str, list[Finding]]) -> list[Finding]:
    found: dict[str, Finding] = {}
    waiting = list(effects.get(finding.key, ()))
    while waiting:
        effect = waiting.pop()
        if effect.key not in found:
            found[effect.key] = effect
            waiting += effects.get(effect.key, ())
    return list(found.values())
