"""The methods of connectors."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import field_mask
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, already_exists, invalid, not_found
from netra_sandbox.kernel.paging import page
from netra_sandbox.services import longrunning
from netra_sandbox.services.vpc_access import rules

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
KEY = "vpcaccess:"
METHODS = "vpcaccess.projects.locations.connectors"
CREATE_SECONDS = 0.3
# As quoted in github.com/GoogleCloudPlatform/magic-modules/pull/8766.
CONFLICT = (
    "Operation failed: Invalid IP CIDR range was provided. It conflicts with an existing subnetwork. "
    "Please delete the connector manually."
)


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a connector."""
    return _existing(sandbox, call.parameters["name"])


@handles(f"{METHODS}.list")
async def list_connectors(sandbox: Sandbox, call: Call) -> Resource:
    """Return the connectors of a location, or with `-` of all."""
    parent = str(call.parameters["parent"]).removesuffix("/-")
    return page(sandbox.store.list(f"{KEY}{parent}/", kind="connectors"), "connectors", call)


@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Make a connector; what waits for one gets through when it is ready."""
    parent, identifier = call.parameters["parent"], str(call.parameters.get("connectorId") or "")
    name = f"{parent}/connectors/{identifier}"
    if not rules.IDENTIFIER.fullmatch(identifier):
        raise invalid(f"Invalid connector id: {identifier}", field="connector_id")
    if sandbox.store.get(KEY + name) is not None:
        raise already_exists(name)
    connector = _made(name, call.body)
    rules.refuse(connector)
    sandbox.store.put(KEY + name, {**connector, "state": "CREATING"})
    return longrunning.begin(sandbox, "vpcaccess", parent, name, "create", _create(sandbox, connector), "Connector")


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change the fields that the update mask names."""
    name = call.parameters["name"]
    connector = _existing(sandbox, name)
    mask = [".".join(parts) for parts in field_mask.paths(str(call.parameters.get("updateMask") or ""))]
    rules.refuse_mask(mask)
    if connector["state"] != "READY":
        raise ApiError("FAILED_PRECONDITION", f"Connector {name} is in state {connector['state']}: it must be READY.")
    given = {path: call.body[path] for path in mask if path in call.body}
    changed = {**connector, **given, **rules.sized(given, connector)}
    rules.refuse(changed)
    sandbox.store.put(KEY + name, {**connector, "state": "UPDATING"})
    parent = name.rpartition("/connectors/")[0]
    return longrunning.begin(sandbox, "vpcaccess", parent, name, "update", _settle(sandbox, changed), "Connector")


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Remove a connector; connections through it are dropped from now on."""
    name = call.parameters["name"]
    connector = _existing(sandbox, name)
    sandbox.store.put(KEY + name, {**connector, "state": "DELETING"})
    parent = name.rpartition("/connectors/")[0]
    return longrunning.begin(sandbox, "vpcaccess", parent, name, "delete", _remove(sandbox, name), None)


def seed(sandbox: Sandbox, identifier: str, network: str, cidr: str) -> Resource:
    """Make a ready connector at once; for scenarios."""
    name = f"projects/{sandbox.project}/locations/{sandbox.region}/connectors/{identifier}"
    ready = {**_made(name, {"network": network, "ipCidrRange": cidr}), "state": "READY"}
    sandbox.store.put(KEY + name, ready)
    return ready


def _made(name: str, given: Resource) -> Resource:
    return {"machineType": "e2-micro", **given, "name": name, **rules.sized(given, {})}


async def _create(sandbox: Sandbox, connector: Resource) -> Resource:
    others = sandbox.store.list(f"{KEY}projects/", kind="connectors")
    if rules.overlaps(connector, [other for other in others if other["state"] != "ERROR"]):
        sandbox.store.put(KEY + connector["name"], {**connector, "state": "ERROR"})
        raise ApiError("INVALID_ARGUMENT", CONFLICT)
    return await _settle(sandbox, connector)


async def _settle(sandbox: Sandbox, connector: Resource) -> Resource:
    await asyncio.sleep(CREATE_SECONDS)
    ready = {**connector, "state": "READY"}
    sandbox.store.put(KEY + connector["name"], ready)
    sandbox.supervisor.connectivity_changed()
    return ready


async def _remove(sandbox: Sandbox, name: str) -> Resource:
    await asyncio.sleep(CREATE_SECONDS)
    sandbox.store.delete(KEY + name)
    return {}


def _existing(sandbox: Sandbox, name: str) -> Resource:
    connector = sandbox.store.get(KEY + name)
    if connector is None:
        raise not_found(name)
    return connector
