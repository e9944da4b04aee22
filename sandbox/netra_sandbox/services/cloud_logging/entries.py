"""Entries: written, listed by filter. https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, invalid
from netra_sandbox.services import longrunning
from netra_sandbox.services.cloud_logging import filters, names, routing
from netra_sandbox.telemetry.log_book import Place
from netra_sandbox.telemetry.query.matching import read_time, time_bounds

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
PAGE, LARGEST_PAGE = 50, 1000
LARGEST_ENTRY = 256 * 1024  # https://cloud.google.com/logging/quotas
RETENTION, AHEAD = timedelta(days=30), timedelta(hours=24)
_ORDERS = {"": False, "timestamp": False, "timestamp asc": False, "timestamp desc": True}
_PAYLOADS = ("textPayload", "jsonPayload", "protoPayload")
_PARTIAL = "type.googleapis.com/google.logging.v2.WriteLogEntriesPartialErrors"


@handles("logging.entries.list")
async def list_entries(sandbox: Sandbox, call: Call) -> Resource:
    """Return a page of the entries that the filter lets through, by timestamp."""
    body = call.body
    parents = [*body.get("resourceNames", []), *(f"projects/{name}" for name in body.get("projectIds", []))]
    names.check_resources(parents, {sandbox.project, sandbox.project_number})
    tree, matches = filters.read(body.get("filter", ""))
    order = " ".join(str(body.get("orderBy", "")).split())
    if order not in _ORDERS:
        raise invalid(f"Invalid order_by: {order!r}: 'timestamp asc' or 'timestamp desc' is allowed", field="order_by")
    size = int(body.get("pageSize") or PAGE)
    if size < 0:
        raise invalid("page_size must not be negative", field="page_size")
    question = hashlib.sha256(json.dumps([parents, body.get("filter", ""), order]).encode()).hexdigest()[:16]
    found, place = sandbox.logs.search(
        matches,
        between=time_bounds(tree),
        newest_first=_ORDERS[order],
        after=_place(body.get("pageToken", ""), question),
        limit=min(size, LARGEST_PAGE),
    )
    answer: Resource = {"entries": found} if found else {}
    return answer | ({"nextPageToken": _token(place, question)} if place else {})


@handles("logging.entries.write")
async def write(sandbox: Sandbox, call: Call) -> Resource:
    """Write entries: all of them or none, unless partial success is asked for."""
    body = call.body
    complete: list[Resource] = []
    refused: dict[str, ApiError] = {}
    for number, given in enumerate(body.get("entries", [])):
        try:
            complete.append(_complete(sandbox, given, body))
        except ApiError as error:
            if not body.get("partialSuccess"):
                raise
            refused[str(number)] = error
    if not body.get("dryRun"):
        for entry in complete:
            record(sandbox, entry)
    if refused:
        errors = {number: {"code": error.code, "message": error.message} for number, error in refused.items()}
        raise ApiError(
            "INVALID_ARGUMENT",
            f"Failed to write {len(errors)} of {len(errors) + len(complete)} log entries",
            [{"@type": _PARTIAL, "logEntryErrors": errors}],
        )
    return {}


def record(sandbox: Sandbox, entry: Resource) -> None:
    """Keep an entry whose logName, resource and payload are set, if a bucket's sink takes it."""
    now = sandbox.now()
    entry.setdefault("timestamp", longrunning.format_time(now))
    entry.setdefault("insertId", secrets.token_hex(8))
    entry["receiveTimestamp"] = longrunning.format_time(now)
    moment = read_time(entry["timestamp"])
    if now - RETENTION <= moment <= now + AHEAD and routing.keeps(sandbox, entry):
        sandbox.logs.add(entry)


def _complete(sandbox: Sandbox, given: Resource, request: Resource) -> Resource:
    """Return an entry with what the request says for all of them."""
    projects = {sandbox.project, sandbox.project_number}
    name = given.get("logName") or request.get("logName")
    if not name:
        raise invalid("Log name is missing: set log_name in the request or in each entry", field="log_name")
    names.check_log(name, projects)
    resource = given.get("resource") or request.get("resource")
    if not resource or not resource.get("type"):
        raise invalid("A monitored resource with a type is required", field="resource")
    if sum(key in given for key in _PAYLOADS) > 1:
        raise invalid("An entry has one payload: text_payload, json_payload or proto_payload", field="entries.payload")
    if len(json.dumps(given)) > LARGEST_ENTRY:
        raise invalid(f"Log entry with size over {LARGEST_ENTRY // 1024}K exceeds maximum size", field="entries")
    labels = {**request.get("labels", {}), **given.get("labels", {})}
    place = {"project_id": sandbox.project, **resource.get("labels", {})}
    entry = {**given, "logName": name, "resource": {"type": resource["type"], "labels": place}}
    if entry.get("severity") == "DEFAULT":
        del entry["severity"]
    return entry | ({"labels": labels} if labels else {})


def _token(place: Place, question: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([place.time, place.number, question]).encode()).decode()


def _place(token: str, question: str) -> Place | None:
    if not token:
        return None
    try:
        time, number, asked = json.loads(base64.urlsafe_b64decode(token))
        place = Place(int(time), int(number))
    except (ValueError, TypeError):
        raise invalid("Invalid page token", field="page_token") from None
    if asked != question:
        raise invalid("page_token doesn't match arguments from the request", field="page_token")
    return place
