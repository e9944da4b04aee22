"""Memorystore for Redis v1. https://cloud.google.com/memorystore/docs/redis/reference/rest/v1/projects.locations.instances."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, already_exists, invalid, not_found
from netra_sandbox.servers.fleet import REDIS_PORT
from netra_sandbox.services import longrunning

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

Resource = dict[str, Any]
KEY = "redis:"
METHODS = "redis.projects.locations.instances"
CREATE_SECONDS = 0.3
UPDATE_SECONDS = 0.1
_NAME = re.compile(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?")
_NETWORK = re.compile(r"projects/[^/]+/global/networks/[^/]+")
_PATCHABLE = {"displayName", "labels", "memorySizeGb", "redisConfigs", "replicaCount", "readReplicasMode"}
_PATCHABLE |= {"maintenancePolicy", "persistenceConfig", "authEnabled"}
_LARGEST_GB = 300


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return an instance."""
    return _existing(sandbox, call.parameters["name"])


@handles(f"{METHODS}.list")
async def list_instances(sandbox: Sandbox, call: Call) -> Resource:
    """Return the instances of a location."""
    return longrunning.page(call, "instances", sandbox.store.list(f"{KEY}{call.parameters['parent']}/instances/"))


@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Make an instance: its server starts while the operation runs."""
    parent, identifier = call.parameters["parent"], call.parameters["instanceId"]
    name = f"{parent}/instances/{identifier}"
    if not _NAME.fullmatch(identifier):
        raise invalid(f"Invalid instance id: {identifier}", field="instance_id")
    if sandbox.store.get(KEY + name) is not None:
        raise already_exists(name)
    instance = _with_defaults(sandbox, name, call.body)
    _check(instance)
    sandbox.store.put(KEY + name, {**instance, "state": "CREATING"})
    return longrunning.begin(sandbox, "redis", parent, name, "create", _start(sandbox, instance), "Instance")


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change the fields that the update mask names."""
    name = call.parameters["name"]
    instance = _existing(sandbox, name)
    mask = longrunning.mask_of(call)
    unknown = [path for path in mask if path.partition(".")[0] not in _PATCHABLE]
    if unknown or not mask:
        raise invalid(f"Invalid update mask: {', '.join(unknown) or 'empty'}", field="update_mask")
    changed = {**instance, **{path: call.body.get(path) for path in mask}}
    _check(changed)
    sandbox.store.put(KEY + name, {**instance, "state": "UPDATING"})
    work = _update(sandbox, {key: value for key, value in changed.items() if value is not None})
    return longrunning.begin(sandbox, "redis", name.rpartition("/instances/")[0], name, "update", work, "Instance")


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Remove an instance with its server."""
    name = call.parameters["name"]
    instance = _existing(sandbox, name)
    sandbox.store.put(KEY + name, {**instance, "state": "DELETING"})
    parent = name.rpartition("/instances/")[0]
    return longrunning.begin(sandbox, "redis", parent, name, "delete", _remove(sandbox, name), None)


async def seed(sandbox: Sandbox, identifier: str, fields: Resource) -> Resource:
    """Make a ready instance at once; for scenarios."""
    name = f"projects/{sandbox.project}/locations/{sandbox.region}/instances/{identifier}"
    return await _start(sandbox, _with_defaults(sandbox, name, fields), seconds=0)


async def _start(sandbox: Sandbox, instance: Resource, seconds: float = CREATE_SECONDS) -> Resource:
    await asyncio.sleep(seconds)
    network = instance["authorizedNetwork"].rpartition("/")[2]
    host = await sandbox.servers.start_redis(instance["name"].rpartition("/")[2], network)
    ready = {**instance, "state": "READY", "host": host, "port": REDIS_PORT}
    sandbox.store.put(KEY + instance["name"], ready)
    return ready


async def _update(sandbox: Sandbox, instance: Resource) -> Resource:
    await asyncio.sleep(UPDATE_SECONDS)
    sandbox.store.put(KEY + instance["name"], instance)
    return instance


async def _remove(sandbox: Sandbox, name: str) -> Resource:
    await sandbox.servers.stop_redis(name.rpartition("/")[2])
    sandbox.store.delete(KEY + name)
    return {}


def _existing(sandbox: Sandbox, name: str) -> Resource:
    instance = sandbox.store.get(KEY + name)
    if instance is None:
        raise not_found(name)
    return instance


def _with_defaults(sandbox: Sandbox, name: str, body: Resource) -> Resource:
    zone = f"{name.split('/')[3]}-a"
    return {
        "tier": "BASIC",
        "redisVersion": "REDIS_7_2",
        "authorizedNetwork": f"projects/{sandbox.project}/global/networks/default",
        "connectMode": "DIRECT_PEERING",
        "transitEncryptionMode": "DISABLED",
        "locationId": zone,
        **body,
        "name": name,
        "createTime": longrunning.timestamp(sandbox),
        "currentLocationId": zone,
        "nodes": [{"id": "node-0", "zone": zone}],
        "persistenceIamIdentity": f"serviceAccount:{sandbox.project_number}-compute@developer.gserviceaccount.com",
    }


def _check(instance: Resource) -> None:
    size = instance.get("memorySizeGb") or 0
    if not 1 <= size <= _LARGEST_GB:
        raise invalid(
            f"Memory size should be between 1 and {_LARGEST_GB} GB, {size} was given.", field="instance.memory_size_gb"
        )
    if not _NETWORK.fullmatch(instance["authorizedNetwork"]):
        raise ApiError(
            "INVALID_ARGUMENT",
            f"Invalid value for authorizedNetwork: {instance['authorizedNetwork']!r}. "
            "It must be of the form projects/PROJECT/global/networks/NETWORK.",
        )
