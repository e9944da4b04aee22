"""Serverless VPC Access v1. https://cloud.google.com/vpc/docs/reference/vpcaccess/rest/v1/projects.locations.connectors."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import already_exists, invalid, not_found
from netra_sandbox.services import longrunning

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

Resource = dict[str, Any]
KEY = "vpcaccess:"
METHODS = "vpcaccess.projects.locations.connectors"
CREATE_SECONDS = 0.3
_NAME = re.compile(r"[a-z][-a-z0-9]{0,23}[a-z0-9]")
_PATCHABLE = {"machineType", "minInstances", "maxInstances"}
_LEAST_MINIMUM, _GREATEST_MAXIMUM = 2, 10


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a connector."""
    return _existing(sandbox, call.parameters["name"])


@handles(f"{METHODS}.list")
async def list_connectors(sandbox: Sandbox, call: Call) -> Resource:
    """Return the connectors of a location."""
    return longrunning.page(call, "connectors", sandbox.store.list(f"{KEY}{call.parameters['parent']}/connectors/"))


@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Make a connector; what waits for one gets through when it is ready."""
    parent, identifier = call.parameters["parent"], call.parameters["connectorId"]
    name = f"{parent}/connectors/{identifier}"
    if not _NAME.fullmatch(identifier):
        raise invalid(f"Invalid connector id: {identifier}", field="connector_id")
    if sandbox.store.get(KEY + name) is not None:
        raise already_exists(name)
    connector = _with_defaults(name, call.body)
    _check(connector)
    sandbox.store.put(KEY + name, {**connector, "state": "CREATING"})
    return longrunning.begin(sandbox, "vpcaccess", parent, name, "create", _settle(sandbox, connector), "Connector")


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change the fields that the update mask names."""
    name = call.parameters["name"]
    connector = _existing(sandbox, name)
    mask = longrunning.mask_of(call)
    unknown = [path for path in mask if path not in _PATCHABLE]
    if unknown or not mask:
        raise invalid(f"Invalid update mask: {', '.join(unknown) or 'empty'}", field="update_mask")
    changed = {**connector, **{path: call.body[path] for path in mask if path in call.body}}
    _check(changed)
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
    ready = {**_with_defaults(name, {"network": network, "ipCidrRange": cidr}), "state": "READY"}
    sandbox.store.put(KEY + name, ready)
    return ready


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


def _with_defaults(name: str, body: Resource) -> Resource:
    # The throughput follows from the instances: 100 Mbit/s each (Connector.minThroughput).
    defaults = {"machineType": "e2-micro", "minInstances": 2, "maxInstances": 10}
    connector = {**defaults, **body, "name": name}
    throughput = {"minThroughput": connector["minInstances"] * 100, "maxThroughput": connector["maxInstances"] * 100}
    return {**connector, **throughput}


def _check(connector: Resource) -> None:
    if not connector.get("subnet") and not (connector.get("network") and connector.get("ipCidrRange")):
        raise invalid("Either a subnet, or a network with an IP CIDR range, must be given.", field="connector")
    least, most = connector["minInstances"], connector["maxInstances"]
    if not _LEAST_MINIMUM <= least < most <= _GREATEST_MAXIMUM:
        raise invalid(
            f"Invalid instances: min {least}, max {most}; 2 <= min < max <= 10 is required.", field="connector"
        )
