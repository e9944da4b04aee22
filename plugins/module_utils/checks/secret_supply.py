# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the payload of a secret without one can come from: a generator, or only people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation


def named_secrets(contract: Mapping[str, Any]) -> list[str]:
    """Return every secret that the contract speaks of, once."""
    names = [secret["name"] for secret in contract["secrets"]]
    names += [secret for service in contract["services"] for secret in (service.get("secrets") or {}).values()]
    return list(dict.fromkeys(names))


def to_generate(contract: Mapping[str, Any], observation: Observation) -> list[str]:
    """Return the secrets to make: those that say how, and that never had a version.

    One whose versions were all disabled had a payload that somebody took away: inventing another is not a repair.
    """
    generators = {secret["name"] for secret in contract["secrets"] if secret.get("generate") is not None}
    return [
        name
        for name in named_secrets(contract)
        if name in generators and name in observation.secrets and not observation.secrets[name]
    ]


def only_people_know(contract: Mapping[str, Any], observation: Observation) -> list[str]:
    """Return a sentence for each secret that no run can supply: what is wrong and the command that mends it."""
    generated, sentences = to_generate(contract, observation), []
    for name in named_secrets(contract):
        if name not in observation.secrets or name in generated or observation.newest_version(name):
            continue
        versions = observation.secrets[name]
        if versions is None:
            sentences.append(f"Secret {name} does not exist: gcloud secrets create {name} --data-file=-")
        elif not versions:
            sentences.append(f"Secret {name} has no version: gcloud secrets versions add {name} --data-file=-")
        else:
            newest = max(versions, key=int)
            sentences.append(
                f"Secret {name} has no enabled version, the newest is {versions[newest].lower()}: "
                f"gcloud secrets versions enable {newest} --secret={name}, "
                f"or gcloud secrets versions add {name} --data-file=-"
            )
    return sentences
