# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have a secret and a payload in it; payloads are compared and never shown."""

from __future__ import annotations

from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.payload_kinds import KINDS
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations.secret_payload import (
    GENERATE,
    SOURCE,
    payload_of,
)
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Plan, converge, plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import secret_manager
from ansible_collections.netra.remediation.plugins.module_utils.resources.accepted_values import refuse_bad_name

OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "payload": {"type": "str", "no_log": True},
    "generate": GENERATE,
    "source": SOURCE,
    "kind": {"type": "str", "choices": list(KINDS)},
    "payload_policy": {
        "type": "str",
        "choices": [secret_manager.MATCH, secret_manager.INITIAL],
        "default": secret_manager.MATCH,
    },
    "newer_than": {"type": "int"},
    "labels": {"type": "dict"},
    "locations": {"type": "list", "elements": "str"},
    "version_states": {"type": "dict"},
}


def run(options: Options, check_mode: bool) -> Result:
    """Compare, write what differs."""
    session = Session(options)
    refuse_bad_name("secret", options["name"])
    payload = payload_of(options)
    policy = secret_manager.GENERATED if options.get("generate") is not None else options["payload_policy"]
    resource = secret_manager.SecretResource(
        session, options["name"], payload, policy=policy, newer_than=options.get("newer_than")
    )
    wanted = None if options["state"] == "absent" else _wanted(options, payload, policy)
    decision, outcome = converge(
        resource,
        lambda there: decide(wanted, there, resource.full),
        check_mode=check_mode,
    )
    return {
        **decision.as_result(),
        "secret": secret_manager.describe(outcome) if outcome else None,
        "fingerprint": secret_manager.shown(payload, policy) if payload is not None else None,
    }


def decide(wanted: dict[str, Any] | None, there: dict[str, Any] | None, name: str) -> Plan:
    """Plan the change; refuse a state for a version that is not there, or back from destroyed, before any write."""
    states = (there or {}).get("version_states") or {}
    for version, state in ((wanted or {}).get("version_states") or {}).items():
        if version not in states:
            raise BadInput(
                f"version_states names version {version}, which secret {name} does not have.", option="version_states"
            )
        if states[version] == "destroyed" and state != "destroyed":
            raise BadInput(
                f"version_states wants version {version} of secret {name} {state}, and it is destroyed for good.",
                option="version_states",
            )
    observed = None if there is None else {field.option: there.get(field.option) for field in secret_manager.FIELDS}
    return plan(secret_manager.FIELDS, wanted, observed, f"secret {name}")


def _wanted(options: Options, payload: bytes | None, policy: str) -> dict[str, Any]:
    wanted = {name: options[name] for name in ("labels", "locations") if name in options}
    if payload is not None:
        wanted["payload"] = secret_manager.shown(payload, policy)
    states = {str(version): state for version, state in (options.get("version_states") or {}).items()}
    for version, state in states.items():
        if state not in secret_manager.STATES:
            raise BadInput(
                f"version_states says {state} for version {version}; it must be {', '.join(secret_manager.STATES)}.",
                option="version_states",
            )
    return {**wanted, **({"version_states": states} if states else {})}


OPERATION = Operation(
    name="secret_manager_secret",
    options=OPTIONS,
    run=run,
    rules={"mutually_exclusive": [("payload", "generate", "source")]},
)
