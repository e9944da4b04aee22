# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An environment with two mistakes of every kind that needs no payload to be seen, and its clean twin."""

from __future__ import annotations

from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import secret_checks, secret_inventory
from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation

NAMES = [
    "gone-one", "gone-two", "off-one", "off-two", "dead-one", "dead-two", "killed-one", "killed-two", "shut-one",
    "shut-two", "stale-one", "stale-two", "fernet-key", "redis-password", "idle-one", "idle-two",
]  # fmt: skip
READ = [name for name in NAMES if not name.startswith("idle")]
ACCOUNT = "api@p.iam.gserviceaccount.com"
READER = {f"serviceAccount:{ACCOUNT}": ["roles/secretmanager.secretAccessor"]}


def contract(idle: bool) -> dict[str, Any]:
    secrets = {name.upper().replace("-", "_"): name for name in (READ if idle else NAMES)}
    services = [{"name": "api", "service_account": ACCOUNT, "secrets": secrets}]
    return checked({"services": services, "secrets": [{"name": name} for name in NAMES]})


def bound(versions: dict[str, str]) -> dict[str, Any]:
    entries = [
        {
            "name": name.upper().replace("-", "_"),
            "value_source": {"secret_key_ref": {"secret": name, "version": number}},
        }
        for name, number in versions.items()
    ]
    return {"template": {"containers": [{"env": entries}], "service_account": ACCOUNT}}


def told(given: dict[str, Any], observation: Observation) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    findings = [
        *secret_checks.secret_findings(given, observation),
        *secret_checks.binding_findings(given["services"][0], observation),
        *secret_inventory.inventory_findings(given, observation),
    ]
    for finding in findings:
        found.setdefault(finding.id, []).append(finding.resource)
    return found


def seen(secrets: dict[str, Any], references: dict[str, str], names: list[str], policies: Any) -> Observation:
    return Observation(
        project="p",
        region="r",
        services={"api": bound(references)},
        revisions={"api": []},
        secrets=secrets,
        secret_names={"all": sorted(names)},
        policies=policies,
    )


def test_every_mistake_is_found() -> None:
    secrets: dict[str, Any] = {name: {"1": "ENABLED"} for name in NAMES}
    secrets |= {"gone-one": None, "gone-two": None, "off-one": {"1": "DISABLED"}, "off-two": {}}
    secrets |= {name: {"1": "ENABLED", "2": "DISABLED"} for name in ("dead-one", "dead-two", "stale-one")}
    secrets |= {name: {"1": "ENABLED", "2": "DESTROYED"} for name in ("killed-one", "killed-two", "stale-two")}
    references = dict.fromkeys(("dead-one", "dead-two", "killed-one", "killed-two"), "latest")
    references |= {"stale-one": "2", "stale-two": "2"}
    policies = {
        "project": {},
        **{f"secret {name}": READER for name in READ},
        "secret shut-one": {},
        "secret shut-two": {},
    }
    there = [name for name in NAMES if not name.startswith("gone")]
    there += ["fernet_key", "redis-pasword", "left-over-one", "left-over-two"]
    assert told(contract(idle=True), seen(secrets, references, there, policies)) == {
        "SEC-001": ["gone-one", "gone-two"],
        "SEC-002": ["off-one", "off-two"],
        "SEC-003": ["api"],
        "SEC-005": ["api stale-one:2", "api stale-two:2"],
        "SEC-006": ["api shut-one", "api shut-two"],
        "SEC-015": ["fernet-key", "redis-password"],
        "SEC-016": ["idle-one", "idle-two", "project"],
        "SEC-017": ["api dead-one", "api dead-two", "api killed-one", "api killed-two"],
    }


def test_the_clean_twin_has_no_findings() -> None:
    secrets = {name: {"1": "DISABLED", "2": "ENABLED"} for name in NAMES}
    policies = {"project": {}, **{f"secret {name}": READER for name in NAMES}}
    observation = seen(secrets, dict.fromkeys(NAMES, "2"), NAMES, policies)
    assert told(contract(idle=False), observation) == {}


def test_an_account_is_judged_before_its_service_exists() -> None:
    observation = Observation(
        project="p",
        region="r",
        services={"api": None},
        policies={"project": {}, **{f"secret {name}": READER for name in NAMES}, "secret shut-one": {}},
    )
    (finding,) = secret_checks.binding_findings(contract(idle=False)["services"][0], observation)
    assert (finding.id, finding.resource) == ("SEC-006", "api shut-one")
