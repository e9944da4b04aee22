# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring the job that tries an image, and the execution that it is for, to what a plan says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import image_proof, task_job
from ansible_collections.netra.remediation.plugins.module_utils.resources.task_execution import TaskJob

Proof = dict[str, Any]


class ProofJob:
    """One job and its latest execution: ``{"job": …, "execution": …}``."""

    def __init__(self, session: Session, name: str, wanted: Mapping[str, Any] | None, deadline: Deadline) -> None:
        self.task = TaskJob(session, name, image_proof.PURPOSE, deadline)
        self.wanted = wanted

    def read(self) -> Proof | None:
        """Return the job and its latest execution, None where there is no job."""
        job = self.task.read()
        if job is None:
            return None
        latest = (job.get("latest_created_execution") or {}).get("name")
        return {"job": job, "execution": self.task.execution(str(latest)) if latest else None}

    def shown(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return options as a plan has them."""
        return task_job.shown(values)

    def preview(self, decision: Plan, observed: Proof | None) -> Proof | None:
        """Ask Cloud Run whether it would take the job."""
        self.task.preview(decision, (observed or {}).get("job"))
        return observed

    def apply(self, decision: Plan, observed: Proof | None) -> Proof | None:
        """Write the job where it differs, execute it and wait; join an execution that tries the same already."""
        job, execution = (observed or {}).get("job"), (observed or {}).get("execution") or {}
        joins = image_proof.is_about(execution, self.wanted or {}) and not execution.get("completion_time")
        if decision.action == "delete" or not joins:
            job = self.task.apply(decision, job)
            if job is None:
                return None
            execution = {"name": self.task.run(job)}
        return {"job": job, "execution": self.task.wait(str(execution["name"]))}
