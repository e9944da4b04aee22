# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Know the job that tries an image: what it runs, whether an execution proved the image, what it said. Pure.

The job is the record of the proof: its latest execution says which image was tried for what, and how that ended.
https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Field, Plan, plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import task_job

PURPOSE = "image-proof"
PREFIX = "not proved: "
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
FIELDS = (*task_job.FIELDS, Field("proved"))
ASKED = ("image", "command", "args")


def job_name(service: str) -> str:
    """Return the name of a service's job."""
    return task_job.job_name(service, "proof")


def wanted_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the job that tries an image for its modules, paths and entry point."""
    claims = {name: options.get(name) or [] for name in ("modules", "paths")}
    asked = json.dumps({**claims, "entry_point": options.get("entry_point") or ""}, sort_keys=True)
    command = [options.get("python") or "python", "-c", PROGRAM]
    return {**task_job.of_service(options), "command": command, "args": [asked], "proved": True}


def is_about(execution: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    """Tell whether an execution tries this image for exactly these things, whatever its environment."""
    tried = task_job.task_options(execution or {})
    return bool(execution and wanted) and all(tried[name] == wanted[name] for name in ASKED)


def decide(
    wanted: Mapping[str, Any] | None, job: Mapping[str, Any] | None, execution: Mapping[str, Any] | None, name: str
) -> Plan:
    """Plan the job and its execution; an image that is proved is left alone, whatever else of the job differs."""
    what = f"job {name}"
    task_job.refuse_foreign(job, PURPOSE, what)
    observed = None if job is None else {**task_job.task_options(job), "proved": None}
    if wanted is None or observed is None:
        return plan(FIELDS, wanted, observed, what)
    if is_about(execution, wanted) and task_job.succeeded(execution):
        observed = {**observed, **{name: wanted[name] for name in ASKED}, "proved": True}
        return plan(FIELDS, {name: observed[name] for name in (*ASKED, "proved")}, observed, what)
    return plan(FIELDS, wanted, observed, what)
