# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys that services must share: which references to secrets have to be the same payload."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run

# One service signs a token and the other verifies it (RFC 7515): a variable of this name holds the key in both.
SIGNING_KEY = re.compile(r"(^|_)JWT(_|$).*(KEY|SECRET)|(^|_)JWT$", re.IGNORECASE)
NEWEST = "latest"
# JWT_SECRET, JWT_KEY and JWT_SECRET_KEY are names for one key; JWT_REFRESH_SECRET is another.
_EMPTY_WORDS = frozenset({"KEY", "SECRET", "SIGNING"})


def references(contract: Mapping[str, Any], observation: Observation) -> dict[str, dict[str, dict[str, str]]]:
    """Return where a signing key comes from: source (contract, deployed) → variable → service → ``secret:version``.

    Only variables of two services or more are listed, and only where their references differ; ``latest`` counts as the
    newest version's number, where the versions are known.
    """
    wanted: list[tuple[str, str, str]] = []
    deployed: list[tuple[str, str, str]] = []
    for service in contract["services"]:
        name = service["name"]
        for variable, secret in (service.get("secrets") or {}).items():
            wanted.append((name, variable, numbered(f"{secret}:{NEWEST}", observation)))
        live = cloud_run.observed_options(observation.services.get(name) or {}).get("secret_env") or {}
        for variable, reference in live.items():
            deployed.append((name, variable, numbered(str(reference), observation)))
    return {"contract": _differing(wanted), "deployed": _differing(deployed)}


def to_compare(contract: Mapping[str, Any], observation: Observation) -> list[str]:
    """Return the references whose payloads must be compared, by digest: those that are not the same anyway."""
    found = references(contract, observation)
    bound = {reference for part in found.values() for keys in part.values() for reference in keys.values()}
    return sorted(bound.union(*declared_pairs(contract, observation)))


def declared_pairs(contract: Mapping[str, Any], observation: Observation) -> list[tuple[str, str]]:
    """Return the newest enabled versions of two secrets that hold the same by the contract (``same_as``)."""
    pairs = [(secret["name"], secret["same_as"]) for secret in contract["secrets"] if secret.get("same_as")]
    versions = [[(name, observation.newest_version(name)) for name in pair] for pair in pairs]
    return [(f"{a}:{one}", f"{b}:{two}") for (a, one), (b, two) in versions if one and two]


def numbered(reference: str, observation: Observation) -> str:
    """Return a reference with the number that ``latest`` stands for, where the versions are known."""
    secret, _colon, version = reference.rpartition(":")
    versions = observation.secrets.get(secret) or {}
    return f"{secret}:{max(versions, key=int)}" if version == NEWEST and versions else reference


def _differing(bound: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    """Return the keys (service, variable, reference) of one purpose that are not the same, by their variables."""
    by_purpose: dict[frozenset[str], list[tuple[str, str, str]]] = {}
    for entry in bound:
        if SIGNING_KEY.search(entry[1]):
            by_purpose.setdefault(frozenset(entry[1].upper().split("_")) - _EMPTY_WORDS, []).append(entry)
    found = {}
    for entries in by_purpose.values():
        services = [service for service, _variable, _reference in entries]
        if len({reference for _service, _variable, reference in entries}) > 1:
            found["/".join(sorted({variable for _service, variable, _reference in entries}))] = {
                service if services.count(service) == 1 else f"{service} {variable}": reference
                for service, variable, reference in entries
            }
    return dict(sorted(found.items()))
