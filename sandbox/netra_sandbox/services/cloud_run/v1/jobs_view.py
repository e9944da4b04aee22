"""Jobs, executions and tasks, v1 ↔ v2: pure views (reference: run v1, namespaces.jobs)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netra_sandbox.services.cloud_run.jobs import names, records
from netra_sandbox.services.cloud_run.v1 import annotated, conditions, templates
from netra_sandbox.services.cloud_run.v1.annotated import TEXT, Row
from netra_sandbox.services.cloud_run.v1.services_view import OPERATION, object_meta

Resource = dict[str, Any]
API_VERSION = "run.googleapis.com/v1"
JOB, EXECUTION, STATE = "run.googleapis.com/job", "run.googleapis.com/execution", "run.googleapis.com/runningState"
UPDATED = "run.googleapis.com/lastUpdatedTime"
CREATOR, MODIFIER = "run.googleapis.com/creator", "run.googleapis.com/lastModifier"
ROWS = (
    Row("run.googleapis.com/launch-stage", ("launchStage",), TEXT),
    Row("run.googleapis.com/client-name", ("client",), TEXT),
    Row("run.googleapis.com/client-version", ("clientVersion",), TEXT),
)
_COUNTS = ("runningCount", "succeededCount", "failedCount", "cancelledCount", "retriedCount")
_COUNTED = ("taskCount", "parallelism")
_STATES = {
    records.PENDING: "Waiting",
    records.RUNNING: "Running",
    records.SUCCEEDED: "Succeeded",
    records.FAILED: "Failed",
    records.CANCELLED: "Cancelled",
}


def job_to_v2(job: Mapping[str, Any], location: str) -> Resource:
    """Return what a client set in a v1 Job, as fields of v2."""
    metadata = job.get("metadata") or {}
    given = metadata.get("annotations") or {}
    known = (*(row.annotation for row in ROWS), CREATOR, MODIFIER, OPERATION)
    annotated.refuse_unknown(given, known, "metadata")
    result = annotated.read(ROWS, given, "metadata") | _own(metadata)
    execution = (job.get("spec") or {}).get("template") or {}
    spec, execution_metadata = execution.get("spec") or {}, execution.get("metadata") or {}
    task = (spec.get("template") or {}).get("spec") or {}
    template: Resource = {key: spec[key] for key in _COUNTED if spec.get(key)} | _own(execution_metadata)
    described = templates.shared_to_v2(task, execution_metadata.get("annotations") or {}, location)
    if "maxRetries" in task:
        described["maxRetries"] = task["maxRetries"]
    template["template"] = described
    return result | {"template": template}


def job_to_v1(job: Mapping[str, Any], project_number: str) -> Resource:
    """Return a v2 Job as v1 shows it."""
    metadata = _metadata(job, "jobs", project_number)
    shown = {key: value for key, value in job.items() if (key, value) != ("launchStage", "GA")}
    metadata["annotations"] = dict(job.get("annotations") or {}) | annotated.written(ROWS, shown)
    metadata["annotations"] |= {CREATOR: job["creator"], MODIFIER: job["lastModifier"]}
    metadata["labels"][UPDATED] = job["updateTime"]  # where gcloud reads it
    template = job["template"]
    task, given = _task_spec(template["template"])
    spec: Resource = {key: template[key] for key in _COUNTED if key in template} | {"template": {"spec": task}}
    execution_metadata: Resource = {"annotations": dict(template.get("annotations") or {}) | given}
    if template.get("labels"):
        execution_metadata["labels"] = dict(template["labels"])
    status: Resource = {
        "observedGeneration": int(job["observedGeneration"]),
        "conditions": [conditions.to_v1(item) for item in (job["terminalCondition"], *job["conditions"])],
    }
    if job.get("executionCount"):
        status["executionCount"] = job["executionCount"]
    if job.get("latestCreatedExecution"):
        status["latestCreatedExecution"] = _reference(job["latestCreatedExecution"])
    return {
        "apiVersion": API_VERSION,
        "kind": "Job",
        "metadata": metadata,
        "spec": {"template": {"metadata": execution_metadata, "spec": spec}},
        "status": status,
    }


def execution_to_v1(execution: Mapping[str, Any], project_number: str) -> Resource:
    """Return a v2 Execution as v1 shows it."""
    metadata = _metadata(execution, "executions", project_number)
    task, given = _task_spec(execution["template"])
    metadata["labels"] |= {JOB: execution["job"]}
    metadata["annotations"] = dict(execution.get("annotations") or {}) | given | {CREATOR: execution["creator"]}
    spec = {key: execution[key] for key in _COUNTED} | {"template": {"spec": task}}
    status = {key: execution[key] for key in (*_COUNTS, "logUri") if key in execution} | _progress(execution)
    return {"apiVersion": API_VERSION, "kind": "Execution", "metadata": metadata, "spec": spec, "status": status}


def task_to_v1(task: Mapping[str, Any], project_number: str) -> Resource:
    """Return a v2 Task as v1 shows it."""
    metadata = _metadata(task, "tasks", project_number)
    spec, given = _task_spec(task)
    state = _STATES[records.task_state(dict(task))]
    metadata["labels"] |= {JOB: task["job"], EXECUTION: task["execution"], STATE: state}
    metadata["annotations"] = dict(task.get("annotations") or {}) | given
    status = {key: task[key] for key in ("index", "retried", "lastAttemptResult", "logUri") if key in task}
    status |= _progress(task)
    return {"apiVersion": API_VERSION, "kind": "Task", "metadata": metadata, "spec": spec, "status": status}


def overrides_to_v2(overrides: Mapping[str, Any]) -> Resource:
    """Return v1's overrides of a run as v2 has them."""
    result = {key: overrides[key] for key in ("taskCount", "containerOverrides") if overrides.get(key)}
    if overrides.get("timeoutSeconds"):
        result["timeout"] = f"{overrides['timeoutSeconds']}s"
    return result


def _own(metadata: Mapping[str, Any]) -> Resource:
    return {key: found for key in ("labels", "annotations") if (found := annotated.of_users(metadata.get(key)))}


def _metadata(resource: Mapping[str, Any], collection: str, project_number: str) -> Resource:
    region = names.JobName.parse(resource["name"]).region
    return object_meta(resource, collection, resource["name"].rpartition("/")[2], project_number, region)


def _task_spec(template: Mapping[str, Any]) -> tuple[Resource, dict[str, str]]:
    spec, given = templates.shared_to_v1(template)
    spec["maxRetries"] = template["maxRetries"]
    # int64 of JSON: a task's time-out is a string where a revision's is a number.
    return spec | {"timeoutSeconds": str(spec["timeoutSeconds"])}, given


def _progress(resource: Mapping[str, Any]) -> Resource:
    result: Resource = {"conditions": [conditions.to_v1(item) for item in resource["conditions"]]}
    result |= {key: resource[key] for key in ("startTime", "completionTime") if key in resource}
    observed = resource.get("observedGeneration")
    return result | ({"observedGeneration": int(observed)} if observed else {})


def _reference(execution: Mapping[str, Any]) -> Resource:
    renamed = {
        "createTime": "creationTimestamp",
        "completionTime": "completionTimestamp",
        "deleteTime": "deletionTimestamp",
    }
    return {renamed.get(key, key): value for key, value in execution.items()}
