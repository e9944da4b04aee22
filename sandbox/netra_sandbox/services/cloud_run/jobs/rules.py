"""What Cloud Run refuses of a job (https://cloud.google.com/run/docs/create-jobs, v2: Job, TaskTemplate)."""

from __future__ import annotations

from typing import Any

from netra_sandbox.services.cloud_run.container_rules import check_access, check_containers
from netra_sandbox.services.cloud_run.jobs.templates import RESERVED
from netra_sandbox.services.cloud_run.metadata_rules import check_own_metadata, check_resource_id
from netra_sandbox.services.cloud_run.violations import check_range, seconds, violation

MAX_TASKS = 10_000
MAX_RETRIES = 10
MAX_TIMEOUT_SECONDS = 7 * 24 * 3600


def check_job_id(request: str, job_id: str) -> None:
    """Refuse an id that is not a DNS label of fewer than 50 characters."""
    check_resource_id(request, "job_id", job_id)


def check_job(request: str, job: dict[str, Any]) -> None:
    """Refuse a job whose template breaks a rule."""
    execution = job.get("template") or {}
    check_own_metadata(request, "job", job)
    check_own_metadata(request, "job.template", execution)
    check_execution(request, execution)
    task = execution.get("template") or {}
    where = "job.template.template"
    check_containers(request, where, task, reserved=RESERVED, serving=False)
    check_access(request, where, task)
    check_range(request, f"{where}.max_retries", task.get("maxRetries"), 0, MAX_RETRIES)
    check_timeout(request, f"{where}.timeout", str(task.get("timeout") or ""))


def check_overrides(overrides: dict[str, Any]) -> None:
    """Refuse what one execution cannot have instead of what its job says."""
    check_range("RunJobRequest", "overrides.task_count", overrides.get("taskCount") or None, 1, MAX_TASKS)
    check_timeout("RunJobRequest", "overrides.timeout", str(overrides.get("timeout") or ""))


def check_execution(request: str, template: dict[str, Any]) -> None:
    """Refuse counts of tasks that an execution cannot have."""
    count, parallelism = int(template.get("taskCount") or 1), int(template.get("parallelism") or 0)
    check_range(request, "job.template.task_count", count, 1, MAX_TASKS)
    if not 0 <= parallelism <= count:
        words = "parallelism should be between 0 and task_count."
        raise violation(request, "job.template.parallelism", words)


def check_timeout(request: str, field: str, timeout: str) -> None:
    """Refuse a task's time-out beyond seven days."""
    if timeout and not 1 <= seconds(timeout) <= MAX_TIMEOUT_SECONDS:
        words = f"timeout should be between 1 and {MAX_TIMEOUT_SECONDS} seconds."
        raise violation(request, field, words)
