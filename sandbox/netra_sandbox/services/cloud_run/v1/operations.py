"""v1 operations: get and wait, whose results are v1 resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import HANDLERS, Call
from netra_sandbox.services.cloud_run import names
from netra_sandbox.services.cloud_run.v1 import services
from netra_sandbox.services.cloud_run.v1.requests import handles_v1

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "run.projects.locations.operations"
SERVICE_OF_V2 = "type.googleapis.com/google.cloud.run.v2.Service"
SERVICE_OF_V1 = "type.googleapis.com/google.cloud.run.v1.Service"


@handles_v1(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return an operation."""
    return _view(sandbox, sandbox.operations.get(str(call.parameters["name"])))


@handles_v1(f"{METHODS}.wait")
async def wait(sandbox: Sandbox, call: Call) -> Resource:
    """Return an operation when it is done, or the time is over."""
    answer = await HANDLERS[f"{METHODS}.wait"](sandbox, call)
    return _view(sandbox, dict(answer)) if isinstance(answer, dict) else {}


def _view(sandbox: Sandbox, operation: Resource) -> Resource:
    """Show a service's operation with the v1 service as its result.

    A roll-out that failed has the service, whose Ready condition says why, as its result too: gcloud reads it there.
    """
    metadata = operation.get("metadata", {})
    if metadata.get("@type") != SERVICE_OF_V2:
        return operation
    service = sandbox.store.get(names.ServiceName.parse(metadata["name"]).key) or metadata
    shown = {"@type": SERVICE_OF_V1, **services.view(sandbox, service)}
    result: Resource = {"name": operation["name"], "metadata": shown}
    return result | ({"done": True, "response": shown} if operation.get("done") else {})
