# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have a VPC Access connector as described, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Plan, converge, plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import vpc_access
from ansible_collections.netra.remediation.plugins.module_utils.resources.accepted_values import (
    refuse_bad_name,
    refuse_incomplete_connector,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources.json_resource import JsonResource

OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "network": {"type": "str"},
    "ip_cidr_range": {"type": "str"},
    "subnet": {"type": "str"},
    "machine_type": {"type": "str", "choices": ["f1-micro", "e2-micro", "e2-standard-4"]},
    "min_instances": {"type": "int"},
    "max_instances": {"type": "int"},
    "wait_timeout": {"type": "int", "default": 300},
}


def run(options: Options, check_mode: bool) -> Result:
    """Compare, change what differs and wait until it is usable."""
    session = Session(options)
    name = options["name"]
    refuse_bad_name(vpc_access.KIND.noun, name)
    resource = JsonResource(session, vpc_access.KIND, name, Deadline(options["wait_timeout"]))
    desired = None if options["state"] == "absent" else _wanted(options)
    decision, outcome = converge(resource, lambda there: decide(name, desired, there), check_mode=check_mode)
    return {**decision.as_result(), "connector": vpc_access.describe(outcome) if outcome else None}


def decide(name: str, desired: Mapping[str, Any] | None, there: Mapping[str, Any] | None) -> Plan:
    """Plan the change from what is there."""
    if there is None:
        if desired is not None:
            refuse_incomplete_connector(name, desired)
        return plan(vpc_access.FIELDS, desired, None, f"{vpc_access.KIND.noun} {name}")
    return plan(vpc_access.FIELDS, desired, vpc_access.observed_options(there), f"{vpc_access.KIND.noun} {name}")


def _wanted(options: Options) -> dict[str, Any]:
    names = {field.option for field in vpc_access.FIELDS}
    return {option: value for option, value in options.items() if option in names}


OPERATION = Operation(name="vpc_access_connector", options=OPTIONS, run=run)
