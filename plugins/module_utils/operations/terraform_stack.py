# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring a Terraform configuration into force: exactly the plan that was judged, or nothing."""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent, redaction
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import IMPORT, change_of
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.gcp import credentials
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.record import configuration
from ansible_collections.netra.remediation.plugins.module_utils.record.files import write_whole
from ansible_collections.netra.remediation.plugins.module_utils.record.runs import recorded_runs
from ansible_collections.netra.remediation.plugins.module_utils.terraform import (
    adoption,
    drift,
    plan_guard,
    variable_files,
)
from ansible_collections.netra.remediation.plugins.module_utils.terraform.cli import CHANGES, Terraform, find_binary
from ansible_collections.netra.remediation.plugins.module_utils.terraform.plan_text import text_of
from ansible_collections.netra.remediation.plugins.module_utils.terraform.planning import QUIET, Planner

OPTIONS: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["present", "planned", "absent"], "default": "present"},
    "directory": {"type": "path", "required": True},
    "workspace": {"type": "str"},
    "variables": {"type": "dict", "default": {}},
    "sensitive_variables": {"type": "dict", "no_log": True},
    "variables_file": {"type": "path"},
    "tfvars_file": {"type": "path"},
    "backend_config": {"type": "dict", "no_log": True},
    "upgrade": {"type": "bool", "default": False},
    "lockfile": {"type": "str", "choices": ["update", "readonly"], "default": "update"},
    "lock_timeout": {"type": "int", "default": 60},
    "targets": {"type": "list", "elements": "str", "default": []},
    "import_ids": {"type": "dict", "default": {}},
    "import_existing": {"type": "bool", "default": False},
    "plan_file": {"type": "path"},
    "revert": {
        "type": "dict",
        "options": {
            "record_directory": {"type": "path", "required": True},
            "environment": {"type": "str", "required": True},
        },
    },
    "protected_types": {"type": "list", "elements": "str", "default": list(plan_guard.PROTECTED)},
    "allow_destroy": {"type": "list", "elements": "str", "default": []},
    "max_changes": {"type": "int"},
    "binary": {"type": "path"},
    "timeout": {"type": "int", "default": 1800},
}


def run(options: Options, check_mode: bool) -> Result:
    """Plan, judge the plan, apply it; in check mode only plan."""
    with tempfile.TemporaryDirectory(prefix="netra-terraform-") as place:
        if options.get("revert"):
            options = _reverted(options, os.path.join(place, "configuration"))
        terraform, kept = _terraform(options), _kept_variables(options)
        planner = Planner(terraform, options, place)
        planner.prepare()
        is_there = planner.choose_workspace(check_mode=check_mode)
        planned = _saved_plan(planner, options, check_mode)
        found = plan_guard.changes(planned)
        result = _result(planned, found, kept)
        if options["state"] == "planned":
            _keep_plan(options, planner.saved, check_mode)
        else:
            plan_guard.refuse_losses(found, options["protected_types"], options["allow_destroy"])
            plan_guard.refuse_too_many(found, options.get("max_changes"))
            _declare(plan_guard.changes(planned, marked=True), result["changed_outputs"], kept)
            if kept and not check_mode:
                write_whole(kept[0], kept[1].encode(), mode=0o600)
            if (found or result["changed_outputs"]) and not check_mode:
                terraform.run("apply", *QUIET, f"-lock-timeout={options['lock_timeout']}s", planner.saved)
        if not is_there:  # its workspace would be made
            return {**result, "changed": True, "exit_code": CHANGES, **_outputs(None)}
        return {**result, **_outputs(terraform)}


def _declare(found: list[dict[str, Any]], outputs: list[str], kept: tuple[str, str] | None) -> None:
    """Say what is about to be applied, resource by resource."""
    for entry in found:
        action = IMPORT if entry["actions"] == ["no-op"] else "/".join(entry["actions"])
        intent.declare(change_of(f"terraform {entry['address']}", action, entry["before"], entry["after"]))
    for name in outputs:
        intent.declare(change_of(f"{plan_guard.OUTPUT} {name}", "update", {}, {"value": plan_guard.UNKNOWN}))
    if kept:
        content = {"content": redaction.fingerprint(kept[1])}
        intent.declare(change_of(intent.file_resource(kept[0]), "update", {}, content))


def _reverted(options: Options, place: str) -> dict[str, Any]:
    """Return the options with the configuration and the variables that were in force before the last ones."""
    if not options["targets"]:
        raise BadInput("Could not revert: name the resources that are to go back in targets.", option="targets")
    asked = options["revert"]
    runs = recorded_runs(asked["record_directory"], asked["environment"])
    found = configuration.older_configuration(runs)
    if found is None:
        raise BadInput(
            f"Could not revert: no run of {asked['environment']} on record below {asked['record_directory']} applied "
            "another configuration than the last one. Check record_directory, or revert the configuration itself.",
            option="revert",
        )
    directory, more = options["directory"], options.get("variables_file")
    names = variable_files.giving_values(directory, more, options.get("tfvars_file"))
    configuration.refuse_other_values(found, configuration.hashes_of(directory, names))
    variables = configuration.completed(found.variables, options["variables"])
    configuration.restore(found, place, directory)
    for name in set(names) - {more}:
        shutil.copyfile(os.path.join(directory, name), os.path.join(place, name))
    more = os.path.abspath(os.path.join(directory, more)) if more else None
    return {**options, "directory": place, "variables": variables, "variables_file": more, "tfvars_file": None}


def _terraform(options: Options) -> Terraform:
    directory = options["directory"]
    if not os.path.isdir(directory):
        raise BadInput(f"Could not plan: {directory} is not a directory. Check directory.", option="directory")
    variable_files.refuse_overruled(directory, options.get("sensitive_variables") or {}, options.get("variables_file"))
    return Terraform(
        find_binary(options.get("binary")),
        directory,
        options.get("sensitive_variables") or {},
        options["timeout"],
        credentials.for_other_programs(options),
    )


def _kept_variables(options: Options) -> tuple[str, str] | None:
    """Return path and text of the variables' file where it is to be written, for whoever runs Terraform by hand."""
    name = options.get("tfvars_file") if options["state"] == "present" and not options.get("plan_file") else None
    return variable_files.kept_variables(options["directory"], name, options["variables"])


def _saved_plan(planner: Planner, options: Options, check_mode: bool) -> dict[str, Any]:
    """Return what the saved plan holds: a copy of the one that is given, or a new one."""
    given = options.get("plan_file")
    if given and options["state"] == "present":
        path = os.path.abspath(given)
        if not os.path.isfile(path):
            raise BadInput(f"Could not apply {path}: there is no such plan. Check plan_file.", option="plan_file")
        shutil.copyfile(path, planner.saved)  # what is judged is what is applied, whoever writes the other file
        return planner.shown()
    wanted = dict(options["import_ids"])
    if wanted:
        known = set(planner.terraform.run("state", "list", accepted=(0, 1)).stdout.split())
        wanted = {address: name for address, name in wanted.items() if address not in known}
    planned = _plan(planner, wanted, check_mode)
    if options["import_existing"]:
        there = adoption.existing(Session(options), plan_guard.changes(planned))
        if there:
            planned = _plan(planner, {**wanted, **there}, check_mode)
    return planned


def _plan(planner: Planner, imports: dict[str, str], check_mode: bool) -> dict[str, Any]:
    if not imports:
        return planner.plan(check_mode=check_mode)
    with planner.importing(adoption.import_blocks(imports)):
        return planner.plan(check_mode=check_mode)


def _keep_plan(options: Options, saved: str, check_mode: bool) -> None:
    """Keep a plan for a later apply; it may hold secrets, so only its owner may read it."""
    if options.get("plan_file") and not check_mode:
        write_whole(options["plan_file"], pathlib.Path(saved).read_bytes(), mode=0o600)


def _result(planned: dict[str, Any], found: list[dict[str, Any]], kept: tuple[str, str] | None) -> Result:
    outputs = plan_guard.changed_outputs(planned)
    return {
        "changed": bool(found or outputs or kept),
        "exit_code": drift.exit_code(planned),
        "resources": [
            {"address": entry["address"], "actions": entry["actions"], "imported": entry["imported"]} for entry in found
        ],
        "changed_outputs": outputs,
        "drift": drift.drift_of(planned),
        "diff": {"prepared": text_of(found, outputs) + (f"~ file {kept[0]}\n" if kept else "")},
    }


def _outputs(terraform: Terraform | None) -> dict[str, Any]:
    """Return the outputs, none without a workspace; of sensitive ones only the names and types."""
    found = terraform.json("output", "-json") if terraform else {}
    return {
        "outputs": {name: entry["value"] for name, entry in found.items() if not entry.get("sensitive")},
        "output_types": {name: entry.get("type") for name, entry in found.items()},
        "sensitive_outputs": sorted(name for name, entry in found.items() if entry.get("sensitive")),
    }


OPERATION = Operation(name="terraform_stack", options=OPTIONS, run=run)
