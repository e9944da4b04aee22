"""Network endpoint groups: serverless ones in a region, which point to a Cloud Run service or to a URL mask.

https://cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.services.compute import listing, names, refusals
from netra_sandbox.services.compute.collections import Collection
from netra_sandbox.services.compute.methods import serve

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
SERVERLESS = "SERVERLESS"
_TARGETS = ("cloudRun", "appEngine", "cloudFunction")
_VARIABLE = re.compile(r"<(service|tag)>")


def prepare(_sandbox: Sandbox, resource: Resource, _current: Resource | None) -> Resource:
    """Complete a serverless group; refuse one that points to nothing, or to several things."""
    kind = resource.get("networkEndpointType", "GCE_VM_IP_PORT")
    if kind != SERVERLESS:
        raise refusals.unsupported(f"network endpoints of type {kind}")
    given = [target for target in _TARGETS if target in resource]
    if len(given) != 1:
        why = (
            "Exactly one of cloudRun, appEngine and cloudFunction must be set for a SERVERLESS network endpoint group."
        )
        raise refusals.invalid("resource.networkEndpointType", kind, why)
    if given != ["cloudRun"]:
        raise refusals.unsupported(f"serverless network endpoint groups of type {given[0]}")
    target = resource["cloudRun"]
    if bool(target.get("service")) == bool(target.get("urlMask")):
        raise refusals.invalid("resource.cloudRun", "", "Exactly one of service and urlMask must be set.")
    if target.get("urlMask") and "<service>" not in target["urlMask"]:
        raise refusals.invalid("resource.cloudRun.urlMask", target["urlMask"], "The URL mask has no <service>.")
    return {**resource, "networkEndpointType": SERVERLESS, "size": 0}


def service_of(group: Resource, host: str, path: str) -> tuple[str, str] | None:
    """Return service and tag of Cloud Run for a request; None when the URL mask does not fit it."""
    target = group.get("cloudRun", {})
    if target.get("service"):
        return target["service"], target.get("tag", "")
    found = _mask(target.get("urlMask", "")).match(host + path)
    if found is None:
        return None
    values = found.groupdict()
    return values["service"], values.get("tag") or target.get("tag", "")


def _mask(mask: str) -> re.Pattern[str]:
    with_host = mask if not mask.startswith("/") else f"*{mask}"
    expression = re.escape(with_host).replace(r"\*", "[^/]*")
    return re.compile(_VARIABLE.sub(lambda found: f"(?P<{found[1]}>[a-z0-9-]+)", expression) + r"(?=[/?]|$)")


COLLECTION = serve(
    Collection(
        "networkEndpointGroups",
        "networkEndpointGroup",
        "network_endpoint_group",
        "networkEndpointGroup",
        methods="regionNetworkEndpointGroups",
        regional=True,
        prepare=prepare,
    )
)


@handles("compute.networkEndpointGroups.insert")
async def insert_zonal(sandbox: Sandbox, call: Call) -> Resource:
    """Refuse groups in zones: serverless ones are regional, others need machines."""
    _check_zone(sandbox, call)
    kind = call.body.get("networkEndpointType", "GCE_VM_IP_PORT")
    if kind == SERVERLESS:
        why = "Network endpoint of type SERVERLESS is only allowed in regional scope."
        raise refusals.invalid("resource.networkEndpointType", kind, why)
    raise refusals.unsupported(f"network endpoints of type {kind}")


@handles("compute.networkEndpointGroups.list")
async def list_zonal(sandbox: Sandbox, call: Call) -> Resource:
    """Return the groups of a zone: none."""
    _check_zone(sandbox, call)
    return listing.answer(call, "networkEndpointGroup", _zonal(call), [])


@handles("compute.networkEndpointGroups.get")
async def get_zonal(sandbox: Sandbox, call: Call) -> Resource:
    """Refuse the name of a group that a zone does not have."""
    _check_zone(sandbox, call)
    raise refusals.not_found(f"{_zonal(call)}/{call.parameters['networkEndpointGroup']}")


def _zonal(call: Call) -> str:
    return f"projects/{call.parameters['project']}/zones/{call.parameters['zone']}/networkEndpointGroups"


def _check_zone(sandbox: Sandbox, call: Call) -> None:
    zone = call.parameters["zone"]
    if not re.fullmatch(rf"{sandbox.region}-[a-f]", zone):
        raise refusals.invalid("zone", zone, "Unknown zone.")


def name_of(backend: Resource) -> str:
    """Return the name of the group that a backend of a backend service stands for."""
    return str(backend["group"]).removeprefix(names.ROOT)
