"""run.projects.locations.jobs.executions: get, list, cancel, delete, and their tasks (Cloud Run Admin v2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import etag, paging
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.clock import format_time
from netra_sandbox.kernel.errors import ApiError, not_found
from netra_sandbox.services.cloud_run.jobs import jobs, names
from netra_sandbox.services.cloud_run.names import API

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = f"{jobs.METHODS}.executions"
EVERY = "-"  # stands for all jobs, or all executions, of a parent


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return an execution."""
    return stored(sandbox, call.parameters["name"], "EXECUTION")


@handles(f"{METHODS}.list")
async def list_(sandbox: Sandbox, call: Call) -> Resource:
    """Return a job's executions, newest first; the job `-` stands for all of a location."""
    name = jobs.named(sandbox, call.parameters["parent"])
    if name.job != EVERY:
        jobs.stored(sandbox, name)
    return paging.page(all_below(sandbox, name), "executions", call)


@handles(f"{METHODS}.cancel")
async def cancel(sandbox: Sandbox, call: Call) -> Resource:
    """Cancel an execution that runs."""
    execution = stored(sandbox, call.parameters["name"], "EXECUTION")
    etag.check(execution["name"], call.body.get("etag"), execution["etag"])
    return begin_cancellation(sandbox, execution, validate_only=bool(call.body.get("validateOnly")))


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Delete an execution with its tasks; one that runs is stopped."""
    execution = stored(sandbox, call.parameters["name"], "EXECUTION")
    etag.check(execution["name"], call.parameters.get("etag"), execution["etag"])
    return begin_deletion(sandbox, execution, validate_only=bool(call.parameters.get("validateOnly")))


@handles(f"{METHODS}.tasks.get")
async def get_task(sandbox: Sandbox, call: Call) -> Resource:
    """Return a task."""
    return stored(sandbox, call.parameters["name"], "TASK")


@handles(f"{METHODS}.tasks.list")
async def list_tasks(sandbox: Sandbox, call: Call) -> Resource:
    """Return an execution's tasks, by their index; the execution `-` stands for all of a job."""
    name = jobs.named(sandbox, call.parameters["parent"])
    short = call.parameters["parent"].rpartition("/")[2]
    found = [name.execution(short)] if short != EVERY else [item["name"] for item in all_below(sandbox, name)]
    return paging.page([task for execution in found for task in sandbox.jobs.tasks(execution)], "tasks", call)


def begin_cancellation(sandbox: Sandbox, execution: Resource, *, validate_only: bool) -> Resource:
    """Cancel a stored execution and return the operation; refuse one that has completed."""
    if "completionTime" in execution:
        raise ApiError("FAILED_PRECONDITION", f"Execution '{execution['name']}' has already completed.")
    parent = names.JobName.parse(execution["name"]).parent
    if validate_only:
        return sandbox.operations.done("run", parent, execution, metadata=execution, response_type=jobs.EXECUTION_TYPE)
    work = _cancel(sandbox, execution["name"])
    return sandbox.operations.start("run", parent, work, metadata=execution, response_type=jobs.EXECUTION_TYPE)


def begin_deletion(sandbox: Sandbox, execution: Resource, *, validate_only: bool) -> Resource:
    """Delete a stored execution and return the operation."""
    parent = names.JobName.parse(execution["name"]).parent
    answer = execution | {"deleteTime": format_time(sandbox.now())}
    if validate_only:
        return sandbox.operations.done("run", parent, answer, metadata=answer, response_type=jobs.EXECUTION_TYPE)
    work = _remove(sandbox, answer)
    return sandbox.operations.start("run", parent, work, metadata=answer, response_type=jobs.EXECUTION_TYPE)


def all_below(sandbox: Sandbox, name: names.JobName) -> list[Resource]:
    """Return the executions of a job, or of a location's jobs (`-`), newest first."""
    prefix = f"{API}{name.parent}/jobs/" if name.job == EVERY else f"{name.key}/executions/"
    found = sandbox.store.list(prefix, "executions")
    return sorted(found, key=lambda execution: str(execution["createTime"]), reverse=True)


def stored(sandbox: Sandbox, resource: str, kind: str) -> Resource:
    """Return an execution or a task; raise NOT_FOUND when there is none."""
    name = jobs.named(sandbox, resource)
    found = sandbox.store.get(f"{name.key}/{resource.partition('/jobs/')[2].partition('/')[2]}")
    if found is None:
        short = resource.rpartition("/")[2]
        raise not_found(f"Resource '{short}' of kind '{kind}' in region '{name.region}' in project '{name.project}'")
    return found


async def _cancel(sandbox: Sandbox, name: str) -> Resource:
    await sandbox.jobs.cancel(name)
    return sandbox.store.get(f"{API}{name}") or {}


async def _remove(sandbox: Sandbox, answer: Resource) -> Resource:
    await jobs.remove_execution(sandbox, answer["name"])
    return answer
