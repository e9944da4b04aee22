"""Call the targets of jobs, through the sandbox's own front, and keep what came of it.

https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget
"""

from __future__ import annotations

import asyncio
import base64
import logging
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import aiohttp

from netra_sandbox.kernel.clock import format_time, read_time
from netra_sandbox.kernel.errors import CODES
from netra_sandbox.services.cloud_logging.entries import record
from netra_sandbox.services.cloud_scheduler import cron

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
KEY = "scheduler:"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_TICK_SECONDS = 0.25
_LOG = logging.getLogger(__name__)
_OK = range(200, 300)
# HTTP status → canonical status (google/rpc/code.proto).
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_TYPES = "type.googleapis.com/google.cloud.scheduler.logging"
_RUNNING: set[asyncio.Task[None]] = set()


@dataclass(frozen=True)
class Outcome:
    """What one attempt came to; `http` is 0 without an answer, `status` empty after success."""

    http: int
    status: str


@dataclass
class Scheduler:
    """Runs the jobs that are due until it is stopped; the sandbox's clock says when."""

    sandbox: Sandbox
    _task: asyncio.Task[None] | None = field(default=None)

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End, and leave the attempts that run."""
        tasks = [task for task in (self._task, *_RUNNING) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                now = self.sandbox.now()
                for job in self.sandbox.store.list(KEY):
                    if job["state"] == "ENABLED" and read_time(job["scheduleTime"]) <= now:
                        due = read_time(job["scheduleTime"])
                        self.sandbox.store.put(KEY + job["name"], planned(self.sandbox, job))
                        begin(self.sandbox, job, due)
            except Exception:  # noqa: BLE001  one job ends no other's schedule
                _LOG.exception("scheduled jobs")
            await asyncio.sleep(_TICK_SECONDS)


def planned(sandbox: Sandbox, job: Resource) -> Resource:
    """Return a job with the time of its next run; a paused one has none."""
    if job["state"] != "ENABLED":
        return {key: value for key, value in job.items() if key != "scheduleTime"}
    following = cron.parse(job["schedule"]).after(sandbox.now(), ZoneInfo(job["timeZone"]))
    return {**job, "scheduleTime": format_time(following)} if following else job


def begin(sandbox: Sandbox, job: Resource, due: datetime) -> None:
    """Run a job in the background."""
    _follow(execute(sandbox, job, due))


async def execute(sandbox: Sandbox, job: Resource, due: datetime) -> None:
    """Call the target until it succeeds or the retries are over."""
    retry = job["retryConfig"]
    begun = sandbox.clock.seconds()
    for number in range(int(retry.get("retryCount", 0)) + 1):
        if number:
            limit = seconds(retry["maxRetryDuration"])
            if limit and sandbox.clock.seconds() - begun > limit:
                return
            await asyncio.sleep(pause(retry, number))
        outcome = await _attempt(sandbox, job, due)
        if not outcome.status:
            return


def pause(retry: Resource, number: int) -> float:
    """Return how long to wait before a retry, counted from one: doubled so often, then linear."""
    least, most, doublings = (
        seconds(retry["minBackoffDuration"]),
        seconds(retry["maxBackoffDuration"]),
        int(retry["maxDoublings"]),
    )
    doubled: float = least * 2 ** min(number - 1, doublings)
    linear: float = max(number - 1 - doublings, 0) * least * 2**doublings
    return min(doubled + linear, most)


def seconds(duration: str) -> float:
    """Return how many seconds a duration is."""
    return float(duration.removesuffix("s"))


def status_of(http: int) -> str:
    """Return the canonical status of an answer, empty for success."""
    if http in _OK:
        return ""
    if http in _STATUSES:
        return _STATUSES[http]
    return "INVALID_ARGUMENT" if 400 <= http < 500 else "INTERNAL" if http >= 500 else "UNKNOWN"  # noqa: PLR2004  classes of HTTP


async def _attempt(sandbox: Sandbox, job: Resource, due: datetime) -> Outcome:
    _log(sandbox, job, "AttemptStarted", {"scheduledTime": format_time(due)})
    try:
        async with asyncio.timeout(seconds(job["attemptDeadline"])):
            http = await _call(sandbox, job, due)
            outcome = Outcome(http, status_of(http))
    except TimeoutError:
        outcome = Outcome(0, "DEADLINE_EXCEEDED")
    except (aiohttp.ClientError, OSError):
        outcome = Outcome(0, "UNAVAILABLE")
    more: Resource = {"status": outcome.status} if outcome.status else {}
    _log(sandbox, job, "AttemptFinished", more, outcome)
    stored = sandbox.store.get(KEY + job["name"])
    if stored is not None:
        stored |= {"lastAttemptTime": format_time(sandbox.now()), "status": {}}
        if outcome.status:
            stored["status"] = {"code": CODES[outcome.status][0]}
        sandbox.store.put(KEY + job["name"], stored)
    return outcome


async def _call(sandbox: Sandbox, job: Resource, due: datetime) -> int:
    target = job["httpTarget"]
    headers = {
        "User-Agent": "Google-Cloud-Scheduler",
        **target.get("headers", {}),
        "X-CloudScheduler": "true",
        "X-CloudScheduler-JobName": job["name"].rpartition("/")[2],
        "X-CloudScheduler-ScheduleTime": format_time(due),
        **_authorization(sandbox, target),
    }
    context = ssl.create_default_context(cafile=str(sandbox.directory / "ca.pem"))
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            target["httpMethod"],
            target["uri"],
            headers=headers,
            data=base64.b64decode(target["body"]) if target.get("body") else None,
            proxy=sandbox.front,
            ssl=context,
            allow_redirects=False,
        ) as answer,
    ):
        return answer.status


def _authorization(sandbox: Sandbox, target: Resource) -> dict[str, str]:
    oidc, oauth = target.get("oidcToken"), target.get("oauthToken")
    if oidc:
        token = sandbox.principals.identity_token(oidc["serviceAccountEmail"], oidc.get("audience") or target["uri"])
    elif oauth:
        token = sandbox.principals.issue(oauth["serviceAccountEmail"])
    else:
        return {}
    return {"Authorization": f"Bearer {token}"}


def _log(sandbox: Sandbox, job: Resource, kind: str, more: Resource, outcome: Outcome | None = None) -> None:
    """Write what Cloud Scheduler logs of an attempt (https://cloud.google.com/scheduler/docs/viewing-logs)."""
    entry: Resource = {
        "logName": f"projects/{sandbox.project}/logs/cloudscheduler.googleapis.com%2Fexecutions",
        "resource": {
            "type": "cloud_scheduler_job",
            "labels": {
                "project_id": sandbox.project,
                "job_id": job["name"].rpartition("/")[2],
                "location": job["name"].split("/")[3],
            },
        },
        "severity": "ERROR" if outcome is not None and outcome.status else "INFO",
        "jsonPayload": {
            "@type": f"{_TYPES}.{kind}",
            "jobName": job["name"],
            "targetType": "HTTP",
            "url": job["httpTarget"]["uri"].partition("?")[0],
            **more,
        },
    }
    if outcome is not None and outcome.http:
        entry["httpRequest"] = {"status": outcome.http}
    record(sandbox, entry)


def _follow(work: Coroutine[None, None, None]) -> None:
    task = asyncio.create_task(work)
    _RUNNING.add(task)
    task.add_done_callback(_RUNNING.discard)
