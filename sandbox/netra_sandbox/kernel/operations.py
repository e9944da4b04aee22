"""Long-running operations: google.longrunning's (AIP-151) and Cloud SQL's own."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import HANDLERS, Call
from netra_sandbox.kernel.errors import ApiError, not_found

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
EMPTY = "google.protobuf.Empty"
LONGRUNNING, SQL = "longrunning", "sql"
_LOG = logging.getLogger(__name__)
_LONGEST_WAIT_SECONDS = 30.0


@dataclass
class _Running:
    """An operation and the task that does its work."""

    resource: Resource
    api: str
    parent: str
    task: asyncio.Task[None] | None = None


@dataclass
class Operations:
    """The operations of one sandbox, by their identifiers."""

    _known: dict[str, _Running] = field(default_factory=dict)

    def start(
        self,
        api: str,
        parent: str,
        work: Awaitable[Resource],
        *,
        metadata: Resource,
        response_type: str,
        shape: str = LONGRUNNING,
    ) -> Resource:
        """Begin the work and return its operation; an ApiError that the work raises becomes the operation's error."""
        running = self._new(api, parent, metadata, response_type, shape)
        running.task = asyncio.ensure_future(self._follow(running, work, response_type, shape))
        return dict(running.resource)

    def done(
        self,
        api: str,
        parent: str,
        response: Resource,
        *,
        metadata: Resource,
        response_type: str,
        shape: str = LONGRUNNING,
    ) -> Resource:
        """Return an operation that has ended well already."""
        running = self._new(api, parent, metadata, response_type, shape)
        _finish(running.resource, response, response_type, shape)
        return dict(running.resource)

    async def cancel(self) -> None:
        """Stop all work and forget every operation."""
        tasks = [running.task for running in self._known.values() if running.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._known.clear()

    def get(self, name: str) -> Resource:
        """Return an operation by its name or its identifier."""
        return dict(self._find(name).resource)

    async def wait(self, name: str, seconds: float) -> Resource:
        """Return an operation when it is done or the time is over."""
        running = self._find(name)
        if running.task is not None:
            await asyncio.wait({running.task}, timeout=seconds)
        return dict(running.resource)

    def list(self, api: str, parent: str) -> list[Resource]:
        """Return an API's operations below a parent, newest first."""
        found = [known.resource for known in self._known.values() if (known.api, known.parent) == (api, parent)]
        return found[::-1]

    def _find(self, name: str) -> _Running:
        running = self._known.get(name.rpartition("/")[2])
        if running is None:
            raise not_found(name)
        return running

    def _new(self, api: str, parent: str, metadata: Resource, response_type: str, shape: str) -> _Running:
        identifier = str(uuid.uuid4())
        if shape == SQL:
            resource = {"kind": "sql#operation", "name": identifier, "status": "RUNNING", **metadata}
            resource |= {"insertTime": _now(), "startTime": _now()}
        else:
            typed = {"@type": f"type.googleapis.com/{response_type}", **metadata}
            resource = {"name": f"{parent}/operations/{identifier}", "metadata": typed}
        self._known[identifier] = _Running(resource, api, parent)
        return self._known[identifier]

    @staticmethod
    async def _follow(running: _Running, work: Awaitable[Resource], response_type: str, shape: str) -> None:
        try:
            result = await work
        except ApiError as error:
            _fail(running.resource, error, shape)
        except Exception:  # noqa: BLE001  a fault of the sandbox ends the operation too
            _LOG.exception("operation %s", running.resource["name"])
            _fail(running.resource, ApiError("INTERNAL", "An internal error has occurred."), shape)
        else:
            _finish(running.resource, result, response_type, shape)


def _finish(resource: Resource, result: Resource, response_type: str, shape: str) -> None:
    if shape == SQL:
        resource |= {"status": "DONE", "endTime": _now()}
        return
    resource["response"] = {"@type": f"type.googleapis.com/{response_type}", **result}
    if resource["metadata"]["@type"] == resource["response"]["@type"]:
        resource["metadata"] = resource["response"]
    resource["done"] = True


def _fail(resource: Resource, error: ApiError, shape: str) -> None:
    if shape == SQL:
        errors = [{"kind": "sql#operationError", "code": error.status, "message": error.message}]
        resource |= {"status": "DONE", "endTime": _now()}
        resource["error"] = {"kind": "sql#operationErrors", "errors": errors}
        return
    resource["error"] = {"code": error.code, "message": error.message}
    resource["done"] = True


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def _get(sandbox: Sandbox, call: Call) -> Resource:
    return sandbox.operations.get(str(call.parameters["name"]))


async def _list(sandbox: Sandbox, call: Call) -> Resource:
    api = call.method.partition(".")[0]
    parent = str(call.parameters["name"]).removesuffix("/operations")
    return {"operations": found} if (found := sandbox.operations.list(api, parent)) else {}


async def _wait(sandbox: Sandbox, call: Call) -> Resource:
    seconds = float(str(call.body.get("timeout") or f"{_LONGEST_WAIT_SECONDS}s").removesuffix("s"))
    return await sandbox.operations.wait(str(call.parameters["name"]), min(seconds, _LONGEST_WAIT_SECONDS))


async def _get_sql(sandbox: Sandbox, call: Call) -> Resource:
    return sandbox.operations.get(str(call.parameters["operation"]))


async def _list_sql(sandbox: Sandbox, call: Call) -> Resource:
    found = sandbox.operations.list("sql", f"projects/{call.parameters['project']}")
    wanted = call.parameters.get("instance")
    items = [item for item in found if wanted in {None, item.get("targetId")}]
    return {"kind": "sql#operationsList", "items": items}


for _api in ("run", "redis", "vpcaccess", "cloudbuild"):
    HANDLERS[f"{_api}.projects.locations.operations.get"] = _get
    HANDLERS[f"{_api}.projects.locations.operations.list"] = _list
HANDLERS["run.projects.locations.operations.wait"] = _wait
HANDLERS["sql.operations.get"] = _get_sql
HANDLERS["sql.operations.list"] = _list_sql
