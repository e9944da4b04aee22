# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring a Terraform configuration into force: exactly the plan that was judged, or nothing."""

from __future__ import annotations

import os
import tempfile
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.gcp import credentials
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.terraform import plan_guard
from ansible_collections.netra.remediation.plugins.module_utils.terraform.cli import CHANGES, Terraform, find_binary

OPTIONS: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "required": True},
    "variables": {"type": "dict", "default": {}},
    "variables_file": {"type": "path"},
    "backend_config": {"type": "dict", "no_log": True},
    "protected_types": {"type": "list", "elements": "str", "default": list(plan_guard.PROTECTED)},
    "allow_destroy": {"type": "list", "elements": "str", "default": []},
    "binary": {"type": "path"},
    "timeout": {"type": "int", "default": 1800},
}


def run(options: Options, check_mode: bool) -> Result:
    """Plan, judge the plan, apply it; in check mode only plan."""
    directory = options["directory"]
    if not os.path.isdir(directory):
        raise BadInput(f"Could not plan: {directory} is not a directory. Check directory.", option="directory")
    terraform = Terraform(
        find_binary(options.get("binary")),
        directory,
        options["variables"],
        options["timeout"],
        credentials.for_other_programs(options),
    )
    with tempfile.TemporaryDirectory(prefix="netra-terraform-") as place:
        saved = os.path.join(place, "plan")
        changed = _plan(terraform, options, saved, check_mode=check_mode)
        planned = terraform.json("show", "-json", saved)
        found = plan_guard.changes(planned)
        plan_guard.refuse_losses(found, options["protected_types"], options["allow_destroy"])
        if changed and not check_mode:
            terraform.run("apply", "-input=false", "-no-color", "-lock-timeout=60s", saved)
    return {**_result(changed, found, planned), **_outputs(terraform)}


def _plan(terraform: Terraform, options: Options, saved: str, *, check_mode: bool) -> bool:
    """Save a plan and say whether it changes anything; initialise where that is needed."""
    lock = ["-lock=false"] if check_mode else ["-lock-timeout=60s"]
    arguments = ["plan", "-input=false", "-no-color", "-detailed-exitcode", f"-out={saved}", *lock]
    if options.get("variables_file"):
        path = os.path.join(terraform.directory, options["variables_file"])
        if not os.path.isfile(path):
            raise BadInput(f"Could not plan: there is no {path}. Check variables_file.", option="variables_file")
        arguments.append(f"-var-file={path}")
    is_fresh = not os.path.isdir(os.path.join(terraform.directory, ".terraform"))
    if is_fresh:
        _initialise(terraform, options)
    try:
        done = terraform.run(*arguments, accepted=(0, CHANGES))
    except RemediationError as error:
        if is_fresh or " init" not in error.message:
            raise
        _initialise(terraform, options)
        done = terraform.run(*arguments, accepted=(0, CHANGES))
    return done.returncode == CHANGES


def _initialise(terraform: Terraform, options: Options) -> None:
    """Initialise; backend settings may be secret, so they go through a file that only this user can read."""
    arguments = ["init", "-input=false", "-no-color"]
    settings = options.get("backend_config") or {}
    with tempfile.NamedTemporaryFile("w", suffix=".tfbackend", encoding="utf-8") as file:
        for name, value in settings.items():
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            file.write(f'{name} = "{escaped}"\n')
        file.flush()
        terraform.run(*arguments, *([f"-backend-config={file.name}"] if settings else []))


def _result(changed: bool, found: list[dict[str, Any]], planned: dict[str, Any]) -> Result:
    sides = {side: {entry["address"]: entry[side] for entry in found if entry[side]} for side in ("before", "after")}
    return {
        "changed": changed,
        "resources": [{"address": entry["address"], "actions": entry["actions"]} for entry in found],
        "changed_outputs": plan_guard.changed_outputs(planned),
        "diff": sides,
    }


def _outputs(terraform: Terraform) -> dict[str, Any]:
    """Return the outputs; of sensitive ones only the names."""
    found = terraform.json("output", "-json")
    return {
        "outputs": {name: entry["value"] for name, entry in found.items() if not entry.get("sensitive")},
        "sensitive_outputs": sorted(name for name, entry in found.items() if entry.get("sensitive")),
    }


OPERATION = Operation(name="terraform_stack", options=OPTIONS, run=run)
