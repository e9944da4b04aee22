# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Know the job that tries an image: what it runs, whether an execution proved the image, what it said. Pure.

The job is the record of the proof: its latest execution says which image was tried for what, and how that ended.
https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Field, Plan, plan
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run import SERVICE_FIELDS
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_codec import decode_template

LABEL, LABEL_VALUE = "netra-remediation", "image-proof"
PREFIX = "not proved: "
LAST_LINES = 5
# What runs in the image: it tries everything, says what failed, and ends although an import left threads behind. Also
# an import that ends the process (SystemExit) is a failure, hence BaseException.
PROGRAM = """
import importlib, json, os, sys, traceback
claims = json.loads(sys.argv[1])
failed = []
for path in claims["paths"]:
    if not os.path.exists(path):
        failed.append("%s is not in the image" % os.path.abspath(path))
for name in claims["modules"] + [place for place in [claims["entry_point"]] if place]:
    module, _, attribute = name.partition(":")
    try:
        found = importlib.import_module(module)
        for part in filter(None, attribute.split(".")):
            found = getattr(found, part)
    except BaseException as error:
        traceback.print_exc()
        failed.append("%s does not import: %s: %s" % (name, type(error).__name__, error))
sys.stderr.flush()
for line in failed:
    print("not proved: " + " ".join(line.split()), flush=True)
os._exit(1 if failed else 0)
"""
OPTIONS = (
    "image", "command", "args", "env", "secret_env", "cpu", "memory", "service_account", "vpc_connector", "vpc_egress",
)  # fmt: skip
FIELDS = (
    *(field for field in SERVICE_FIELDS if field.option in OPTIONS),
    Field("proved"),
)
ASKED = ("image", "command", "args")


def job_name(service: str) -> str:
    """Return the name of a service's job; a job's name has fewer than 50 characters."""
    return f"{service[:43].rstrip('-')}-proof"


def wanted_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the job that tries an image for its modules, paths and entry point."""
    claims = {name: options.get(name) or [] for name in ("modules", "paths")}
    asked = json.dumps({**claims, "entry_point": options.get("entry_point") or ""}, sort_keys=True)
    command = [options.get("python") or "python", "-c", PROGRAM]
    given = {name: options[name] for name in OPTIONS if options.get(name) is not None}
    return {**given, "command": command, "args": [asked], "proved": True}


def task_options(execution_or_job: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an execution's or a job's tasks are, as options."""
    template = execution_or_job.get("template") or {}
    found = decode_template(template.get("template") or template)
    return {name: found[name] for name in OPTIONS}


def is_about(execution: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    """Tell whether an execution tries this image for exactly these things, whatever its environment."""
    return bool(execution and wanted) and all(task_options(execution or {})[name] == wanted[name] for name in ASKED)


def completed(execution: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the condition that says how an execution ended, empty while it runs."""
    ended = (execution or {}).get("completion_time")
    conditions = (execution or {}).get("conditions") or ()
    return next((dict(entry) for entry in conditions if ended and entry.get("type_") == "Completed"), {})


def succeeded(execution: Mapping[str, Any] | None) -> bool:
    """Tell whether an execution ended well."""
    return completed(execution).get("state") == "CONDITION_SUCCEEDED"


def decide(
    wanted: Mapping[str, Any] | None, job: Mapping[str, Any] | None, execution: Mapping[str, Any] | None, name: str
) -> Plan:
    """Plan the job and its execution; an image that is proved is left alone, whatever else of the job differs."""
    what = f"job {name}"
    if job is not None and (job.get("labels") or {}).get(LABEL) != LABEL_VALUE:
        raise UnsafeChange(
            f"Could not use {what} for a proof: it is there and was not made for one (it has no label {LABEL}). "
            "Give the proof another name."
        )
    observed = None if job is None else {**task_options(job), "proved": None}
    if wanted is None or observed is None:
        return plan(FIELDS, wanted, observed, what)
    if is_about(execution, wanted) and succeeded(execution):
        observed = {**observed, **{name: wanted[name] for name in ASKED}, "proved": True}
        return plan(FIELDS, {name: observed[name] for name in (*ASKED, "proved")}, observed, what)
    return plan(FIELDS, wanted, observed, what)


def told(lines: Iterable[str]) -> str:
    """Return what an execution's lines say of its failure: the proof's own words, else the last lines."""
    said = [line for line in lines if line.strip()]
    reasons = [line.removeprefix(PREFIX) for line in said if line.startswith(PREFIX)]
    return "; ".join(reasons or said[-LAST_LINES:])
