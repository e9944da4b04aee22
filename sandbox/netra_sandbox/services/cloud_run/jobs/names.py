"""Names of jobs, executions and tasks."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from netra_sandbox.services.cloud_run.names import API

_JOB = re.compile(r"^projects/(?P<project>[^/]+)/locations/(?P<region>[^/]+)/jobs/(?P<job>[^/]+)")
_SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True)
class JobName:
    """The parts of projects/P/locations/L/jobs/J."""

    project: str
    region: str
    job: str

    @classmethod
    def parse(cls, resource: str) -> JobName:
        """Read the full name of a job, or of an execution or a task of one."""
        match = _JOB.match(resource)
        if match is None:
            raise ValueError(f"{resource!r} is not the name of a Cloud Run job")
        return cls(**match.groupdict())

    @property
    def parent(self) -> str:
        """Return the location that holds the job."""
        return f"projects/{self.project}/locations/{self.region}"

    @property
    def full(self) -> str:
        """Return the full resource name."""
        return f"{self.parent}/jobs/{self.job}"

    @property
    def key(self) -> str:
        """Return the job's key in the store."""
        return f"{API}{self.full}"

    def execution(self, short: str) -> str:
        """Return the full resource name of an execution."""
        return f"{self.full}/executions/{short}"

    def task(self, execution: str, index: int) -> str:
        """Return the full resource name of an execution's task."""
        return f"{self.execution(execution)}/tasks/{execution}-task{index}"


def generated_execution(job: str) -> str:
    """Name an execution as Cloud Run does."""
    return f"{job}-{''.join(random.choices(_SUFFIX_LETTERS, k=5))}"  # noqa: S311  not a secret


def logs_url(name: JobName, execution: str, task: int | None = None) -> str:
    """Return the address of an execution's, or of one task's, logs in the console."""
    lines = [
        'resource.type = "cloud_run_job"',
        f'resource.labels.job_name = "{name.job}"',
        f'labels."run.googleapis.com/execution_name" = "{execution}"',
        f'resource.labels.location = "{name.region}"',
    ]
    if task is not None:
        lines.append(f'labels."run.googleapis.com/task_index" = "{task}"')
    chosen = "\n".join(lines).replace('"', "%22").replace(" ", "%20").replace("\n", "%0A")
    return f"https://console.cloud.google.com/logs/viewer?project={name.project}&advancedFilter={chosen}"
