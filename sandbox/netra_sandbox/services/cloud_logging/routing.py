"""The Log Router: which entries the project's bucket keeps, by its sinks and their exclusions.

https://cloud.google.com/logging/docs/routing/overview
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from netra_sandbox.telemetry.query.grammar import parse
from netra_sandbox.telemetry.query.matching import Predicate, compiled

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
KEY = "logging:"
# https://cloud.google.com/logging/docs/routing/overview#sinks: what no project can switch off.
_AUDIT = ("activity", "system_event", "access_transparency")
REQUIRED = " OR ".join(
    f'LOG_ID("{owner}.googleapis.com/{log}")' for log in _AUDIT for owner in ("cloudaudit", "externalaudit")
)
DEFAULT = " AND ".join(f"NOT {term}" for term in REQUIRED.split(" OR "))
_FILTERS = {"_Default": DEFAULT, "_Required": REQUIRED}


def bucket_sinks(sandbox: Sandbox) -> list[Resource]:
    """Return the sinks that every project has, as they are now."""
    return [sandbox.store.get(f"{KEY}{sink_name(sandbox, name)}") or predefined(sandbox, name) for name in _FILTERS]


def sink_name(sandbox: Sandbox, identifier: str) -> str:
    """Return a sink's full name."""
    return f"projects/{sandbox.project}/sinks/{identifier}"


def predefined(sandbox: Sandbox, name: str) -> Resource:
    """Return one of the sinks that every project has, as it is made."""
    return {
        "name": name,
        "resourceName": sink_name(sandbox, name),
        "destination": f"logging.googleapis.com/projects/{sandbox.project}/locations/global/buckets/{name}",
        "filter": _FILTERS[name],
    }


def keeps(sandbox: Sandbox, entry: Resource) -> bool:
    """Tell whether a bucket of the project takes an entry."""
    return any(takes(sink, entry) for sink in bucket_sinks(sandbox))


def takes(sink: Resource, entry: Resource) -> bool:
    """Tell whether a sink takes an entry: enabled, inside its filter, outside its exclusions."""
    if sink.get("disabled") or not _predicate(sink.get("filter", ""))(entry):
        return False
    return not excluded(sink.get("exclusions", ()), entry)


def excluded(exclusions: Sequence[Resource], entry: Resource) -> bool:
    """Tell whether one of the exclusions that are in force matches an entry."""
    return any(not one.get("disabled") and _predicate(one["filter"])(entry) for one in exclusions)


@lru_cache(maxsize=256)
def _predicate(text: str) -> Predicate:
    return compiled(parse(text))
