"""Compute Engine's operations: global and regional, with status, progress and errors of their own.

https://cloud.google.com/compute/docs/reference/rest/v1/globalOperations. The kernel runs them; this is their view.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import HANDLERS, Call
from netra_sandbox.kernel.errors import CODES, ApiError
from netra_sandbox.services.compute import listing, names, refusals

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
SECONDS = 0.15
LONGEST_WAIT_SECONDS = 120.0
_PREFIX = "operation-"
_TYPE = "google.cloud.compute.v1.Operation"
_CODES = {
    "NOT_FOUND": "RESOURCE_NOT_FOUND",
    "ALREADY_EXISTS": "RESOURCE_ALREADY_EXISTS",
    "FAILED_PRECONDITION": "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE",
    "INTERNAL": "INTERNAL_ERROR",
}
_PHRASES = {400: "BAD REQUEST", 403: "FORBIDDEN", 404: "NOT FOUND", 409: "CONFLICT", 412: "PRECONDITION FAILED"}


def begin(sandbox: Sandbox, call: Call, verb: str, *, name: str, target_id: str, work: Callable[[], None]) -> Resource:
    """Start a change of a resource and return its operation; an ApiError of `work` becomes the operation's error."""
    now = names.timestamp(sandbox.now())
    parent = f"projects/{call.parameters['project']}/{names.scope_of(name)}"
    metadata = {
        "@type": f"type.googleapis.com/{_TYPE}Metadata",
        "id": names.number(),
        "operationType": verb,
        "targetLink": names.link(name),
        "targetId": target_id,
        "user": call.principal,
        "insertTime": now,
        "startTime": now,
    }
    started = sandbox.operations.start("compute", parent, _run(sandbox, work), metadata=metadata, response_type=_TYPE)
    return view(started)


def view(operation: Resource) -> Resource:
    """Return an operation of the kernel (google.longrunning) as Compute Engine shows it."""
    parent, _, identifier = operation["name"].rpartition("/operations/")
    fields = {key: value for key, value in operation["metadata"].items() if key != "@type"}
    name = f"{parent}/operations/{_PREFIX}{identifier}"
    scope = names.scope_of(name)
    shown = {
        "kind": "compute#operation",
        **fields,
        "name": _PREFIX + identifier,
        "selfLink": names.link(name),
        "status": "DONE" if operation.get("done") else "RUNNING",
        "progress": 100 if operation.get("done") else 0,
    }
    if scope != "global":
        shown["region"] = names.link(f"{parent}")
    if operation.get("done"):
        shown["endTime"] = operation.get("response", {}).get("endTime", fields["insertTime"])
    return shown | _error(operation)


def _error(operation: Resource) -> Resource:
    failure = operation.get("response", {}).get("failure")
    if failure is None and "error" in operation:
        code, message = operation["error"]["code"], operation["error"]["message"]
        status = next(status for status, (number, _) in CODES.items() if number == code)
        failure = _failure(ApiError(status, message))
    if failure is None:
        return {}
    return {
        "error": {"errors": [{"code": failure["code"], "message": failure["message"]}]},
        "httpErrorStatusCode": failure["http"],
        "httpErrorMessage": _PHRASES.get(failure["http"], "INTERNAL SERVER ERROR"),
    }


def _failure(error: ApiError) -> Resource:
    return {"code": _CODES.get(error.status, error.status), "message": error.message, "http": error.http}


async def _run(sandbox: Sandbox, work: Callable[[], None]) -> Resource:
    await asyncio.sleep(SECONDS)
    ended: Resource = {}
    try:
        work()
    except ApiError as error:
        ended["failure"] = _failure(error)
    return {**ended, "endTime": names.timestamp(sandbox.now())}


def _place(call: Call) -> tuple[str, str]:
    """Return the scope's name and the operation's, as the kernel knows it."""
    region = call.parameters.get("region")
    parent = f"projects/{call.parameters['project']}/" + (f"regions/{region}" if region else "global")
    return parent, f"{parent}/operations/{str(call.parameters.get('operation', '')).removeprefix(_PREFIX)}"


def _found(sandbox: Sandbox, call: Call) -> Resource:
    parent, name = _place(call)
    for operation in sandbox.operations.list("compute", parent):
        if operation["name"] == name:
            return view(operation)
    raise refusals.not_found(f"{parent}/operations/{call.parameters['operation']}")


async def _get(sandbox: Sandbox, call: Call) -> Resource:
    return _found(sandbox, call)


async def _wait(sandbox: Sandbox, call: Call) -> Resource:
    _found(sandbox, call)
    return view(await sandbox.operations.wait(_place(call)[1], LONGEST_WAIT_SECONDS))


async def _list(sandbox: Sandbox, call: Call) -> Resource:
    parent, _name = _place(call)
    found = [view(operation) for operation in sandbox.operations.list("compute", parent)]
    return listing.answer(call, "operation", f"{parent}/operations", found)


for _collection in ("globalOperations", "regionOperations"):
    HANDLERS[f"compute.{_collection}.get"] = _get
    HANDLERS[f"compute.{_collection}.wait"] = _wait
    HANDLERS[f"compute.{_collection}.list"] = _list
