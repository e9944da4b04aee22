# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read, write and execute a job of one task, and hear what it said, through Google's clients."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent, watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline, poll
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    DeadlineExceeded,
    NotFound,
    OperationFailed,
)
from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import without_url_passwords
from ansible_collections.netra.remediation.plugins.module_utils.gcp import long_running
from ansible_collections.netra.remediation.plugins.module_utils.gcp.api_errors import attempting
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import (
    Session,
    read_policy,
    run_client_library,
    write_policy,
)
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_logging, task_job
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_codec import encode_service
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_services import message_dict

MOST_LINES = 50
# How long the lines of an execution may take to arrive in Cloud Logging.
LINES_SECONDS = 15.0


class TaskJob:
    """One job and its executions; ``purpose`` is the label of jobs that were made for the same."""

    def __init__(self, session: Session, name: str, purpose: str, deadline: Deadline) -> None:
        self.session = session
        self.name = name
        self.full = f"{session.location}/jobs/{name}"
        self.purpose = purpose
        self.deadline = deadline

    def read(self) -> dict[str, Any] | None:
        """Return the job, whose etag it is written and executed against; None where there is none."""
        try:
            return self._there()
        except NotFound:
            return None

    def shown(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return options as a plan has them."""
        return task_job.shown(values)

    def preview(self, decision: Plan, observed: dict[str, Any] | None) -> dict[str, Any] | None:
        """Ask Cloud Run whether it would take the job; of an image that is still to be built it cannot know."""
        if not intent.names_what_is_to_come(decision.changes, f"job {self.name}"):
            self._write(decision, observed, validate_only=True)
        return observed

    def apply(self, decision: Plan, observed: dict[str, Any] | None) -> dict[str, Any] | None:
        """Create, change or delete the job; return it as it is then, None where it is gone."""
        return self._write(decision, observed, validate_only=False)

    def lines(self, execution: str, prefix: str, count: int = 1, seconds: float = LINES_SECONDS) -> list[str]:
        """Return the last lines of an execution, oldest first.

        Logs come late: wait so many seconds at most until ``count`` lines begin with ``prefix``.
        """
        short = execution.rpartition("/")[2]
        chosen = (
            f'resource.type="cloud_run_job" AND resource.labels.job_name="{self.name}" '
            f'AND labels."run.googleapis.com/execution_name"="{short}"'
        )
        found: list[Mapping[str, Any]] = []
        for _attempt in poll(Deadline(seconds), 0.2):
            attempt = f"read the log of execution {short}"
            found = cloud_logging.newest_entries(self.session, chosen, attempt, MOST_LINES)
            if sum(str(entry.get("textPayload", "")).startswith(prefix) for entry in found) >= count:
                break
        return [without_url_passwords(str(entry.get("textPayload") or "")) for entry in reversed(found)]

    def execution(self, short: str) -> dict[str, Any] | None:
        """Return an execution of the job, None where there is none."""
        full = f"{self.full}/executions/{short.rpartition('/')[2]}"
        try:
            with attempting(f"read execution {full}"):
                return message_dict(self.session.run_executions().get_execution(name=full, **read_policy()))
        except NotFound:
            return None

    def _write(self, decision: Plan, job: dict[str, Any] | None, *, validate_only: bool) -> dict[str, Any] | None:
        changes = {option: value for option, value in decision.changes.items() if option in task_job.OPTIONS}
        if decision.action == "update" and not changes:
            return job
        attempt = f"{'validate, without doing it, to ' if validate_only else ''}{decision.action} job {self.full}"
        with attempting(attempt):
            operation = self._send(decision.action, job or {}, changes, validate_only).operation
        if not operation.done:
            client = self.session.json("run")
            long_running.wait(client, {"name": operation.name}, self.deadline, attempt=attempt)
        return self._there() if decision.action != "delete" and not validate_only else None

    def _there(self) -> dict[str, Any]:
        with attempting(f"read job {self.full}"):
            return message_dict(self.session.run_jobs().get_job(name=self.full, **read_policy()))

    def _send(self, action: str, job: Mapping[str, Any], changes: Mapping[str, Any], validate_only: bool) -> Any:
        client, policy = self.session.run_jobs(), write_policy()
        if action == "delete":
            request = {"name": self.full, "etag": job.get("etag", ""), "validate_only": validate_only}
            return client.delete_job(request=request, **policy)
        task = encode_service({"template": (job.get("template") or {}).get("template") or {}}, changes)["template"]
        template = {**(job.get("template") or {}), "task_count": 1, "template": {**task, "max_retries": 0}}
        body = {"labels": {**(job.get("labels") or {}), task_job.LABEL: self.purpose}}
        if action == "create":
            message = run_client_library().Job.from_json(json.dumps({**body, "template": template}))
            request = {"parent": self.session.location, "job_id": self.name, "job": message}
            return client.create_job(request={**request, "validate_only": validate_only}, **policy)
        changed = {**job, **body, "name": self.full, "template": template}
        message = run_client_library().Job.from_json(json.dumps(changed))
        return client.update_job(request={"job": message, "validate_only": validate_only}, **policy)

    def run(self, job: Mapping[str, Any]) -> str:
        """Execute the job as it was read; return the name of the execution."""
        with attempting(f"execute job {self.full}"):
            request = {"name": self.full, "etag": job.get("etag", "")}
            operation = self.session.run_jobs().run_job(request=request, **write_policy())
            return str(operation.metadata.name)

    def wait(self, name: str) -> dict[str, Any]:
        """Return an execution once it has ended."""
        seen: dict[str, Any] | None = None
        for _attempt in poll(self.deadline, 0.2):
            watch.heed(f"see execution {name} end")
            seen = self.execution(name)
            if seen is None:
                raise OperationFailed(f"Could not follow execution {name}: it was deleted. Run the task again.")
            if seen.get("completion_time"):
                return seen
        raise DeadlineExceeded(
            f"Could not see execution {name} end within {self.deadline.seconds:g} seconds. Raise wait_timeout, or look "
            "at what it waits for.",
            last_seen=seen,
        )
