"""Long-running operations: google.longrunning's (AIP-151) and Cloud SQL's own."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import paging
from netra_sandbox.kernel.calls import HANDLERS, Call
from netra_sandbox.kernel.changes import CURRENT, Change
from netra_sandbox.kernel.clock import Clock, format_time
from netra_sandbox.kernel.errors import ApiError, not_found
from netra_sandbox.kernel.store import Store

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
EMPTY = "google.protobuf.Empty"
LONGRUNNING, SQL = "longrunning", "sql"
# What the operations of the call in hand await before their work; it may raise an ApiError.
OPERATION_FAULT: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("operation_fault", default=None)
KEY = "operation:"
INTERRUPTED = "The operation was interrupted: the sandbox ended while it ran. What it had changed was taken back."
_LOG = logging.getLogger(__name__)
_LONGEST_WAIT_SECONDS = 30.0


class OperationFaultError(Exception):
    """An operation fails on purpose, before its work."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(error.message)
        self.error = error


class Operations:
    """The operations of one sandbox, as rows of the store; those that run have a task besides."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._started = 0

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
        row = self._new(api, parent, metadata, response_type, shape)
        change = CURRENT.get()
        task = asyncio.ensure_future(self._follow(row, work, change))
        if change is not None:
            change.operations += 1
            change.join(task)
        self._tasks[row["id"]] = task
        task.add_done_callback(lambda _: self._tasks.pop(row["id"], None))
        return dict(row["resource"])

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
        row = self._new(api, parent, metadata, response_type, shape)
        self._end(row, response)
        return dict(row["resource"])

    async def cancel(self) -> None:
        """Stop all work; what it wrote so far stays unfinished."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def recover(self) -> int:
        """Fail the operations that an earlier process of the sandbox did not end, and take back what they wrote."""
        taken_back = self._store.take_back()
        for row in self._store.list(KEY):
            self._started = max(self._started, row["number"])
            if not is_done(row):
                self._end(row, ApiError("ABORTED", INTERRUPTED))
        return taken_back

    def get(self, name: str) -> Resource:
        """Return an operation by its name or its identifier."""
        resource: Resource = self._find(name)["resource"]
        return resource

    async def wait(self, name: str, seconds: float) -> Resource:
        """Return an operation when it is done or the time is over."""
        task = self._tasks.get(self._find(name)["id"])
        if task is not None:
            await asyncio.wait({task}, timeout=seconds)
        return self.get(name)

    def list(self, api: str, parent: str) -> list[Resource]:
        """Return an API's operations below a parent, newest first."""
        rows = [row for row in self._store.list(KEY) if (row["api"], row["parent"]) == (api, parent)]
        return [row["resource"] for row in sorted(rows, key=lambda row: -int(row["number"]))]

    def forget(self, name: str) -> None:
        """Drop an operation whose result nobody wants; its work goes on."""
        self._store.delete(KEY + self._find(name)["id"])

    def _find(self, name: str) -> Resource:
        row = self._store.get(KEY + name.rpartition("/")[2])
        if row is None:
            raise not_found(name)
        return row

    def _new(self, api: str, parent: str, metadata: Resource, response_type: str, shape: str) -> Resource:
        identifier = str(uuid.uuid4())
        if shape == SQL:
            resource = {"kind": "sql#operation", "name": identifier, "status": "RUNNING", **metadata}
            resource |= {"insertTime": self._time(), "startTime": self._time()}
        else:
            typed = {"@type": f"type.googleapis.com/{response_type}", **metadata}
            resource = {"name": f"{parent}/operations/{identifier}".lstrip("/"), "metadata": typed}
        self._started += 1
        row = {"id": identifier, "number": self._started, "api": api, "parent": parent, "resource": resource}
        row |= {"response_type": response_type, "shape": shape}
        self._keep(row)
        return row

    async def _follow(self, row: Resource, work: Awaitable[Resource], change: Change | None) -> None:
        fault = OPERATION_FAULT.get()
        outcome: Resource | ApiError
        try:
            if fault is not None:
                await _meet(fault, work)
            outcome = await work
        except OperationFaultError as error:
            outcome = error.error
            if change is not None:
                self._store.take_back(change)
        except ApiError as error:
            outcome = error
        except Exception:  # noqa: BLE001  a fault of the sandbox ends the operation too
            _LOG.exception("operation %s", row["resource"]["name"])
            outcome = ApiError("INTERNAL", "An internal error has occurred.")
        if change is not None:
            change.operations -= 1
            if not change.operations:
                self._store.settle(change)
        self._end(row, outcome)

    def _end(self, row: Resource, outcome: Resource | ApiError) -> None:
        resource = row["resource"]
        if row["shape"] == SQL:
            resource |= {"status": "DONE", "endTime": self._time()}
            if isinstance(outcome, ApiError):
                errors = [{"kind": "sql#operationError", "code": outcome.status, "message": outcome.message}]
                resource["error"] = {"kind": "sql#operationErrors", "errors": errors}
        elif isinstance(outcome, ApiError):
            resource |= {"error": {"code": outcome.code, "message": outcome.message}, "done": True}
        else:
            resource["response"] = {"@type": f"type.googleapis.com/{row['response_type']}", **outcome}
            if resource["metadata"]["@type"] == resource["response"]["@type"]:
                resource["metadata"] = resource["response"]
            resource["done"] = True
        if self._store.get(KEY + row["id"]) is not None:
            self._keep(row)

    def _keep(self, row: Resource) -> None:
        # An operation is its own record: it is not taken back with what it did.
        self._store.put_lasting(KEY + row["id"], row)

    def _time(self) -> str:
        return format_time(self._clock.now())


def is_done(row: Resource) -> bool:
    """Tell whether an operation's row is that of one that has ended."""
    return bool(row["resource"].get("done")) or row["resource"].get("status") == "DONE"


async def _meet(fault: Callable[[], Awaitable[None]], work: Awaitable[Resource]) -> None:
    try:
        await fault()
    except BaseException as error:
        if isinstance(work, Coroutine):
            work.close()
        if isinstance(error, ApiError):
            raise OperationFaultError(error) from error
        raise


async def _get(sandbox: Sandbox, call: Call) -> Resource:
    return sandbox.operations.get(str(call.parameters["name"]))


async def _list(sandbox: Sandbox, call: Call) -> Resource:
    api = call.method.partition(".")[0]
    parent = str(call.parameters["name"]).removesuffix("/operations")
    return paging.page(sandbox.operations.list(api, parent), "operations", call)


async def _delete(sandbox: Sandbox, call: Call) -> Resource:
    sandbox.operations.forget(str(call.parameters["name"]))
    return {}


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


for _api in ("run", "redis", "vpcaccess", "cloudbuild", "artifactregistry"):
    HANDLERS[f"{_api}.projects.locations.operations.get"] = _get
    HANDLERS[f"{_api}.projects.locations.operations.list"] = _list
HANDLERS["run.projects.locations.operations.wait"] = _wait
HANDLERS["run.projects.locations.operations.delete"] = _delete
HANDLERS["sql.operations.get"] = _get_sql
HANDLERS["sql.operations.list"] = _list_sql
