"""Service Usage v1: the APIs of the project, enabled or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.identity.admission import ABSENT, TITLES
from netra_sandbox.kernel.calls import HANDLERS, Call, handles
from netra_sandbox.kernel.errors import ApiError, invalid
from netra_sandbox.services.longrunning import page

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "serviceusage.services"
_CATALOGUE = TITLES | ABSENT
_HOST = ".googleapis.com"
_PACKAGE = "google.api.serviceusage.v1"
_MOST_IN_A_BATCH = 20  # BatchEnableServicesRequest.serviceIds, BatchGetServices.names: 20 and 30


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a service and whether it is enabled."""
    return _view(sandbox, _api(str(call.parameters["name"])))


@handles(f"{METHODS}.list")
async def list_(sandbox: Sandbox, call: Call) -> Resource:
    """Return the services, all or those in a state (`state:ENABLED`)."""
    wanted = str(call.parameters.get("filter") or "").replace("=", ":").replace(" ", "")
    if wanted not in {"", "state:ENABLED", "state:DISABLED"}:
        raise invalid("The filter must be state:ENABLED or state:DISABLED.", field="filter")
    found = [_view(sandbox, api) for api in sorted(_CATALOGUE)]
    return page(call, "services", [item for item in found if not wanted or wanted == f"state:{item['state']}"])


@handles(f"{METHODS}.batchGet")
async def batch_get(sandbox: Sandbox, call: Call) -> Resource:
    """Return several services."""
    names = call.parameters.get("names") or []
    return {"services": [_view(sandbox, _api(str(name))) for name in ([names] if isinstance(names, str) else names)]}


@handles(f"{METHODS}.enable")
async def enable(sandbox: Sandbox, call: Call) -> Resource:
    """Enable a service."""
    api = _api(str(call.parameters["name"]))
    sandbox.admission.switch(api, on=True)
    return _done(sandbox, {"service": _view(sandbox, api)}, "EnableServiceResponse", [api])


@handles(f"{METHODS}.disable")
async def disable(sandbox: Sandbox, call: Call) -> Resource:
    """Disable a service: each of its methods is refused from now on."""
    api = _api(str(call.parameters["name"]))
    if not sandbox.admission.enabled(api):
        raise ApiError("FAILED_PRECONDITION", f"Service {api}{_HOST} is not enabled.")
    sandbox.admission.switch(api, on=False)
    return _done(sandbox, {"service": _view(sandbox, api)}, "DisableServiceResponse", [api])


@handles(f"{METHODS}.batchEnable")
async def batch_enable(sandbox: Sandbox, call: Call) -> Resource:
    """Enable several services, or none of them."""
    identities = [str(identity) for identity in call.body.get("serviceIds") or ()]
    if not identities or len(identities) > _MOST_IN_A_BATCH:
        raise invalid(f"Between 1 and {_MOST_IN_A_BATCH} services can be enabled at once.", field="service_ids")
    apis = [_api(identity) for identity in identities]
    for api in apis:
        sandbox.admission.switch(api, on=True)
    return _done(sandbox, {"services": [_view(sandbox, api) for api in apis]}, "BatchEnableServicesResponse", apis)


async def _operation(sandbox: Sandbox, call: Call) -> Resource:
    return sandbox.operations.get(str(call.parameters["name"]))


def _done(sandbox: Sandbox, response: Resource, kind: str, apis: list[str]) -> Resource:
    metadata = {
        "@type": f"type.googleapis.com/{_PACKAGE}.OperationMetadata",
        "resourceNames": [f"projects/{sandbox.project_number}/services/{api}{_HOST}" for api in apis],
    }
    return sandbox.operations.done("serviceusage", "", response, metadata=metadata, response_type=f"{_PACKAGE}.{kind}")


def _api(name: str) -> str:
    service = name.rpartition("/")[2]
    api = service.removesuffix(_HOST)
    if api == service or api not in _CATALOGUE:
        # It does not tell a service that is not there from one that is not for the caller.
        raise ApiError("PERMISSION_DENIED", f"Not found or permission denied for service(s): {service}.")
    return api


def _view(sandbox: Sandbox, api: str) -> Resource:
    parent = f"projects/{sandbox.project_number}"
    return {
        "name": f"{parent}/services/{api}{_HOST}",
        "parent": parent,
        "config": {"name": f"{api}{_HOST}", "title": _CATALOGUE[api]},
        "state": "ENABLED" if sandbox.admission.enabled(api) else "DISABLED",
    }


HANDLERS["serviceusage.operations.get"] = _operation
