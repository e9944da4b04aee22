# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the next revision of a service changes, and what would keep it from starting. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import (
    DesiredService,
    change_of,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import Finding
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation

# Findings that say that no revision of a service could be rolled out, whatever changes in it.
UNSTARTABLE = frozenset({"SEC-006", "RUN-014"})
# Those that say that the contract asks for what Cloud Run refuses; no phase before the deployment mends that.
BEYOND_QUOTA = frozenset({"RUN-015"})
KINDS = {"environment": "env", "secrets": "secret_env"}
SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def makes_revision(desired: DesiredService, observation: Observation) -> bool:
    """Say whether deploying a service makes a revision of it."""
    is_new = observation.services.get(desired.options["name"]) is None
    return is_new or "template" in change_of(desired, observation).update_mask


def parity(desired: Mapping[str, DesiredService], observation: Observation) -> list[dict[str, Any]]:
    """Return which variables and secrets the next revisions have that the serving ones do not, by name only."""
    found = []
    for name, wanted in desired.items():
        live = observation.live_options(name)
        if live is None or not makes_revision(wanted, observation):
            continue
        differs = {
            kind: difference(live.get(option) or {}, wanted.options[option] or {}) for kind, option in KINDS.items()
        }
        found.append({"service": name, **differs, "text": f"{name}: {_in_words(differs)}"})
    return found


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the names that were added, removed and changed."""
    return {
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "changed": sorted(name for name in after.keys() & before.keys() if str(after[name]) != str(before[name])),
    }


def obstacles(
    desired: Mapping[str, DesiredService], observation: Observation, findings: Iterable[Finding]
) -> list[str]:
    """Return why the next revision of a service could not be made or start, each with what to do.

    Its image is gone or may not be read, a secret may not be read, the region's quota is smaller than its instances.
    What could not be read is no obstacle; a finding that somebody silenced is none either.
    """
    due = _due(desired, observation)
    gone = [
        f"image {wanted.options['image']} of {name} is not in its repository any more (build it again)"
        for name, wanted in due.items()
        if wanted.options.get("image") and observation.has_image(wanted.options["image"]) is False
    ]
    return [*gone, *_stopping(due, findings, UNSTARTABLE | BEYOND_QUOTA)]


def beyond_quota(
    desired: Mapping[str, DesiredService], observation: Observation, findings: Iterable[Finding]
) -> list[str]:
    """Return the obstacles that are so whatever a run repairs before it deploys."""
    return _stopping(_due(desired, observation), findings, BEYOND_QUOTA)


def unstartable(services: Iterable[str], findings: Iterable[Finding]) -> list[str]:
    """Return why no revision of some services could be rolled out, also one that is as what serves."""
    return _stopping(set(services), findings, UNSTARTABLE)


def _due(desired: Mapping[str, DesiredService], observation: Observation) -> dict[str, DesiredService]:
    return {name: wanted for name, wanted in desired.items() if makes_revision(wanted, observation)}


def _stopping(services: Container[str], findings: Iterable[Finding], ids: Container[str]) -> list[str]:
    return [
        f"{finding.key}: {finding.summary} ({finding.remedy.rstrip('.')})"
        for finding in findings
        if finding.id in ids and finding.service in services
    ]


def _in_words(differs: Mapping[str, Mapping[str, list[str]]]) -> str:
    told = [
        f"{kind} {', '.join(f'{SIGNS[how]}{name}' for how in SIGNS for name in names[how])}"
        for kind, names in differs.items()
        if any(names.values())
    ]
    return "; ".join(told) or "the same variables and secrets"
