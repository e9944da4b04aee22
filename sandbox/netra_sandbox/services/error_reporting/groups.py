"""Groups of errors: how often, when, where, and what people say of them.

https://cloud.google.com/error-reporting/reference/rest/v1beta1/projects.groupStats/list
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.clock import format_time, read_time
from netra_sandbox.kernel.errors import ApiError, invalid
from netra_sandbox.kernel.paging import page
from netra_sandbox.services.error_reporting.events import API, GROUPS, as_event, matching, period_of
from netra_sandbox.services.error_reporting.grouping import MOST_COUNTS, timed_counts

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
_ORDERS = {
    "LAST_SEEN_DESC": lambda stats: stats["lastSeenTime"],
    "CREATED_DESC": lambda stats: stats["firstSeenTime"],
    "AFFECTED_USERS_DESC": lambda stats: (int(stats.get("affectedUsersCount", 0)), int(stats["count"])),
}


async def list_stats(sandbox: Sandbox, call: Call) -> Resource:
    """Return how often each group of errors occurred in a period, most frequent first unless asked otherwise."""
    now = sandbox.now()
    begin = now - period_of(call)
    wanted = set(call.parameters.get("groupId") or ())
    groups: dict[str, list[Resource]] = defaultdict(list)
    for event in matching(sandbox, call):
        if not wanted or event["group"] in wanted:
            groups[event["group"]].append(event)
    found = [
        _stats(sandbox, events, inside, _counts(call, inside, begin, now))
        for events in groups.values()
        if (inside := [event for event in events if read_time(event["time"]) >= begin])
    ]
    order = _ORDERS.get(str(call.parameters.get("order")), lambda stats: int(stats["count"]))
    found.sort(key=order, reverse=True)
    return page(found, "errorGroupStats", call) | {"timeRangeBegin": format_time(begin)}


async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a group."""
    return _group(sandbox, call.parameters["groupName"])


async def update(sandbox: Sandbox, call: Call) -> Resource:
    """Replace what people say of a group: its resolution status and its tracking issues."""
    group = _group(sandbox, call.parameters["name"])
    changed: Resource = {"groupId": group["groupId"], "resolutionStatus": call.body.get("resolutionStatus", "OPEN")}
    if call.body.get("trackingIssues"):
        changed["trackingIssues"] = call.body["trackingIssues"]
    sandbox.store.put(GROUPS + group["groupId"], changed)
    return {"name": group["name"], **changed}


for _resource in API:
    handles(f"{_resource}.groupStats.list")(list_stats)
    handles(f"{_resource}.groups.get")(get)
    handles(f"{_resource}.groups.update")(update)


def _group(sandbox: Sandbox, name: str) -> Resource:
    identifier = name.rpartition("/")[2]
    found = sandbox.store.get(GROUPS + identifier)
    if found is None:
        raise ApiError("NOT_FOUND", f"Error group {name} was not found.")
    return {"name": f"projects/{sandbox.project}/groups/{identifier}", **found}


def _counts(call: Call, events: list[Resource], begin: datetime, now: datetime) -> list[Resource]:
    """Return the counts of the windows that a request asks for, none unless it names their length."""
    given = call.parameters.get("timedCountDuration")
    if not given:
        return []
    duration = timedelta(seconds=float(given.removesuffix("s")))
    if not timedelta(0) < duration <= now - begin or (now - begin) / duration > MOST_COUNTS:
        raise invalid("The timed count duration does not fit the time range.", field="timed_count_duration")
    at = call.parameters.get("alignmentTime")
    rounded = call.parameters.get("alignment") == "ALIGNMENT_EQUAL_ROUNDED"
    times = [read_time(event["time"]) for event in events]
    windows = timed_counts(times, begin, read_time(at) if at else now, duration, rounded=rounded)
    return [
        {"startTime": format_time(opened), "endTime": format_time(closed), "count": str(count)}
        for opened, closed, count in windows
    ]


def _stats(sandbox: Sandbox, ever: list[Resource], inside: list[Resource], counts: list[Resource]) -> Resource:
    """Describe a group: counts are of the period, first and last seen of all times."""
    newest = max(inside, key=lambda event: str(event["time"]))
    places = sorted({(event["service"], event["version"]) for event in inside})
    users = {event["context"]["user"] for event in inside if event.get("context", {}).get("user")}
    return {
        "group": _group(sandbox, newest["group"]),
        "count": str(len(inside)),
        **({"affectedUsersCount": str(len(users))} if users else {}),
        "firstSeenTime": min(str(event["time"]) for event in ever),
        "lastSeenTime": max(str(event["time"]) for event in ever),
        "affectedServices": [
            {"service": service, **({"version": version} if version else {})} for service, version in places
        ],
        "numAffectedServices": len(places),
        "representative": as_event(newest),
        **({"timedCounts": counts} if counts else {}),
    }
