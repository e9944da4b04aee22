# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge secrets and services: what they are bound to, what they are, who serves and how it goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import (
    DesiredService,
    comparable,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    CONFIGURATION,
    CRITICAL,
    DEPLOYMENT,
    ERROR,
    GOLDEN_PATH,
    WARNING,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.checks.secret_supply import named_secrets
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run, cloud_run_traffic
from ansible_collections.netra.remediation.plugins.module_utils.source import placeholders

ALL = {"latest": 100}
FOLLOWS_LATEST = "latest"


def secret_findings(contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find secrets that are missing or cannot be read, wherever the contract names them."""
    for name in named_secrets(contract):
        if name not in observation.secrets:
            continue
        if observation.secrets[name] is None:
            yield Finding(
                "SEC-001",
                ERROR,
                CONFIGURATION,
                name,
                f"secret {name} does not exist",
                "The configuration phase makes one that can be generated; any other must be added by hand.",
            )
        elif observation.newest_version(name) is None:
            yield Finding(
                "SEC-002",
                ERROR,
                CONFIGURATION,
                name,
                f"secret {name} has no enabled version",
                "Enable a version or add one.",
                {"versions": dict(observation.secrets[name] or {})},
            )


def service_findings(name: str, desired: DesiredService, observation: Observation) -> Iterator[Finding]:
    """Find how a deployed service departs from what it should be."""
    if name not in observation.services:
        return
    service = observation.services[name]
    if service is None:
        yield Finding(
            "RUN-001",
            CRITICAL,
            DEPLOYMENT,
            name,
            "the service does not exist",
            "The deployment phase creates it.",
            service=name,
        )
        return
    live = cloud_run.observed_options(service)
    yield from _bindings(name, live)
    decision = plan(cloud_run.SERVICE_FIELDS, comparable(desired, observation), live, f"service {name}")
    fields = decision.changed_fields
    if fields or desired.missing:
        yield Finding(
            "CFG-003",
            ERROR,
            DEPLOYMENT,
            name,
            "the service is other than the contract says",
            "The deployment phase deploys it behind a tag, proves it and moves the traffic.",
            {"fields": fields, "not_known_yet": list(desired.missing)},
            service=name,
        )
    connector = comparable(desired, observation).get("vpc_connector")
    if connector and live.get("vpc_connector") != connector:
        yield Finding(
            "INF-004",
            ERROR,
            DEPLOYMENT,
            name,
            "the service does not use its connector",
            "The deployment phase connects it.",
            {"connector": live.get("vpc_connector"), "wanted": connector},
            service=name,
        )


def _bindings(name: str, live: Mapping[str, Any]) -> Iterator[Finding]:
    found = placeholders.in_mapping(live.get("env") or {})
    if found:
        yield Finding(
            "CFG-002",
            ERROR,
            DEPLOYMENT,
            name,
            f"the deployed service holds placeholders: {len(found)}",
            "The deployment phase deploys the real values.",
            {"variables": sorted(found)},
            service=name,
        )
    floating = sorted(
        variable for variable, reference in (live.get("secret_env") or {}).items() if reference.endswith(":latest")
    )
    if floating:
        yield Finding(
            "SEC-003",
            ERROR,
            DEPLOYMENT,
            name,
            "secrets are bound to latest, which no rollback can restore",
            "The deployment phase binds numbers.",
            {"variables": floating},
            service=name,
        )
    if live.get("health_check_disabled"):
        yield Finding(
            "RUN-005",
            ERROR,
            DEPLOYMENT,
            name,
            "new revisions count as ready without a probe",
            "The deployment phase turns the check on again.",
            service=name,
        )


def undecided_split(wanted: Mapping[str, Any], observation: Observation) -> dict[str, int] | None:
    """Return the shares of a service whose traffic a person split, unless a hold or the contract says what is meant.

    Nothing of this collection splits traffic, so nothing of it can know what the split is for.
    """
    service = observation.services.get(wanted["name"])
    if service is None or wanted.get("traffic") == FOLLOWS_LATEST or observation.hold(wanted["name"]):
        return None
    shares = cloud_run_traffic.shares_asked_for(service)
    return shares if len(shares) > 1 else None


def in_words(shares: Mapping[str, int]) -> str:
    """Return shares for people."""
    return ", ".join(f"{revision} {percent} %" for revision, percent in sorted(shares.items()))


def unmeasurable_gates(observation: Observation) -> list[str]:
    """Return the gates that will stay open because nobody may count what they ask for, each with what the API said."""
    return [f"errors of {entry.name}: {entry.message}" for entry in observation.unread if entry.part == "errors"]


def traffic_findings(wanted: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find serving revisions that are broken, newer ones that serve nobody, and splits."""
    name = wanted["name"]
    service, serving = observation.services.get(name), observation.serving(name)
    if service is None:
        return
    revisions = {
        cloud_run_traffic.short(entry.get("name")): cloud_run.describe_revision(entry)
        for entry in observation.revisions.get(name) or ()
    }
    described = revisions.get(str(serving))
    if described and not described["ready"]:
        yield Finding(
            "RUN-002",
            CRITICAL,
            GOLDEN_PATH,
            name,
            f"revision {serving}, which serves, is not ready",
            "Repair its causes, or roll back.",
            {"reason": described.get("message")},
            service=name,
        )
    split = undecided_split(wanted, observation)
    if split:
        yield Finding(
            "RUN-006",
            WARNING,
            DEPLOYMENT,
            name,
            f"the traffic is split ({in_words(split)}), and the deployment may not decide between them",
            "End the split, hold it, or set traffic to latest in its entry of remediation_services.",
            service=name,
        )
    elif cloud_run_traffic.shares_asked_for(service) != ALL:
        held = observation.hold(name)
        yield Finding(
            "RUN-003",
            WARNING if held else ERROR,
            DEPLOYMENT,
            name,
            f"the traffic is pinned to {serving}" if serving else "the traffic is pinned to nothing that is ready",
            "Lift the hold when its cause is repaired." if held else "The deployment phase rolls forward.",
            {"hold": (held or {}).get("reason")},
            service=name,
        )


def symptom_findings(contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find what users notice: endpoints that are not healthy, and errors above the budget."""
    for name, probe in observation.probes.items():
        if not probe.get("healthy"):
            yield Finding(
                "RUN-004",
                CRITICAL,
                GOLDEN_PATH,
                name,
                str(probe.get("reason")),
                "Repair its causes; where none is known, read the log of the serving revision.",
                service=name,
            )
    allowed = contract["gates"]["errors_per_hour"]
    for name, errors in observation.errors.items():
        if errors.get("count", 0) >= allowed:
            groups = [f"{group['count']} x {group['message']}" for group in errors.get("groups") or ()]
            yield Finding(
                "SLO-001",
                WARNING,
                GOLDEN_PATH,
                name,
                f"{errors['count']} errors in the last hour, the limit is under {allowed:g}",
                "Repair their causes.",
                {"revision": errors.get("revision"), "most_frequent": groups[:3]},
                service=name,
            )
