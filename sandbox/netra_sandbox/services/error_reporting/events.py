"""Events: what instances print and what clients report; kept as rows, the oldest dropped beyond a bound."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.clock import format_time, read_time
from netra_sandbox.kernel.errors import invalid
from netra_sandbox.kernel.paging import page
from netra_sandbox.services.error_reporting.grouping import group_of, has_stack

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
KEY = "errors:events/"
GROUPS = "errors:groups/"
MOST_EVENTS = 2000
LONGEST_MESSAGE = 8 * 1024
_TRIM_EVERY = 100
API = ("clouderrorreporting.projects", "clouderrorreporting.projects.locations")
PERIODS = {
    "PERIOD_1_HOUR": timedelta(hours=1),
    "PERIOD_6_HOURS": timedelta(hours=6),
    "PERIOD_1_DAY": timedelta(days=1),
    "PERIOD_1_WEEK": timedelta(weeks=1),
    "PERIOD_30_DAYS": timedelta(days=30),
}


@handles("clouderrorreporting.projects.events.report")
async def report(sandbox: Sandbox, call: Call) -> Resource:
    """Take an error event; it has a stack trace, or says where it was reported."""
    body = call.body
    context = body.get("serviceContext") or {}
    if not context.get("service"):
        raise invalid("ServiceContext.service is required.", field="event.service_context.service")
    message = body.get("message", "")
    if not message:
        raise invalid("ReportedErrorEvent.message is required.", field="event.message")
    location = body.get("context", {}).get("reportLocation")
    if not location and not has_stack(message):
        words = "ReportedErrorEvent.message must contain a stack trace, or context.report_location be set."
        raise invalid(words, field="event.message")
    more = {"context": body["context"]} if body.get("context") else {}
    time = format_time(read_time(body["eventTime"])) if body.get("eventTime") else format_time(sandbox.now())
    _store(sandbox, context["service"], context.get("version", ""), {"message": message, "time": time, **more})
    return {}


async def list_events(sandbox: Sandbox, call: Call) -> Resource:
    """Return the events of a group in a period, newest first."""
    group = call.parameters.get("groupId")
    if not group:
        raise invalid("A group is required.", field="group_id")
    begin = sandbox.now() - period_of(call)
    found = [
        as_event(event)
        for event in matching(sandbox, call)
        if event["group"] == group and read_time(event["time"]) >= begin
    ]
    answer = page(sorted(found, key=lambda event: str(event["eventTime"]), reverse=True), "errorEvents", call)
    return answer | {"timeRangeBegin": format_time(begin)}


async def delete_events(sandbox: Sandbox, call: Call) -> Resource:  # noqa: ARG001  the signature of handlers
    """Forget all events."""
    for event in sandbox.store.list(KEY):
        sandbox.store.delete(event["key"])
    return {}


for _resource in API:
    handles(f"{_resource}.events.list")(list_events)
    handles(f"{_resource}.deleteEvents")(delete_events)


def listen(sandbox: Sandbox) -> None:
    """Take the errors that instances print."""

    def take(service: str, revision: str, message: str) -> None:
        _store(sandbox, service, revision, {"message": message, "time": format_time(sandbox.now())})

    sandbox.error_listeners.append(take)


def seed(sandbox: Sandbox, service: str, revision: str, message: str, count: int) -> None:
    """Note errors of the last half hour; for scenarios."""
    for number in range(count):
        moment = sandbox.now() - timedelta(seconds=number * 1800 // count)
        _store(sandbox, service, revision, {"message": message, "time": format_time(moment)})


def matching(sandbox: Sandbox, call: Call) -> list[Resource]:
    """Return the events that a request's service filter lets through."""
    wanted = {
        "service": call.parameters.get("serviceFilter.service"),
        "version": call.parameters.get("serviceFilter.version"),
    }
    return [
        event
        for event in sandbox.store.list(KEY)
        if all(value in {None, "", event[name]} for name, value in wanted.items())
    ]


def period_of(call: Call) -> timedelta:
    """Return how far back a request looks."""
    return PERIODS.get(str(call.parameters.get("timeRange.period")), PERIODS["PERIOD_1_HOUR"])


def as_event(event: Resource) -> Resource:
    """Return an event as the API does."""
    version = {"version": event["version"]} if event["version"] else {}
    return {
        "eventTime": event["time"],
        "serviceContext": {"service": event["service"], **version},
        "message": event["message"],
        **({"context": event["context"]} if "context" in event else {}),
    }


def _store(sandbox: Sandbox, service: str, version: str, event: Resource) -> None:
    """Keep an event: its message, its time and, if there is one, its context."""
    group = group_of(event["message"])
    key = f"{KEY}{event['time']}-{secrets.token_hex(4)}"
    named = {"key": key, "service": service, "version": version, "group": group}
    sandbox.store.put(key, {**event, **named, "message": event["message"][:LONGEST_MESSAGE]})
    known = sandbox.store.get(GROUPS + group)
    if known is None or known.get("resolutionStatus") == "RESOLVED":
        # An error that occurs again after it was resolved is open again.
        sandbox.store.put(GROUPS + group, {**(known or {}), "groupId": group, "resolutionStatus": "OPEN"})
    if secrets.randbelow(_TRIM_EVERY) == 0:
        for old in sandbox.store.list(KEY)[:-MOST_EVENTS]:
            sandbox.store.delete(old["key"])
