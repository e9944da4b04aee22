"""Jobs, executions and tasks as the store and the API hold them; pure but for new ids.

https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs.executions
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from netra_sandbox.services.cloud_run import conditions
from netra_sandbox.services.cloud_run.jobs import names, templates
from netra_sandbox.services.cloud_run.resources import new_etag

Resource = dict[str, Any]
# What a client may set on a job (Cloud Run v2: Job, the fields that are not output-only).
MUTABLE = ("labels", "annotations", "client", "clientVersion", "launchStage", "binaryAuthorization", "template")
PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED = "pending", "running", "succeeded", "failed", "cancelled"
_FROM_TEMPLATE = (
    *("containers", "volumes", "maxRetries", "timeout", "serviceAccount", "executionEnvironment"),
    *("vpcAccess", "encryptionKey"),
)
_REFERENCE_STATUS = {
    PENDING: "EXECUTION_PENDING",
    RUNNING: "EXECUTION_RUNNING",
    SUCCEEDED: "EXECUTION_SUCCEEDED",
    FAILED: "EXECUTION_FAILED",
    CANCELLED: "EXECUTION_CANCELLED",
}


def new_job(name: names.JobName, fields: Resource, principal: str, time: str) -> Resource:
    """Return a job that was just created: it is ready at once, there is nothing to start."""
    return _ready(
        fields
        | {
            "name": name.full,
            "uid": str(uuid.uuid4()),
            "generation": "1",
            "createTime": time,
            "creator": principal,
        },
        principal,
        time,
    )


def changed_job(current: Resource, fields: Resource, principal: str, time: str) -> Resource:
    """Return a job after a client changed it."""
    kept = {key: value for key, value in current.items() if key not in MUTABLE}
    return _ready(kept | fields | {"generation": str(int(current["generation"]) + 1)}, principal, time)


def new_execution(job: Resource, short: str, template: Resource, principal: str, time: str) -> Resource:
    """Return an execution whose tasks have not begun."""
    name = names.JobName.parse(job["name"])
    return {
        "name": name.execution(short),
        "uid": str(uuid.uuid4()),
        "creator": principal,
        "generation": "1",
        "createTime": time,
        "updateTime": time,
        "launchStage": job["launchStage"],
        "job": name.job,
        "parallelism": templates.parallelism(template),
        "taskCount": int(template["taskCount"]),
        "template": template["template"],
        "reconciling": True,
        "conditions": [
            conditions.condition("Completed", "RECONCILING", time),
            conditions.condition("ResourcesAvailable", "RECONCILING", time),
            conditions.condition("Started", "RECONCILING", time),
            conditions.condition("ContainerReady", "RECONCILING", time),
        ],
        "logUri": names.logs_url(name, short),
        "etag": new_etag(),
    } | {key: template[key] for key in ("labels", "annotations") if template.get(key)}


def new_task(execution: Resource, index: int, time: str) -> Resource:
    """Return a task that waits for its turn."""
    name = names.JobName.parse(execution["name"])
    short = execution["name"].rpartition("/")[2]
    template = execution["template"]
    result = {key: template[key] for key in _FROM_TEMPLATE if key in template}
    if index:
        result["index"] = index
    return result | {
        "name": name.task(short, index),
        "uid": str(uuid.uuid4()),
        "generation": "1",
        "createTime": time,
        "scheduledTime": time,
        "updateTime": time,
        "job": name.job,
        "execution": short,
        "reconciling": True,
        "conditions": [
            conditions.condition("Completed", "RECONCILING", time),
            conditions.condition("Started", "RECONCILING", time),
        ],
        "logUri": names.logs_url(name, short, index),
        "etag": new_etag(),
    }


def task_state(task: Resource) -> str:
    """Return where a task stands."""
    completed = next(item for item in task["conditions"] if item["type"] == "Completed")
    if completed["state"] == "CONDITION_SUCCEEDED":
        return SUCCEEDED
    if completed["state"] == "CONDITION_FAILED":
        return CANCELLED if completed.get("executionReason") == "CANCELLED" else FAILED
    return RUNNING if task.get("startTime") else PENDING


def execution_state(execution: Resource) -> str:
    """Return where an execution stands; its Completed condition is built as a task's."""
    return task_state(execution)


def counted(execution: Resource, tasks: Iterable[Resource]) -> Resource:
    """Return an execution with the counts of its tasks; a count of zero is left out, as protobuf's JSON does."""
    states = [(task_state(task), int(task.get("retried", 0))) for task in tasks]
    counts = {
        f"{state}Count": sum(1 for found, _ in states if found == state)
        for state in (RUNNING, SUCCEEDED, FAILED, CANCELLED)
    }
    counts["retriedCount"] = sum(retried for _, retried in states)
    kept = {key: value for key, value in execution.items() if key not in counts}
    return kept | {key: value for key, value in counts.items() if value}


def with_condition(resource: Resource, condition: conditions.Condition) -> Resource:
    """Return a resource with one of its conditions replaced, in its place."""
    parts = [condition if item["type"] == condition["type"] else item for item in resource["conditions"]]
    return resource | {"conditions": parts, "updateTime": condition["lastTransitionTime"]}


def completion(execution: Resource, tasks: list[Resource], time: str) -> conditions.Condition:
    """Return the Completed condition of an execution whose tasks have all ended."""
    states = [task_state(task) for task in tasks]
    if CANCELLED in states:
        return conditions.condition("Completed", "FAILED", time, "Execution cancelled.", executionReason="CANCELLED")
    if FAILED in states:
        task = tasks[states.index(FAILED)]
        result, short = task.get("lastAttemptResult", {}), task["name"].rpartition("/")[2]
        code = f" with exit code: {result['exitCode']}" if result.get("exitCode") else ""
        joint = " and" if code else " with"
        words = f"Task {short} failed{code}{joint} message: {result.get('status', {}).get('message', '')}"
        return conditions.condition("Completed", "FAILED", time, words, executionReason="NON_ZERO_EXIT_CODE")
    spent = datetime.fromisoformat(time) - datetime.fromisoformat(execution["startTime"])
    words = f"Execution completed successfully in {spent.total_seconds():.2f}s."
    return conditions.condition("Completed", "SUCCEEDED", time, words)


def reference(execution: Resource) -> Resource:
    """Return what a job says of its latest execution."""
    result = {"name": execution["name"].rpartition("/")[2], "createTime": execution["createTime"]}
    result["completionStatus"] = _REFERENCE_STATUS[execution_state(execution)]
    return result | {key: execution[key] for key in ("completionTime", "deleteTime") if key in execution}


def _ready(job: Resource, principal: str, time: str) -> Resource:
    return job | {
        "updateTime": time,
        "lastModifier": principal,
        "etag": new_etag(),
        "observedGeneration": job["generation"],
        "terminalCondition": conditions.condition("Ready", "SUCCEEDED", time),
        "conditions": [conditions.condition("ResourcesAvailable", "SUCCEEDED", time)],
    }
