"""Redis instances in the store, and the work of their operations on the servers behind them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.errors import ApiError, not_found
from netra_sandbox.servers.fleet import REDIS_PORT
from netra_sandbox.services import longrunning
from netra_sandbox.services.redis import rules

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
KEY = "redis:"
AUTH_KEY = "redis-auth:"
CREATE_SECONDS = 0.3
UPDATE_SECONDS = 0.1


def existing(sandbox: Sandbox, name: str) -> Resource:
    """Return an instance."""
    instance = sandbox.store.get(KEY + name)
    if instance is None:
        raise not_found(name)
    return instance


def idle(sandbox: Sandbox, name: str) -> Resource:
    """Return an instance that no operation works on: there is one at a time (.../docs/redis/product-constraints)."""
    instance = existing(sandbox, name)
    if instance["state"] != "READY":
        raise ApiError("FAILED_PRECONDITION", f"Instance '{name}' is in state {instance['state']}: it must be READY.")
    return instance


def auth_string(sandbox: Sandbox, name: str) -> str:
    """Return the password of an instance with AUTH, empty without."""
    return str((sandbox.store.get(AUTH_KEY + name) or {}).get("authString", ""))


def with_defaults(sandbox: Sandbox, name: str, given: Resource) -> Resource:
    """Return an instance as it is made from a request."""
    zone = given.get("locationId") or f"{name.split('/')[3]}-a"
    instance = {
        "redisVersion": rules.DEFAULT_VERSION,
        "authorizedNetwork": f"projects/{sandbox.project}/global/networks/default",
        "connectMode": "DIRECT_PEERING",
        "transitEncryptionMode": "DISABLED",
        "readReplicasMode": "READ_REPLICAS_DISABLED",
        "locationId": zone,
        **given,
        "name": name,
        "createTime": longrunning.timestamp(sandbox),
        "currentLocationId": zone,
        "persistenceIamIdentity": f"serviceAccount:{sandbox.project_number}-compute@developer.gserviceaccount.com",
    }
    if instance.get("tier") == "STANDARD_HA":
        reads = instance["readReplicasMode"] == "READ_REPLICAS_ENABLED"
        instance = {"alternativeLocationId": f"{zone[:-1]}b", "replicaCount": 2 if reads else 1, **instance}
    instance["nodes"] = [{"id": f"node-{number}", "zone": place} for number, place in enumerate(_zones(instance))]
    return instance


async def seed(sandbox: Sandbox, identifier: str, fields: Resource) -> Resource:
    """Make a ready instance at once; for scenarios."""
    name = f"projects/{sandbox.project}/locations/{sandbox.region}/instances/{identifier}"
    return await start(sandbox, with_defaults(sandbox, name, fields), seconds=0)


async def start(sandbox: Sandbox, instance: Resource, seconds: float = CREATE_SECONDS) -> Resource:
    """Start an instance's server."""
    await asyncio.sleep(seconds)
    name = instance["name"]
    host = await sandbox.servers.start_redis(_short(name), instance["authorizedNetwork"].rpartition("/")[2])
    await _apply(sandbox, instance)
    ready = {**instance, "state": "READY", "host": host, "port": REDIS_PORT}
    sandbox.store.put(KEY + name, ready)
    return ready


async def update(sandbox: Sandbox, instance: Resource) -> Resource:
    """Bring a changed instance's settings to its server, which goes on running."""
    await asyncio.sleep(UPDATE_SECONDS)
    await _apply(sandbox, instance)
    ready = {**instance, "state": "READY"}
    sandbox.store.put(KEY + instance["name"], ready)
    return ready


async def fail_over(sandbox: Sandbox, instance: Resource) -> Resource:
    """Move the primary to the other zone: clients lose their connections, the data stays."""
    await asyncio.sleep(UPDATE_SECONDS)
    server = sandbox.servers.redis(_short(instance["name"]))
    if server is not None:
        await server.disconnect()
    zones = [node["zone"] for node in instance["nodes"]]
    following = zones[(zones.index(instance["currentLocationId"]) + 1) % len(zones)]
    return await update(sandbox, {**instance, "currentLocationId": following})


async def upgrade(sandbox: Sandbox, instance: Resource) -> Resource:
    """Start an instance's server anew; what a BASIC instance held is gone."""
    if instance["tier"] == "STANDARD_HA":
        return await fail_over(sandbox, instance)
    await sandbox.servers.stop_redis(_short(instance["name"]))
    return await start(sandbox, instance, UPDATE_SECONDS)


async def remove(sandbox: Sandbox, name: str) -> Resource:
    """End an instance's server and forget the instance."""
    await sandbox.servers.stop_redis(_short(name))
    sandbox.store.delete(KEY + name)
    sandbox.store.delete(AUTH_KEY + name)
    return {}


async def _apply(sandbox: Sandbox, instance: Resource) -> None:
    server = sandbox.servers.redis(_short(instance["name"]))
    if server is None:
        return
    for setting, value in rules.settings(instance).items():
        await server.command("CONFIG", "SET", setting, value)
    known = auth_string(sandbox, instance["name"])
    if instance.get("authEnabled"):
        # AUTH that is switched off and on again has another string (.../docs/redis/about-redis-auth).
        password = known or str(uuid.uuid4())
        sandbox.store.put(AUTH_KEY + instance["name"], {"authString": password})
        await server.require(password)
    else:
        sandbox.store.delete(AUTH_KEY + instance["name"])
        await server.require("")


def _zones(instance: Resource) -> Iterable[str]:
    return dict.fromkeys(filter(None, [instance["locationId"], instance.get("alternativeLocationId")]))


def _short(name: str) -> str:
    return name.rpartition("/")[2]
