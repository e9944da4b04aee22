"""Error Reporting v1beta1. https://cloud.google.com/error-reporting/reference/rest."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.services import longrunning

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
KEY = "errors:"
PERIODS = {
    "PERIOD_1_HOUR": timedelta(hours=1),
    "PERIOD_6_HOURS": timedelta(hours=6),
    "PERIOD_1_DAY": timedelta(days=1),
    "PERIOD_1_WEEK": timedelta(weeks=1),
    "PERIOD_30_DAYS": timedelta(days=30),
}


@handles("clouderrorreporting.projects.events.report")
async def report(sandbox: Sandbox, call: Call) -> Resource:
    """Take an error event."""
    context = call.body.get("serviceContext") or {}
    _store(sandbox, context.get("service", "default"), context.get("version", ""), call.body.get("message", ""))
    return {}


@handles("clouderrorreporting.projects.groupStats.list")
async def list_group_stats(sandbox: Sandbox, call: Call) -> Resource:
    """Return how often each group of errors occurred in a period, most frequent first."""
    period = PERIODS.get(str(call.parameters.get("timeRange.period")), PERIODS["PERIOD_1_HOUR"])
    since = longrunning.format_time(sandbox.now() - period)
    wanted = {
        "service": call.parameters.get("serviceFilter.service"),
        "version": call.parameters.get("serviceFilter.version"),
    }
    groups: dict[str, list[Resource]] = defaultdict(list)
    for event in sandbox.store.list(KEY):
        matches = all(value in {None, event[name]} for name, value in wanted.items())
        if matches and event["time"] >= since:
            groups[event["group"]].append(event)
    found = [_stats(sandbox, events) for events in groups.values()]
    return longrunning.page(call, "errorGroupStats", sorted(found, key=lambda entry: -int(entry["count"])))


def listen(sandbox: Sandbox) -> None:
    """Take the errors that instances print."""
    sandbox.error_listeners.append(lambda service, revision, message: _store(sandbox, service, revision, message))


def seed(sandbox: Sandbox, service: str, revision: str, message: str, count: int) -> None:
    """Note errors of the last half hour; for scenarios."""
    for number in range(count):
        _store(sandbox, service, revision, message, seconds_ago=number * 1800 // count)


def _store(sandbox: Sandbox, service: str, version: str, message: str, seconds_ago: int = 0) -> None:
    # Events of one kind differ by their time and place only; the last line of a traceback says which kind.
    lines = message.strip().splitlines() or [""]
    group = hashlib.sha256(f"{service}\0{lines[-1]}".encode()).hexdigest()[:22]
    time = longrunning.format_time(sandbox.now() - timedelta(seconds=seconds_ago))
    number = len(sandbox.store.list(KEY))
    event = {"service": service, "version": version, "message": message, "group": group, "time": time}
    sandbox.store.put(f"{KEY}{number:08d}", event)


def _stats(sandbox: Sandbox, events: list[Resource]) -> Resource:
    newest = max(events, key=lambda event: str(event["time"]))
    contexts = sorted({(event["service"], event["version"]) for event in events})
    identifier = newest["group"]
    return {
        "group": {"name": f"projects/{sandbox.project}/groups/{identifier}", "groupId": identifier},
        "count": str(len(events)),
        "firstSeenTime": min(str(event["time"]) for event in events),
        "lastSeenTime": newest["time"],
        "affectedServices": [{"service": service, "version": version} for service, version in contexts],
        "numAffectedServices": len(contexts),
        "representative": {
            "eventTime": newest["time"],
            "serviceContext": {"service": newest["service"], "version": newest["version"]},
            "message": newest["message"],
        },
    }
