# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probe stores from where a service is: a Cloud Run job with its image, identity, secrets and connector does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    ApiError,
    BadInput,
    RemediationError,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations import job_options
from ansible_collections.netra.remediation.plugins.module_utils.probes import runner
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import converge
from ansible_collections.netra.remediation.plugins.module_utils.resources import task_job, vpc_probe
from ansible_collections.netra.remediation.plugins.module_utils.resources.accepted_values import (
    refuse_bad_name,
    refuse_bad_quantities,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources.task_execution import TaskJob

# The lines tell the outcome, so they are waited for longer than where they only explain a failure.
LINES_SECONDS = 60.0
TARGET: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "kind": {"type": "str", "choices": list(vpc_probe.KINDS), "required": True},
    "variables": {"type": "dict", "default": {}},
    "values": {"type": "dict", "default": {}},
    "max_connect_seconds": {"type": "float"},
    "timeout": {"type": "float", "default": 5.0},
    "samples": {"type": "int", "default": 1},
    "attempts": {"type": "int", "default": 1},
    "interval": {"type": "float", "default": 1.0},
}
OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["probed", "absent"], "default": "probed"},
    "targets": {"type": "list", "elements": "dict", "options": TARGET, "default": []},
    **job_options.OPTIONS,
    "fail_when_unhealthy": {"type": "bool", "default": True},
}


def run(options: Options, check_mode: bool) -> Result:
    """Bring the job to what is asked for and execute it; executing it changes nothing. Check mode does not execute."""
    refuse_bad_name("service", options["name"])
    refuse_bad_quantities(options)
    session = Session(options)
    wanted = None if options["state"] == "absent" else _wanted(options, session)
    task = TaskJob(session, options["name"], vpc_probe.PURPOSE, Deadline(options["wait_timeout"]))
    decision, job = converge(task, lambda there: vpc_probe.decide(wanted, there, task.full), check_mode=check_mode)
    result = decision.as_result()
    result["diff"] = {side: task_job.shown(values) for side, values in result["diff"].items()}
    if wanted is None or check_mode:
        return {**result, "image": options.get("image"), "execution": None, "targets": [], "healthy": None}
    execution = task.wait(task.run(job or {}))
    targets = _watched(task, execution, options["targets"])
    short = str(execution["name"]).rpartition("/")[2]
    result |= {"image": options["image"], "execution": short, "targets": targets}
    result["healthy"] = all(target["healthy"] for target in targets)
    if not result["healthy"] and options["fail_when_unhealthy"]:
        raise _failure(options["name"], targets, result)
    return result


def _wanted(options: Options, session: Session) -> dict[str, Any]:
    if not options.get("image") or not options["targets"]:
        missing = "targets" if options.get("image") else "image"
        raise BadInput(f"{missing} is needed to probe anything.", option=missing)
    variables = [*(options.get("env") or {}), *(options.get("secret_env") or {})]
    vpc_probe.refuse_unclear(options["targets"], variables)
    return job_options.as_written(vpc_probe.wanted_options(options), session)


def _watched(task: TaskJob, execution: Mapping[str, Any], targets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each target as health_probe does; what an execution did not tell of is an open question."""
    short, ended = str(execution["name"]).rpartition("/")[2], task_job.succeeded(execution)
    wait = LINES_SECONDS if ended else 0.0
    try:
        lines = task.lines(short, vpc_probe.PREFIX, len(targets), wait)
        missing = f"did not arrive within {wait:g} s: look at its log"
    except ApiError as error:
        lines, missing = [error.message], f"cannot be read: {error.message.rstrip('.')}"
    found, why = vpc_probe.found_in(lines), f"execution {short} ended, and its lines {missing}"
    if not ended:
        why = f"execution {short} could not probe: {task_job.why_failed(execution, lines, vpc_probe.PREFIX)}"
    return [_judged(target, found.get(str(target["name"])), why) for target in targets]


def _judged(target: Mapping[str, Any], found: Mapping[str, Any] | None, why: str) -> dict[str, Any]:
    told = {"name": target["name"], "kind": target["kind"]}
    if found is None:
        return {**told, "healthy": None, "measured": False, "reason": why, "seconds": None, "observed": {}}
    limits = {"max_connect_seconds": target.get("max_connect_seconds")}
    samples = [dict(sample) for sample in found["samples"]]
    if "failure" in samples[-1]:
        attempt = runner.Attempt(
            False, vpc_probe.reason_of(target, samples[-1]), samples[-1]["seconds"], observed=samples[-1]
        )
    else:
        attempt = runner.judged({**target, "thresholds": limits}, samples)
    return {**told, **attempt.as_result()}


def _failure(name: str, targets: list[dict[str, Any]], result: Result) -> RemediationError:
    """Return the error; ``verdict`` says whether something was measured that speaks against the environment."""
    bad = [target for target in targets if not target["healthy"]]
    verdict = "fail" if any(target["healthy"] is False for target in bad) else "inconclusive"
    told = "; ".join(f"{target['name']}: {target['reason']}" for target in bad)
    facts = {name: value for name, value in result.items() if name != "diff"}
    return RemediationError(
        f"{len(bad)} of {len(targets)} targets are not healthy where {name} looked from: {told}.",
        **{**facts, "verdict": verdict},
    )


OPERATION = Operation(name="cloud_run_vpc_probe", options=OPTIONS, run=run)
