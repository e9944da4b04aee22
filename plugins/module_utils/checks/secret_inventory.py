# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the secrets of a project as a set: names that are taken for each other, and secrets that nobody reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import BY_HAND, WARNING, Check, Finding
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.checks.secret_supply import named_secrets
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run

NEAR_NAMES = Check(
    "SEC-015", WARNING, BY_HAND, "two secrets have names that are taken for each other",
    "Keep one of them: bind every service to it, then disable the other's versions.",
    "gcloud secrets versions list {other} --project={project}", ("secret_names",),
)  # fmt: skip
UNUSED = Check(
    "SEC-016", WARNING, BY_HAND, "secrets that no service reads",
    "Bind them, take them out of the contract, or disable their versions when nothing else reads them.",
    "gcloud secrets list --project={project}", ("secret_names",),
)  # fmt: skip
SHORTEST_NAME = 4
SHOWN = 20
# A word that people add to a name or leave out: jwt-secret and jwt-secret-key are one in conversation.
_EMPTY_WORDS = frozenset({"key"})


def inventory_findings(contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find names that are nearly the same, of which the contract means one, and secrets that are there for nobody."""
    there = sorted({name for names in observation.secret_names.values() for name in names})
    named = set(named_secrets(contract))
    for meant, other in product(sorted(named.intersection(there)), sorted(set(there) - named)):
        if are_near(meant, other):
            summary = f"secret {other} is there beside {meant}, and only {meant} is in the contract"
            yield NEAR_NAMES.found(meant, summary, {"other": other}, other=other)
    unread = sorted(set(there) & {entry["name"] for entry in contract["secrets"]} - read_by_contract(contract))
    for name in unread:
        yield UNUSED.found(name, f"secret {name} is in the contract, and nothing in the contract reads it")
    stray = sorted(set(there) - named - _deployed(observation))
    if stray and _everything_was_read(contract, observation):
        shown = ", ".join(stray[:SHOWN]) + (" and others" if len(stray) > SHOWN else "")
        summary = f"no service and no revision of the contract reads {len(stray)} of the project's secrets: {shown}"
        yield UNUSED.found("project", summary, {"secrets": len(stray)})


def are_near(first: str, second: str) -> bool:
    """Tell whether two names are one for a reader: separators and case, the word key, or one letter too few."""
    words = [frozenset(re.split(r"[-_]+", name.lower())) - _EMPTY_WORDS for name in (first, second)]
    bare = [re.sub(r"[-_]+", "", name.lower()) for name in (first, second)]
    if words[0] == words[1] or bare[0] == bare[1]:
        return True
    shorter, longer = sorted(bare, key=len)
    return len(shorter) >= SHORTEST_NAME and len(longer) == len(shorter) + 1 and _is_slip(shorter, longer)


def _is_slip(shorter: str, longer: str) -> bool:
    """Tell whether one letter, and no digit, makes the difference."""
    cut = next((place for place, letter in enumerate(shorter) if longer[place] != letter), len(shorter))
    return longer[cut].isalpha() and shorter[cut:] == longer[cut + 1 :]


def read_by_contract(contract: Mapping[str, Any]) -> set[str]:
    """Return the secrets that something of the contract reads."""
    read = {secret for service in contract["services"] for secret in (service.get("secrets") or {}).values()}
    read |= {
        str(secret["same_as"]) for secret in contract["secrets"] if secret.get("same_as") and secret["name"] in read
    }
    journey = contract.get("journey") or {}
    return read | ({journey["password_secret"]} if journey.get("password_secret") else set())


def _deployed(observation: Observation) -> set[str]:
    """Return the secrets that services and their revisions refer to: a rollback needs them still."""
    options = [cloud_run.observed_options(service) for service in observation.services.values() if service]
    revisions = [
        cloud_run.describe_revision(entry)["template"] for found in observation.revisions.values() for entry in found
    ]
    references = [
        reference for entry in (*options, *revisions) for reference in (entry.get("secret_env") or {}).values()
    ]
    return {str(reference).rpartition(":")[0] for reference in references}


def _everything_was_read(contract: Mapping[str, Any], observation: Observation) -> bool:
    names = {service["name"] for service in contract["services"]}
    return names <= set(observation.services) and names <= set(observation.revisions)
