"""v1 jobs, executions and tasks below a namespace, as gcloud uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import etag
from netra_sandbox.kernel.calls import Call
from netra_sandbox.kernel.errors import not_found
from netra_sandbox.services.cloud_run.jobs import executions, names, rules
from netra_sandbox.services.cloud_run.jobs import jobs as of_v2
from netra_sandbox.services.cloud_run.v1 import jobs_view, requests
from netra_sandbox.services.cloud_run.v1.requests import handles_v1

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
JOBS, EXECUTIONS, TASKS = "run.namespaces.jobs", "run.namespaces.executions", "run.namespaces.tasks"


@handles_v1(f"{JOBS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a job."""
    return jobs_view.job_to_v1(of_v2.stored(sandbox, _job(sandbox, call)), sandbox.project_number)


@handles_v1(f"{JOBS}.list")
async def list_(sandbox: Sandbox, call: Call) -> Resource:
    """Return the jobs of a location."""
    found = of_v2.all_below(sandbox, requests.location(sandbox, call, call.parameters["parent"]))
    shown = [jobs_view.job_to_v1(job, sandbox.project_number) for job in found]
    return requests.listed(call, "JobList", shown, jobs_view.API_VERSION)


@handles_v1(f"{JOBS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Create a job."""
    location = requests.location(sandbox, call, call.parameters["parent"])
    short = str((call.body.get("metadata") or {}).get("name") or "")
    rules.check_job_id("CreateJobRequest", short)
    return _write(sandbox, call, names.JobName.parse(f"{location}/jobs/{short}"), None)


@handles_v1(f"{JOBS}.replaceJob")
async def replace(sandbox: Sandbox, call: Call) -> Resource:
    """Make a job what the client sends."""
    name = _job(sandbox, call)
    current = of_v2.stored(sandbox, name)
    etag.check(name.job, (call.body.get("metadata") or {}).get("resourceVersion"), current["etag"])
    return _write(sandbox, call, name, current)


@handles_v1(f"{JOBS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Delete a job with its executions."""
    name = _job(sandbox, call)
    of_v2.begin_deletion(sandbox, name, validate_only=requests.dry_run(call))
    return requests.success(name.job, "Job")


@handles_v1(f"{JOBS}.run")
async def run(sandbox: Sandbox, call: Call) -> Resource:
    """Start an execution and return it."""
    job = of_v2.stored(sandbox, _job(sandbox, call))
    overrides = jobs_view.overrides_to_v2(call.body.get("overrides") or {})
    operation = of_v2.begin_execution(sandbox, job, overrides, call.principal, validate_only=False)
    return jobs_view.execution_to_v1(operation["metadata"], sandbox.project_number)


@handles_v1(f"{EXECUTIONS}.get")
async def get_execution(sandbox: Sandbox, call: Call) -> Resource:
    """Return an execution; its job is not in its v1 name."""
    return jobs_view.execution_to_v1(_execution(sandbox, call), sandbox.project_number)


@handles_v1(f"{EXECUTIONS}.list")
async def list_executions(sandbox: Sandbox, call: Call) -> Resource:
    """Return the executions of a location, newest first."""
    found = _executions(sandbox, requests.location(sandbox, call, call.parameters["parent"]))
    shown = [jobs_view.execution_to_v1(execution, sandbox.project_number) for execution in found]
    return requests.listed(call, "ExecutionList", shown, jobs_view.API_VERSION)


@handles_v1(f"{EXECUTIONS}.cancel")
async def cancel(sandbox: Sandbox, call: Call) -> Resource:
    """Cancel an execution that runs."""
    execution = _execution(sandbox, call)
    operation = executions.begin_cancellation(sandbox, execution, validate_only=False)
    return jobs_view.execution_to_v1(operation["metadata"], sandbox.project_number)


@handles_v1(f"{EXECUTIONS}.delete")
async def delete_execution(sandbox: Sandbox, call: Call) -> Resource:
    """Delete an execution with its tasks."""
    execution = _execution(sandbox, call)
    executions.begin_deletion(sandbox, execution, validate_only=False)
    return requests.success(execution["name"].rpartition("/")[2], "Execution")


@handles_v1(f"{TASKS}.get")
async def get_task(sandbox: Sandbox, call: Call) -> Resource:
    """Return a task; neither its job nor its execution is in its v1 name."""
    short = str(call.parameters["name"]).rpartition("/")[2]
    for task in _tasks(sandbox, requests.location(sandbox, call, call.parameters["name"])):
        if task["name"].endswith(f"/{short}"):
            return jobs_view.task_to_v1(task, sandbox.project_number)
    raise not_found(f"Resource '{short}' of kind 'TASK' in project '{sandbox.project}'")


@handles_v1(f"{TASKS}.list")
async def list_tasks(sandbox: Sandbox, call: Call) -> Resource:
    """Return the tasks of a location."""
    found = _tasks(sandbox, requests.location(sandbox, call, call.parameters["parent"]))
    shown = [jobs_view.task_to_v1(task, sandbox.project_number) for task in found]
    return requests.listed(call, "TaskList", shown, jobs_view.API_VERSION)


def _write(sandbox: Sandbox, call: Call, name: names.JobName, current: Resource | None) -> Resource:
    given = jobs_view.job_to_v2(call.body, name.parent)
    dry_run = requests.dry_run(call)
    operation = of_v2.write(sandbox, name, given, call.principal, validate_only=dry_run, current=current)
    return jobs_view.job_to_v1(operation["response"], sandbox.project_number)


def _job(sandbox: Sandbox, call: Call) -> names.JobName:
    resource = str(call.parameters["name"])
    location = requests.location(sandbox, call, resource)
    return names.JobName.parse(f"{location}/jobs/{resource.rpartition('/')[2]}")


def _executions(sandbox: Sandbox, location: str) -> list[Resource]:
    return executions.all_below(sandbox, names.JobName.parse(f"{location}/jobs/{executions.EVERY}"))


def _execution(sandbox: Sandbox, call: Call) -> Resource:
    short = str(call.parameters["name"]).rpartition("/")[2]
    for execution in _executions(sandbox, requests.location(sandbox, call, call.parameters["name"])):
        if execution["name"].endswith(f"/{short}"):
            return execution
    raise not_found(f"Resource '{short}' of kind 'EXECUTION' in project '{sandbox.project}'")


def _tasks(sandbox: Sandbox, location: str) -> list[Resource]:
    return [task for item in _executions(sandbox, location) for task in sandbox.jobs.tasks(item["name"])]
