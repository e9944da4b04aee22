# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have an image proved: a Cloud Run job tries in it what it must hold, once for each image and each thing to try."""

from __future__ import annotations

from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import is_known
from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    ApiError,
    BadInput,
    OperationFailed,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations import job_options
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import converge
from ansible_collections.netra.remediation.plugins.module_utils.resources import image_proof, task_job
from ansible_collections.netra.remediation.plugins.module_utils.resources.accepted_values import (
    refuse_bad_name,
    refuse_bad_quantities,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources.image_proof_job import ProofJob

OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["proved", "absent"], "default": "proved"},
    "modules": {"type": "list", "elements": "str", "default": []},
    "paths": {"type": "list", "elements": "str", "default": []},
    "entry_point": {"type": "str"},
    **job_options.OPTIONS,
}


def run(options: Options, check_mode: bool) -> Result:
    """Prove what is not proved yet, or remove the job; an image that fails the proof fails the task."""
    name = options["name"]
    refuse_bad_name("service", name)
    refuse_bad_quantities(options)
    session = Session(options)
    wanted = None if options["state"] == "absent" else _wanted(options, session)
    resource = ProofJob(session, name, wanted, Deadline(options["wait_timeout"]))

    def decide(there: dict[str, Any] | None) -> Any:
        seen = there or {}
        return image_proof.decide(wanted, seen.get("job"), seen.get("execution"), resource.task.full)

    decision, outcome = converge(resource, decide, check_mode=check_mode)
    execution = (outcome or {}).get("execution")
    foreseen = check_mode and decision.changed
    if wanted and not foreseen and not task_job.succeeded(execution):
        raise _failure(resource, str(options["image"]), execution or {})
    result = decision.as_result()
    result["diff"] = {side: task_job.shown(values) for side, values in result["diff"].items()}
    told = None if foreseen or wanted is None else str((execution or {}).get("name", "")).rpartition("/")[2]
    return {**result, "image": options.get("image"), "execution": told}


def _wanted(options: Options, session: Session) -> dict[str, Any]:
    image = str(options.get("image") or "")
    if "@sha256:" not in image and is_known(image):
        raise BadInput(
            f"image is {image!r}; pin it by digest (IMAGE@sha256:…), since a tag may name another image tomorrow.",
            option="image",
        )
    if not (options["modules"] or options["paths"] or options.get("entry_point")):
        raise BadInput("Nothing is to be tried: give modules, paths or entry_point.", option="modules")
    return job_options.as_written(image_proof.wanted_options(options), session)


def _failure(resource: ProofJob, image: str, execution: dict[str, Any]) -> OperationFailed:
    short = str(execution.get("name", "")).rpartition("/")[2]
    try:
        lines = resource.task.lines(short, image_proof.PREFIX)
    except ApiError as error:
        lines = [error.message]
    said = task_job.why_failed(execution, lines, image_proof.PREFIX)
    return OperationFailed(
        f"Could not prove image {image}: {said.rstrip('.')} (execution {short}). Nothing was deployed from it. "
        "Build an image that holds it, or correct what is asked for.",
        status="FAILED_PRECONDITION",
        execution=short,
        log=lines[-task_job.LAST_LINES :],
    )


OPERATION = Operation(name="cloud_run_image_proof", options=OPTIONS, run=run)
