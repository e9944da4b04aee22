# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys that services must share: which references to secrets have to be the same payload."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run

# One service signs a token and the other verifies it (RFC 7515): a variable of this name holds the key in both.
SIGNING_KEY = re.compile(r"(^|_)JWT(_|$).*(KEY|SECRET)|(^|_)JWT$", re.IGNORECASE)
NEWEST = "latest"


def references(contract: Mapping[str, Any], observation: Observation) -> dict[str, dict[str, dict[str, str]]]:
    """Return where a signing key comes from: source (contract, deployed) → variable → service → ``secret:version``.

    Only variables of two services or more are listed, and only where their references differ; ``latest`` counts as the
    newest version's number, where the versions are known.
    """
    wanted: dict[str, dict[str, str]] = {}
    deployed: dict[str, dict[str, str]] = {}
    for service in contract["services"]:
        name = service["name"]
        for variable, secret in (service.get("secrets") or {}).items():
            if SIGNING_KEY.search(variable):
                wanted.setdefault(variable, {})[name] = _numbered(f"{secret}:{NEWEST}", observation)
        live = cloud_run.observed_options(observation.services.get(name) or {}).get("secret_env") or {}
        for variable, reference in live.items():
            if SIGNING_KEY.search(variable):
                deployed.setdefault(variable, {})[name] = _numbered(str(reference), observation)
    return {"contract": _differing(wanted), "deployed": _differing(deployed)}


def to_compare(contract: Mapping[str, Any], observation: Observation) -> list[str]:
    """Return the references whose payloads must be compared, by digest: those that are not the same anyway."""
    found = references(contract, observation)
    return sorted({reference for part in found.values() for keys in part.values() for reference in keys.values()})


def _numbered(reference: str, observation: Observation) -> str:
    secret, _colon, version = reference.rpartition(":")
    versions = observation.secrets.get(secret) or {}
    return f"{secret}:{max(versions, key=int)}" if version == NEWEST and versions else reference


def _differing(variables: Mapping[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {variable: keys for variable, keys in sorted(variables.items()) if len(set(keys.values())) > 1}
