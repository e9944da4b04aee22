"""run.projects.locations.jobs: create, get, list, patch, delete, run (Cloud Run Admin v2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import etag, iam_policies, paging
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.clock import format_time
from netra_sandbox.kernel.errors import ApiError, already_exists, not_found
from netra_sandbox.services.cloud_run.jobs import names, records, rules, templates
from netra_sandbox.services.cloud_run.names import API
from netra_sandbox.services.cloud_run.template import without_empty

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "run.projects.locations.jobs"
RESPONSE_TYPE = "google.cloud.run.v2.Job"
EXECUTION_TYPE = "google.cloud.run.v2.Execution"


@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Create a job; it runs when somebody says so."""
    job_id = str(call.parameters.get("jobId") or "")
    rules.check_job_id("CreateJobRequest", job_id)
    name = named(sandbox, f"{call.parameters['parent']}/jobs/{job_id}")
    return write(sandbox, name, call.body, call.principal, validate_only=_validate_only(call))


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a job."""
    return stored(sandbox, named(sandbox, call.parameters["name"]))


@handles(f"{METHODS}.list")
async def list_(sandbox: Sandbox, call: Call) -> Resource:
    """Return a location's jobs, newest first."""
    parent = named(sandbox, f"{call.parameters['parent']}/jobs/any").parent
    found = sorted(all_below(sandbox, parent), key=lambda job: str(job["createTime"]), reverse=True)
    return paging.page(found, "jobs", call)


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Make a job what the client sends; executions that run keep what they began with."""
    name = named(sandbox, call.parameters["name"])
    if sandbox.store.get(name.key) is None and call.parameters.get("allowMissing"):
        rules.check_job_id("CreateJobRequest", name.job)
        return write(sandbox, name, call.body, call.principal, validate_only=_validate_only(call))
    current = stored(sandbox, name)
    etag.check(name.full, call.body.get("etag"), current["etag"])
    return write(sandbox, name, call.body, call.principal, validate_only=_validate_only(call), current=current)


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Delete a job with its executions; those that run are stopped."""
    name = named(sandbox, call.parameters["name"])
    etag.check(name.full, call.parameters.get("etag"), stored(sandbox, name)["etag"])
    return begin_deletion(sandbox, name, validate_only=_validate_only(call))


@handles(f"{METHODS}.run")
async def run(sandbox: Sandbox, call: Call) -> Resource:
    """Start an execution; the operation ends when the execution has completed."""
    name = named(sandbox, call.parameters["name"])
    job = stored(sandbox, name)
    etag.check(name.full, call.body.get("etag"), job["etag"])
    overrides, validate_only = call.body.get("overrides") or {}, bool(call.body.get("validateOnly"))
    return begin_execution(sandbox, job, overrides, call.principal, validate_only=validate_only)


def write(
    sandbox: Sandbox,
    name: names.JobName,
    given: Resource,
    principal: str,
    *,
    validate_only: bool,
    current: Resource | None = None,
) -> Resource:
    """Create a job, or change the current one, and return the operation."""
    if current is None and sandbox.store.get(name.key) is not None:
        raise already_exists(f"Resource '{name.job}'")
    rules.check_job("UpdateJobRequest" if current else "CreateJobRequest", given)
    fields: Resource = without_empty({key: given[key] for key in records.MUTABLE if key in given})
    fields["template"] = templates.normalised(given.get("template") or {}, project_number=sandbox.project_number)
    fields.setdefault("launchStage", "GA")
    time = format_time(sandbox.now())
    if current:
        job = records.changed_job(current, fields, principal, time)
    else:
        job = records.new_job(name, fields, principal, time)
    if not validate_only:
        sandbox.store.put(name.key, job)
    return sandbox.operations.done("run", name.parent, job, metadata=job, response_type=RESPONSE_TYPE)


def begin_deletion(sandbox: Sandbox, name: names.JobName, *, validate_only: bool) -> Resource:
    """Delete a stored job and return the operation."""
    answer = stored(sandbox, name) | {"deleteTime": format_time(sandbox.now())}
    if validate_only:
        return sandbox.operations.done("run", name.parent, answer, metadata=answer, response_type=RESPONSE_TYPE)
    work = _remove(sandbox, name, answer)
    return sandbox.operations.start("run", name.parent, work, metadata=answer, response_type=RESPONSE_TYPE)


def begin_execution(
    sandbox: Sandbox, job: Resource, overrides: Resource, principal: str, *, validate_only: bool
) -> Resource:
    """Start an execution of a job and return the operation that follows it."""
    name = names.JobName.parse(job["name"])
    rules.check_overrides(overrides)
    template = templates.overridden(job["template"], overrides)
    short, time = names.generated_execution(name.job), format_time(sandbox.now())
    execution = records.new_execution(job, short, template, principal, time)
    if validate_only:
        return sandbox.operations.done("run", name.parent, execution, metadata=execution, response_type=EXECUTION_TYPE)
    tasks = [records.new_task(execution, index, time) for index in range(execution["taskCount"])]
    for resource in (execution, *tasks):
        sandbox.store.put_lasting(f"{API}{resource['name']}", resource)
    counted = {"executionCount": int(job.get("executionCount", 0)) + 1}
    sandbox.store.put_lasting(name.key, job | counted | {"latestCreatedExecution": records.reference(execution)})
    sandbox.jobs.start(execution, tasks)
    work = _follow(sandbox, execution)
    return sandbox.operations.start("run", name.parent, work, metadata=execution, response_type=EXECUTION_TYPE)


def stored(sandbox: Sandbox, name: names.JobName) -> Resource:
    """Return a job; raise NOT_FOUND when there is none."""
    job = sandbox.store.get(name.key)
    if job is None:
        raise not_found(f"Resource '{name.job}' of kind 'JOB' in region '{name.region}' in project '{name.project}'")
    return job


def all_below(sandbox: Sandbox, parent: str) -> list[Resource]:
    """Return the jobs of a location."""
    return sandbox.store.list(f"{API}{parent}/jobs/", "jobs")


def named(sandbox: Sandbox, resource: str) -> names.JobName:
    """Read a name; the project may be given by its number."""
    parsed = names.JobName.parse(resource)
    if parsed.project not in {sandbox.project, sandbox.project_number}:
        raise ApiError("PERMISSION_DENIED", f"Permission denied on resource project {parsed.project}.")
    return names.JobName(sandbox.project, parsed.region, parsed.job)


async def _follow(sandbox: Sandbox, execution: Resource) -> Resource:
    await sandbox.jobs.finished(execution["name"])
    return sandbox.store.get(f"{API}{execution['name']}") or execution


async def _remove(sandbox: Sandbox, name: names.JobName, answer: Resource) -> Resource:
    for execution in sandbox.store.list(f"{name.key}/executions/", "executions"):
        await remove_execution(sandbox, execution["name"])
    sandbox.store.delete(name.key)
    iam_policies.forget(sandbox.store, name.key)
    return answer


async def remove_execution(sandbox: Sandbox, execution: str) -> None:
    """Stop an execution and forget it with its tasks."""
    await sandbox.jobs.cancel(execution)
    for task in sandbox.jobs.tasks(execution):
        sandbox.store.delete(f"{API}{task['name']}")
    sandbox.store.delete(f"{API}{execution}")


def _validate_only(call: Call) -> bool:
    return bool(call.parameters.get("validateOnly"))


def _locate(sandbox: Sandbox, resource: str) -> str:
    name = named(sandbox, resource)
    stored(sandbox, name)
    return name.key


iam_policies.serve(METHODS, _locate)
