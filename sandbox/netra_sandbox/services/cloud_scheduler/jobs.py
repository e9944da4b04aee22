"""Jobs with an HTTP target; the sandbox has no Pub/Sub and no App Engine."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from netra_sandbox.kernel import field_mask
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.clock import format_time
from netra_sandbox.kernel.errors import ApiError, invalid
from netra_sandbox.kernel.paging import page
from netra_sandbox.services.cloud_scheduler import attempts, cron

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "cloudscheduler.projects.locations.jobs"
KEY = "scheduler:"
MOST_RETRIES, SHORTEST_DEADLINE, LONGEST_DEADLINE = 5, 15, 1800
_ID = re.compile(r"[A-Za-z0-9_-]{1,500}")
_URI = re.compile(r"https?://[^/?#\s]+([/?#]\S*)?")
_RETRY = {
    "maxRetryDuration": "0s",
    "minBackoffDuration": "5s",
    "maxBackoffDuration": "3600s",
    "maxDoublings": 5,
}


@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Make a job."""
    parent = call.parameters["parent"]
    name = call.body.get("name") or f"{parent}/jobs/{secrets.randbelow(10**20):020d}"
    owner, _, identifier = name.rpartition("/jobs/")
    if owner != parent or not _ID.fullmatch(identifier):
        raise invalid(f"Job name must be formatted: {parent}/jobs/JOB_ID, where JOB_ID is letters, numbers, -, _")
    if sandbox.store.get(KEY + name) is not None:
        raise ApiError("ALREADY_EXISTS", f"Job {name} already exists.")
    job = {**_completed(call.body), "name": name, "state": "ENABLED"}
    return _put(sandbox, job)


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a job."""
    return _job(sandbox, call)


@handles(f"{METHODS}.list")
async def list_jobs(sandbox: Sandbox, call: Call) -> Resource:
    """Return the jobs of a location."""
    return page(sandbox.store.list(f"{KEY}{call.parameters['parent']}/jobs/"), "jobs", call)


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change a job; a new schedule begins at once."""
    job = _job(sandbox, call)
    mask = call.parameters.get("updateMask") or ",".join(key for key in call.body if key != "name")
    given = field_mask.apply(job, call.body, mask)
    return _put(sandbox, {**_completed(given), "name": job["name"], "state": job["state"]})


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Remove a job."""
    sandbox.store.delete(KEY + _job(sandbox, call)["name"])
    return {}


@handles(f"{METHODS}.pause")
async def pause(sandbox: Sandbox, call: Call) -> Resource:
    """Stop a job from running on its schedule."""
    return _switched(sandbox, call, "ENABLED", "PAUSED")


@handles(f"{METHODS}.resume")
async def resume(sandbox: Sandbox, call: Call) -> Resource:
    """Let a job run on its schedule again."""
    return _switched(sandbox, call, "PAUSED", "ENABLED")


@handles(f"{METHODS}.run")
async def run(sandbox: Sandbox, call: Call) -> Resource:
    """Run a job now, paused or not."""
    job = _job(sandbox, call)
    attempts.begin(sandbox, job, sandbox.now())
    return sandbox.store.get(KEY + job["name"]) or job


def _switched(sandbox: Sandbox, call: Call, before: str, after: str) -> Resource:
    job = _job(sandbox, call)
    if job["state"] != before:
        raise ApiError("FAILED_PRECONDITION", f"Job.state must be {before}, it is {job['state']}.")
    return _put(sandbox, {**job, "state": after})


def _put(sandbox: Sandbox, job: Resource) -> Resource:
    stored = attempts.planned(sandbox, {**job, "userUpdateTime": format_time(sandbox.now())})
    sandbox.store.put(KEY + stored["name"], stored)
    return stored


def _job(sandbox: Sandbox, call: Call) -> Resource:
    found = sandbox.store.get(KEY + call.parameters["name"])
    if found is None:
        raise ApiError("NOT_FOUND", "Job not found.")
    return found


def _completed(given: Resource) -> Resource:
    """Return a job with the defaults of what it does not say; refuse one that cannot be."""
    job = {"timeZone": "Etc/UTC", "attemptDeadline": "180s", **given}
    if "httpTarget" not in job or "pubsubTarget" in job or "appEngineHttpTarget" in job:
        raise invalid("A job of the sandbox has an HTTP target and no other.", field="job.http_target")
    target = {"httpMethod": "POST", **job["httpTarget"]}
    if not _URI.fullmatch(target.get("uri", "")):
        raise invalid("HttpTarget.uri must be a valid URI.", field="job.http_target.uri")
    if "oidcToken" in target and "oauthToken" in target:
        raise invalid("HttpTarget has one authorization header.", field="job.http_target")
    try:
        schedule = cron.parse(job.get("schedule", ""))
        zone = ZoneInfo(job["timeZone"])
    except cron.CronError:
        raise invalid("Schedule or time zone is invalid.", field="job.schedule") from None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid("Schedule or time zone is invalid.", field="job.time_zone") from None
    if schedule.after(attempts.BEGIN, zone) is None:
        raise invalid("Schedule or time zone is invalid.", field="job.schedule")
    if not SHORTEST_DEADLINE <= attempts.seconds(job["attemptDeadline"]) <= LONGEST_DEADLINE:
        raise invalid("Job.attempt_deadline must be between 15s and 1800s.", field="job.attempt_deadline")
    retry = {**_RETRY, **job.get("retryConfig", {})}
    if not 0 <= retry.get("retryCount", 0) <= MOST_RETRIES:
        raise invalid("RetryConfig.retry_count must be between 0 and 5.", field="job.retry_config.retry_count")
    return {**job, "httpTarget": target, "retryConfig": retry}
