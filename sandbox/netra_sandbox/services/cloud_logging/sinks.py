"""Sinks: kept with their filters; what goes to Cloud Storage, BigQuery or Pub/Sub is not exported.

https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.sinks
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import field_mask
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, invalid
from netra_sandbox.kernel.paging import page
from netra_sandbox.services import longrunning
from netra_sandbox.services.cloud_logging import filters, names
from netra_sandbox.services.cloud_logging.routing import KEY, bucket_sinks, predefined, sink_name

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = ("logging.projects.sinks", "logging.sinks")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}")
_DESTINATIONS = re.compile(
    r"storage\.googleapis\.com/[a-z0-9][a-z0-9._\-]+"
    r"|bigquery\.googleapis\.com/projects/[^/]+/datasets/\w+"
    r"|pubsub\.googleapis\.com/projects/[^/]+/topics/[^/]+"
    r"|logging\.googleapis\.com/projects/[^/]+(/locations/[^/]+/buckets/[^/]+)?"
)
_SHARED_WRITER = "serviceAccount:cloud-logs@system.gserviceaccount.com"
# What PUT changes without a mask: "for backwards compatibility" (projects.sinks.update).
_UNMASKED = "destination,filter,includeChildren"
_OWN = ("_Default", "_Required")


async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Make a sink."""
    parent = call.parameters["parent"]
    names.check_resources([parent], {sandbox.project, sandbox.project_number})
    name = call.body.get("name", "")
    if not _NAME.fullmatch(name):
        raise invalid(f"Invalid sink name: {name!r}", field="sink.name")
    if _stored(sandbox, name) is not None:
        raise ApiError("ALREADY_EXISTS", f"Sink {name} already exists")
    _check(call.body)
    now = longrunning.timestamp(sandbox)
    sink = {
        **call.body,
        "resourceName": sink_name(sandbox, name),
        "createTime": now,
        "updateTime": now,
        **_writer(sandbox, call.body["destination"], unique=bool(call.parameters.get("uniqueWriterIdentity"))),
    }
    _timed(sink, now)
    return _put(sandbox, sink)


async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a sink."""
    return _sink(sandbox, call)


async def list_sinks(sandbox: Sandbox, call: Call) -> Resource:
    """Return the project's sinks, its own first."""
    names.check_resources([call.parameters["parent"]], {sandbox.project, sandbox.project_number})
    made = [sink for sink in sandbox.store.list(f"{KEY}{sink_name(sandbox, '')}") if sink["name"] not in _OWN]
    return page([*bucket_sinks(sandbox), *made], "sinks", call)


async def update(sandbox: Sandbox, call: Call) -> Resource:
    """Change a sink; a writer identity of its own cannot be given up again."""
    sink = _sink(sandbox, call)
    if sink["name"] == "_Required":
        raise invalid("The _Required sink cannot be modified", field="sink_name")
    if call.body.get("name", sink["name"]) != sink["name"]:
        raise invalid("The name of a sink cannot be changed", field="sink.name")
    mask = call.parameters.get("updateMask") or _UNMASKED
    changed = field_mask.apply(sink, call.body, mask)
    if "destination" in call.body or "destination" in mask:
        changed.setdefault("destination", "")
    _check(changed)
    unique = call.parameters.get("uniqueWriterIdentity")
    had = sink.get("writerIdentity", _SHARED_WRITER) != _SHARED_WRITER
    if unique is False and had:
        raise invalid("unique_writer_identity cannot be changed from true to false", field="unique_writer_identity")
    now = longrunning.timestamp(sandbox)
    changed = {key: value for key, value in changed.items() if key != "writerIdentity"}
    changed |= {"updateTime": now, **_writer(sandbox, changed["destination"], unique=bool(unique) or had)}
    _timed(changed, now)
    return _put(sandbox, changed)


async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Remove a sink."""
    sink = _sink(sandbox, call)
    if sink["name"] in _OWN:
        raise invalid(f"The {sink['name']} sink cannot be deleted", field="sink_name")
    sandbox.store.delete(KEY + sink["resourceName"])
    return {}


for _methods in METHODS:
    handles(f"{_methods}.create")(create)
    handles(f"{_methods}.get")(get)
    handles(f"{_methods}.list")(list_sinks)
    handles(f"{_methods}.update")(update)
    handles(f"{_methods}.delete")(delete)
handles("logging.projects.sinks.patch")(update)


def _check(sink: Resource) -> None:
    destination = sink.get("destination", "")
    if not _DESTINATIONS.fullmatch(destination):
        raise invalid(f"Invalid destination: {destination!r}", field="sink.destination")
    filters.read(sink.get("filter", ""))
    seen: set[str] = set()
    for exclusion in sink.get("exclusions", []):
        name = exclusion.get("name", "")
        if not _NAME.fullmatch(name) or name in seen:
            raise invalid(f"Invalid or repeated exclusion name: {name!r}", field="sink.exclusions.name")
        if not exclusion.get("filter"):
            raise invalid("An exclusion needs a filter", field="sink.exclusions.filter")
        filters.read(exclusion["filter"])
        seen.add(name)


def _timed(sink: Resource, now: str) -> None:
    for exclusion in sink.get("exclusions", []):
        exclusion.setdefault("createTime", now)
        exclusion["updateTime"] = now


def _writer(sandbox: Sandbox, destination: str, *, unique: bool) -> Resource:
    """Return the identity that writes to the destination; a bucket of the same project needs none."""
    if destination.startswith(f"logging.googleapis.com/projects/{sandbox.project}/"):
        return {}
    if not unique:
        return {"writerIdentity": _SHARED_WRITER}
    number = sandbox.project_number
    return {"writerIdentity": f"serviceAccount:service-{number}@gcp-sa-logging.iam.gserviceaccount.com"}


def _stored(sandbox: Sandbox, name: str) -> Resource | None:
    found = sandbox.store.get(KEY + sink_name(sandbox, name))
    return predefined(sandbox, name) if found is None and name in _OWN else found


def _sink(sandbox: Sandbox, call: Call) -> Resource:
    parent, _, name = call.parameters["sinkName"].rpartition("/sinks/")
    names.check_resources([parent], {sandbox.project, sandbox.project_number})
    found = _stored(sandbox, name)
    if found is None:
        raise ApiError("NOT_FOUND", f"Sink {name} does not exist")
    return found


def _put(sandbox: Sandbox, sink: Resource) -> Resource:
    sandbox.store.put(KEY + sink["resourceName"], sink)
    return sink
