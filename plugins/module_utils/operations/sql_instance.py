# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have a Cloud SQL instance as described."""

from __future__ import annotations

from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import converge, plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_sql
from ansible_collections.netra.remediation.plugins.module_utils.resources.accepted_values import refuse_bad_name
from ansible_collections.netra.remediation.plugins.module_utils.resources.json_resource import JsonResource

OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "database_version": {"type": "str"},
    "tier": {"type": "str"},
    "edition": {"type": "str", "choices": ["ENTERPRISE", "ENTERPRISE_PLUS"]},
    "availability_type": {"type": "str", "choices": ["ZONAL", "REGIONAL"]},
    "deletion_protection": {"type": "bool"},
    "private_network": {"type": "str"},
    "public_ip": {"type": "bool"},
    "labels": {"type": "dict"},
    "wait_timeout": {"type": "int", "default": 300},
}


def run(options: Options, check_mode: bool) -> Result:
    """Compare, change what differs and wait until it is usable."""
    if options["state"] == "absent":
        raise UnsafeChange(
            f"Could not delete Cloud SQL instance {options['name']}: databases are not deleted by this module. "
            "Delete it in the console if it must go.",
            option="state",
        )
    session = Session(options)
    name = options["name"]
    refuse_bad_name(cloud_sql.KIND.noun, name)
    resource = JsonResource(session, cloud_sql.KIND, name, Deadline(options["wait_timeout"]))
    desired = _wanted(options)
    decision, outcome = converge(
        resource,
        lambda there: plan(
            cloud_sql.FIELDS,
            desired,
            None if there is None else cloud_sql.observed_options(there),
            f"{cloud_sql.KIND.noun} {name}",
        ),
        check_mode=check_mode,
    )
    return {**decision.as_result(), "instance": cloud_sql.describe(outcome) if outcome else None}


def _wanted(options: Options) -> dict[str, Any]:
    names = {field.option for field in cloud_sql.FIELDS}
    return {option: value for option, value in options.items() if option in names}


OPERATION = Operation(name="sql_instance", options=OPTIONS, run=run)
