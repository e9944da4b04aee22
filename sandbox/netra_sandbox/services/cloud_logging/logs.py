"""Logs, the buckets they are in, and the kinds of resources they come from.

https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.logs
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.kernel.paging import page
from netra_sandbox.services.cloud_logging import names
from netra_sandbox.services.cloud_monitoring.descriptors import RESOURCES

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
# https://cloud.google.com/logging/docs/buckets: every project has these two, and their retention.
_BUCKETS = {"_Default": 30, "_Required": 400}


async def list_logs(sandbox: Sandbox, call: Call) -> Resource:
    """Return the names of the logs that have entries."""
    names.check_resources([call.parameters["parent"]], {sandbox.project, sandbox.project_number})
    found = page([{"name": name} for name in sandbox.logs.names()], "logNames", call)
    if "logNames" in found:
        found["logNames"] = [entry["name"] for entry in found["logNames"]]
    return found


async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Delete all entries of a log."""
    name = call.parameters["logName"]
    names.check_log(name, {sandbox.project, sandbox.project_number})
    if not sandbox.logs.delete(name):
        raise ApiError("NOT_FOUND", f"Log {name} does not exist")
    return {}


for _methods in ("logging.projects.logs", "logging.logs"):
    handles(f"{_methods}.list")(list_logs)
    handles(f"{_methods}.delete")(delete)


@handles("logging.projects.locations.buckets.list")
async def list_buckets(sandbox: Sandbox, call: Call) -> Resource:
    """Return the two buckets of the project."""
    return page([_bucket(sandbox, name) for name in _BUCKETS], "buckets", call)


@handles("logging.projects.locations.buckets.get")
async def get_bucket(sandbox: Sandbox, call: Call) -> Resource:
    """Return a bucket."""
    name = call.parameters["name"].rpartition("/")[2]
    if name not in _BUCKETS:
        raise ApiError("NOT_FOUND", f"Bucket `{name}` does not exist")
    return _bucket(sandbox, name)


@handles("logging.monitoredResourceDescriptors.list")
async def list_descriptors(sandbox: Sandbox, call: Call) -> Resource:  # noqa: ARG001  the signature of handlers
    """Return the kinds of monitored resources that entries of the sandbox come from."""
    return page(RESOURCES, "resourceDescriptors", call)


def _bucket(sandbox: Sandbox, name: str) -> Resource:
    bucket = {
        "name": f"projects/{sandbox.project}/locations/global/buckets/{name}",
        "retentionDays": _BUCKETS[name],
        "lifecycleState": "ACTIVE",
    }
    return bucket | ({"locked": True} if name == "_Required" else {})
