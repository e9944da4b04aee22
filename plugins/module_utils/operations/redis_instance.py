# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have a Redis instance as described, or not at all."""

from __future__ import annotations

from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import converge, plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import redis
from ansible_collections.netra.remediation.plugins.module_utils.resources.accepted_values import refuse_bad_name
from ansible_collections.netra.remediation.plugins.module_utils.resources.json_resource import JsonResource

OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "tier": {"type": "str", "choices": ["BASIC", "STANDARD_HA"]},
    "memory_size_gb": {"type": "int"},
    "redis_version": {"type": "str"},
    "network": {"type": "str"},
    "connect_mode": {"type": "str", "choices": ["DIRECT_PEERING", "PRIVATE_SERVICE_ACCESS"]},
    "auth_enabled": {"type": "bool"},
    "transit_encryption_mode": {"type": "str", "choices": ["DISABLED", "SERVER_AUTHENTICATION"]},
    "redis_configs": {"type": "dict"},
    "display_name": {"type": "str"},
    "labels": {"type": "dict"},
    "wait_timeout": {"type": "int", "default": 300},
}


def run(options: Options, check_mode: bool) -> Result:
    """Compare, change what differs and wait until it is usable."""
    session = Session(options)
    name = options["name"]
    refuse_bad_name(redis.KIND.noun, name)
    resource = JsonResource(session, redis.KIND, name, Deadline(options["wait_timeout"]))
    desired = None if options["state"] == "absent" else _wanted(options, session)
    decision, outcome = converge(
        resource,
        lambda there: plan(
            redis.FIELDS,
            desired,
            None if there is None else redis.observed_options(there),
            f"{redis.KIND.noun} {name}",
        ),
        check_mode=check_mode,
    )
    return {**decision.as_result(), "instance": redis.describe(outcome) if outcome else None}


def _wanted(options: Options, session: Session) -> dict[str, Any]:
    names = {field.option for field in redis.FIELDS}
    wanted = {option: value for option, value in options.items() if option in names}
    if wanted.get("network"):
        wanted["network"] = redis.full_network(wanted["network"], session.project)
    return wanted


OPERATION = Operation(name="redis_instance", options=OPTIONS, run=run)
