# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the payload of a secret without one can come from: a generator, or only people."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.checks.payload_kinds import kind_of
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run
from ansible_collections.netra.remediation.plugins.module_utils.resources.generated_payload import GENERATORS


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


def desired_secrets(
    contract: Mapping[str, Any], observation: Observation, absent: Container[str] = ()
) -> list[dict[str, Any]]:
    """Return the secrets whose payload has a source, as options of M(secret_manager_secret).

    They are those to generate, and those to compare with what their source says now; ``output`` names an output of the
    infrastructure, ``given`` that the payload is a variable. Those in ``absent``, whose source is not where the run is,
    and those whose output is not known yet are left out: what is stored stays as it is.
    """
    given, generated = contract.get("secret_payloads_given") or (), to_generate(contract, observation)
    found = []
    for secret in contract["secrets"]:
        name, kind, source = secret["name"], kind_of(secret), dict(secret.get("source") or {})
        output = source.pop("output", None)
        if name in generated:
            wanted = {"kind": kind if kind in GENERATORS else "text", **secret["generate"]}
            options: dict[str, Any] = {"generate": wanted}
        elif name not in observation.secrets or name in absent:
            continue
        elif name in given:
            options = {"given": True}
        elif output and observation.outputs().get(output):
            options = {"output": output}
        elif source:
            options = {"source": _placed(source, contract)}
        else:
            continue
        labels = {"labels": secret["labels"]} if secret.get("labels") else {}
        found.append({"name": name, "kind": kind, **labels, **options})
    return found


def _placed(source: dict[str, Any], contract: Mapping[str, Any]) -> dict[str, Any]:
    """Return a source with its paths below the source directory."""
    base = contract["source_directory"]
    if source.get("file"):
        return {"file": os.path.join(base, source["file"])}
    if source.get("terraform_output"):
        directory = os.path.join(base, contract["infrastructure"]["terraform"]["directory"])
        return {"terraform_output": source["terraform_output"], "terraform_directory": directory}
    return source


def only_people_know(
    contract: Mapping[str, Any], observation: Observation, absent: Mapping[str, str] | None = None
) -> list[str]:
    """Return a sentence for each secret that no run can supply: what is wrong and the command that mends it.

    ``absent`` says of secrets why their source is not there.
    """
    absent = absent or {}
    supplied = {secret["name"] for secret in desired_secrets(contract, observation, absent)} | _known_later(contract)
    sentences = []
    for name in named_secrets(contract):
        if name not in observation.secrets or name in supplied or observation.newest_version(name):
            continue
        if name in absent:
            sentences.append(
                f"Secret {name} has no version that can be read, and its source is not there: {absent[name]}"
            )
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


def _known_later(contract: Mapping[str, Any]) -> set[str]:
    """Return the secrets whose payload the infrastructure phase may be about to bring."""
    return {secret["name"] for secret in contract["secrets"] if (secret.get("source") or {}).get("output")}


def known_users(services: Mapping[str, Mapping[str, Any]], names: Container[str]) -> list[tuple[str, str]]:
    """Return which services are bound to one of some secrets: service, secret."""
    bound = {
        (name, str(reference).rpartition(":")[0])
        for name, service in services.items()
        for reference in (cloud_run.observed_options(service).get("secret_env") or {}).values()
    }
    return sorted((name, secret) for name, secret in bound if secret in names)
