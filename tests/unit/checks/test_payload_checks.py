# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An environment whose secrets hold two mistakes and more of every kind, and its clean twin."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks import payload_checks
from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import desired_services
from ansible_collections.netra.remediation.plugins.module_utils.checks.diagnosis import diagnose
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation, Unread
from ansible_collections.netra.remediation.plugins.module_utils.checks.secret_inventory import are_near

REAL = {
    "postgres-host-staging": b"10.1.0.5",
    "postgres-password-staging": b"Zk3v9QpL0sT7hB2x",
    "redis-url-staging": b"redis://10.28.0.3:6379/0",
    "jwt-secret-staging": b"5KxR0pVqUu1mZs8WcT3eYb7NnJd2LhFg",
    "jwt-secret-key-staging": b"5KxR0pVqUu1mZs8WcT3eYb7NnJd2LhFg",
    "service-secret-staging": b"wPq81LxZt0RmVc4YbKs2",
    "openai-api-key-staging": b"sk-proj-9dKx0pVqUu1mZs8WcT3eYb7NnJd2LhFg",
    "session-secret-staging": b"Qw0LxZt81RmVc4YbKs2p",
    "session-copy-staging": b"Qw0LxZt81RmVc4YbKs2p",
}
# Secret → what is stored in it by mistake, and the finding that it leads to.
MISTAKES = {
    "postgres-host-staging": (b"https://10.1.0.5", "SEC-011"),
    "postgres-password-staging": (b"Zk3v9QpL0sT7hB2x\n", "SEC-012"),
    "redis-url-staging": (b" redis://10.28.0.3:6379/0", "SEC-012"),
    "jwt-secret-staging": (b"abcdefghijklmnopqrstuvwxyz0123456", "SEC-013"),
    "jwt-secret-key-staging": (b"qwertyuiopasdfghjklzxcvbnm1234567890", "SEC-013"),
    "service-secret-staging": (b"changeme", "SEC-010"),
    "openai-api-key-staging": (b"sk-ant-api03-" + b"aB3" * 31, "SEC-011"),
    "session-secret-staging": (b"<session secret>", "SEC-010"),
}
SAME = {"jwt-secret-staging": "jwt-secret-key-staging", "session-secret-staging": "session-copy-staging"}
CONTRACT = checked(
    {
        "services": [{"name": "api", "secrets": {name.upper().replace("-", "_"): name for name in REAL}}],
        "secrets": [{"name": name, **({"same_as": SAME[name]} if name in SAME else {})} for name in REAL],
        "secret_payload_audit": True,
    }
)


def seen(payloads: dict[str, bytes], **parts: Any) -> Observation:
    """Return what an audit sees of an environment with these payloads."""
    versions = {name: {"1": "ENABLED"} for name in payloads}
    empty = Observation(project="p", region="r", secrets=versions)
    kinds = payload_checks.to_judge(CONTRACT, empty)
    found = {name: payload_checks.judged(payloads[name.rpartition(":")[0]], kinds[name]) for name in kinds}
    digests = {name: entry["digest"] for name, entry in found.items()}
    return Observation(project="p", region="r", secrets=versions, payloads=found, digests=digests, **parts)


def told(observation: Observation) -> dict[str, list[str]]:
    """Return the resources by the id of their finding."""
    found: dict[str, list[str]] = {}
    for finding in diagnose(CONTRACT, observation, desired_services(CONTRACT, observation)).findings:
        found.setdefault(finding.id, []).append(finding.resource)
    return {identity: sorted(resources) for identity, resources in found.items()}


def test_every_mistake_is_found_and_nothing_else() -> None:
    found = told(seen({**REAL, **{name: payload for name, (payload, _id) in MISTAKES.items()}}))
    keys_of_tokens = "JWT_SECRET_KEY_STAGING/JWT_SECRET_STAGING (contract)"
    expected: dict[str, list[str]] = {"SEC-014": sorted(SAME), "PLN-009": [keys_of_tokens]}
    for name, (_payload, identity) in sorted(MISTAKES.items()):
        expected.setdefault(identity, []).append(name)
    assert found == expected
    assert min(len(found) for identity, found in expected.items() if identity != "PLN-009") >= 2


def test_the_clean_twin_has_no_findings() -> None:
    assert told(seen(REAL)) == {}


def test_results_hold_no_payload() -> None:
    observation = seen({**REAL, **{name: payload for name, (payload, _id) in MISTAKES.items()}})
    result = diagnose(CONTRACT, observation, desired_services(CONTRACT, observation))
    text = json.dumps([observation.as_dict(), [finding.as_dict() for finding in result.findings]])
    payloads = [*REAL.values(), *(payload for payload, _id in MISTAKES.values())]
    assert [payload for payload in payloads if payload.decode().strip() in text] == []


def test_nothing_is_read_unless_it_is_asked_for() -> None:
    quiet = {**CONTRACT, "secret_payload_audit": False}
    observation = Observation(project="p", region="r", secrets={name: {"1": "ENABLED"} for name in REAL})
    assert payload_checks.to_judge(quiet, observation) == {}
    coverage = payload_checks.coverage(quiet, observation)
    assert (coverage["asked"], coverage["judged"], coverage["not_judged"]) == (False, [], list(REAL))


def test_what_may_not_be_read_is_not_judged_and_said_so() -> None:
    denied = Unread("payloads", "postgres-host-staging:1", "PERMISSION_DENIED", "denied")
    observation = Observation(project="p", region="r", unread=(denied,))
    (finding,) = diagnose(CONTRACT, observation, {}).findings
    assert finding.evidence["not_judged"] == ["SEC-010", "SEC-011", "SEC-012", "SEC-013"]
    assert payload_checks.coverage(CONTRACT, observation)["judged"] == []


def test_bound_and_newest_versions_are_read_and_only_enabled_ones() -> None:
    entries = [
        {"name": name.upper(), "value_source": {"secret_key_ref": {"secret": "jwt-secret-staging", "version": version}}}
        for name, version in {"a": "1", "b": "latest", "c": "2"}.items()
    ]
    observation = Observation(
        project="p",
        region="r",
        services={"api": {"template": {"containers": [{"env": entries}]}}},
        secrets={"jwt-secret-staging": {"1": "ENABLED", "2": "DISABLED", "3": "ENABLED", "4": "DISABLED"}},
    )
    assert payload_checks.to_judge(CONTRACT, observation) == {
        "jwt-secret-staging:1": "jwt_key",
        "jwt-secret-staging:3": "jwt_key",
    }


@pytest.mark.parametrize(
    ("first", "second", "near"),
    [
        ("jwt-secret-staging", "jwt-secret-key-staging", True),
        ("jwt-secret-staging", "jwt_secret_staging", True),
        ("jwt-secret-staging", "JWT-SECRET-staging", True),
        ("postgres-password-staging", "postgres-pasword-staging", True),
        ("api-key", "api-keys", True),
        ("redis-host-staging", "redis-port-staging", False),
        ("db-1", "db-2", False),
        ("shard-1", "shard-11", False),
        ("postgres-user-staging", "postgres-user-production", False),
        ("twilio-api-key", "twilio-api-secret", False),
        ("secret-key-staging", "service-secret-staging", False),
    ],
)
def test_names_that_are_taken_for_each_other(first: str, second: str, near: bool) -> None:
    assert {are_near(*pair) for pair in ((first, second), (second, first))} == {near}
