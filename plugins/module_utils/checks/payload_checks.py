# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge what secrets hold, where that was asked for and could be read: by kind, and against what must be the same.

Payloads stay where they are read; what arrives here are digests under the run's key and complaints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    BY_HAND,
    ERROR,
    WARNING,
    Check,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import ENABLED, Observation
from ansible_collections.netra.remediation.plugins.module_utils.checks.payload_kinds import KINDS, kind_of
from ansible_collections.netra.remediation.plugins.module_utils.checks.payload_rules import (
    MALFORMED,
    PLACEHOLDER,
    WEAK,
    WHITE_SPACE,
    complaints,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.secret_supply import named_secrets
from ansible_collections.netra.remediation.plugins.module_utils.checks.shared_keys import declared_pairs, numbered
from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import fingerprint
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run

_ADD = 'printf %s "$PAYLOAD" | gcloud secrets versions add {secret} --data-file=- --project={project}'
IS_PLACEHOLDER = Check(
    "SEC-010", ERROR, BY_HAND, "a secret holds a placeholder",
    "Add a version that holds the real value.", _ADD, ("payloads",),
)  # fmt: skip
IS_MALFORMED = Check(
    "SEC-011", ERROR, BY_HAND, "a secret holds what no secret of its kind is",
    "Add a version that holds the right value, or correct the kind of the secret in the contract.", _ADD, ("payloads",),
)  # fmt: skip
HAS_WHITE_SPACE = Check(
    "SEC-012", ERROR, BY_HAND, "a secret has white space that programs stumble over",
    "Add a version without it; printf writes no line break, echo does.", _ADD, ("payloads",),
)  # fmt: skip
IS_WEAK = Check(
    "SEC-013", WARNING, BY_HAND, "a key could be found by trying",
    "Rotate it to one that a generator made (generate in the contract, playbooks/rotate.yml).",
    "openssl rand -base64 48 | tr -d '\\n' | gcloud secrets versions add {secret} --data-file=- --project={project}",
    ("payloads",),
)  # fmt: skip
NOT_THE_SAME = Check(
    "SEC-014", ERROR, BY_HAND, "two secrets that must hold the same do not",
    "Decide which one is right, and add its payload to the other as a version.",
    "gcloud secrets versions access latest --secret={other} --project={project} | "
    "gcloud secrets versions add {secret} --data-file=- --project={project}", ("secrets",),
)  # fmt: skip
_BY_RULE = {PLACEHOLDER: IS_PLACEHOLDER, MALFORMED: IS_MALFORMED, WHITE_SPACE: HAS_WHITE_SPACE, WEAK: IS_WEAK}


def to_judge(contract: Mapping[str, Any], observation: Observation) -> dict[str, str]:
    """Return the payloads to read where an audit is asked for: ``secret:version`` → kind.

    They are the newest enabled version of each secret of the contract and what deployed services are bound to.
    """
    if not contract.get("secret_payload_audit"):
        return {}
    variables: dict[str, list[str]] = {}
    found: dict[str, str] = {}
    for service in contract["services"]:
        live = cloud_run.observed_options(observation.services.get(service["name"]) or {}).get("secret_env") or {}
        for variable, reference in live.items():
            exact = numbered(str(reference), observation)
            secret, _colon, version = exact.rpartition(":")
            variables.setdefault(secret, []).append(variable)
            if (observation.secrets.get(secret) or {}).get(version) == ENABLED:
                found[exact] = secret
        for variable, secret in (service.get("secrets") or {}).items():
            variables.setdefault(secret, []).append(variable)
    for secret in named_secrets(contract):
        newest = observation.newest_version(secret)
        if newest:
            found[f"{secret}:{newest}"] = secret
    entries = {entry["name"]: entry for entry in contract["secrets"]}
    return {
        reference: kind_of(entries.get(secret, {"name": secret}), sorted(variables.get(secret, ())))
        for reference, secret in sorted(found.items())
    }


def judged(payload: bytes, kind: str) -> dict[str, Any]:
    """Return what is kept of a payload: its digest under the run's key, and what is wrong with it."""
    found = [{"rule": complaint.rule, "text": complaint.text} for complaint in complaints(payload, kind)]
    return {"kind": kind, "digest": fingerprint(payload), "complaints": found}


def payload_findings(contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find payloads that are no real ones, and those that differ where they must not."""
    for reference, seen in observation.payloads.items():
        secret, _colon, version = reference.rpartition(":")
        resource = secret if version == observation.newest_version(secret) else reference
        evidence = {"kind": seen["kind"], "version": version}
        for complaint in seen["complaints"]:
            summary = f"version {version} of secret {secret} {complaint['text']}"
            yield _BY_RULE[complaint["rule"]].found(resource, summary, evidence, secret=secret)
    for first, second in declared_pairs(contract, observation):
        digests = [observation.digests.get(reference) for reference in (first, second)]
        if None not in digests and digests[0] != digests[1]:
            secret, other = first.rpartition(":")[0], second.rpartition(":")[0]
            summary = f"secrets {secret} and {other} must hold the same by the contract, and do not"
            yield NOT_THE_SAME.found(secret, summary, {"versions": [first, second]}, secret=secret, other=other)


def coverage(contract: Mapping[str, Any], observation: Observation) -> dict[str, Any]:
    """Tell which payloads were judged and which were not: what nobody looked at is no pass."""
    named = named_secrets(contract)
    seen = {reference.rpartition(":")[0] for reference in observation.payloads}
    return {
        "asked": bool(contract.get("secret_payload_audit")),
        "judged": [secret for secret in named if secret in seen],
        "not_judged": [secret for secret in named if secret not in seen],
        "kinds": sorted({entry["kind"] for entry in observation.payloads.values()} & set(KINDS)),
    }
