"""Instances in the store, and the work of their operations on the servers behind them."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import merging
from netra_sandbox.kernel.calls import Call
from netra_sandbox.kernel.operations import SQL
from netra_sandbox.servers.postgres import FIRST_USER
from netra_sandbox.services import longrunning
from netra_sandbox.services.sql_admin import flags, refusals, rules, tiers

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox
    from netra_sandbox.servers.platform import Accounts
    from netra_sandbox.servers.postgres import PostgresServer

Resource = dict[str, Any]
KEY = "sql:"
NETWORK = "staging-vpc"
VERSION = "POSTGRES_17"
LINKS = "https://sqladmin.googleapis.com/sql/v1beta4/projects"


def key(sandbox: Sandbox, name: str) -> str:
    """Return an instance's key in the store."""
    return f"{KEY}{sandbox.project}/{name}"


def existing(sandbox: Sandbox, name: str) -> Resource:
    """Return an instance."""
    instance = sandbox.store.get(key(sandbox, name))
    if instance is None:
        raise refusals.no_instance()
    return instance


def idle(sandbox: Sandbox, name: str) -> Resource:
    """Return an instance that no operation works on."""
    instance = existing(sandbox, name)
    if instance["state"] != "RUNNABLE":
        raise refusals.busy()
    return instance


def runs(instance: Resource) -> bool:
    """Tell whether an instance's server is meant to run; one that its owner stopped is RUNNABLE too."""
    return bool(instance["settings"]["activationPolicy"] != "NEVER")


def running(sandbox: Sandbox, name: str) -> PostgresServer:
    """Return the server of an instance that runs."""
    instance = existing(sandbox, name)
    server = sandbox.servers.postgres(name)
    if server is None or not runs(instance):
        raise refusals.stopped()
    return server


def put(sandbox: Sandbox, instance: Resource, state: str | None = None) -> Resource:
    """Store an instance, in another state when one is given."""
    stored = {**instance, "state": state} if state else instance
    sandbox.store.put(key(sandbox, instance["name"]), stored)
    return stored


def begin(sandbox: Sandbox, call: Call, name: str, kind: str, work: Awaitable[Resource]) -> Resource:
    """Start the work as one of Cloud SQL's own operations and return the operation."""
    metadata = {
        "operationType": kind,
        "targetId": name,
        "targetProject": sandbox.project,
        "targetLink": f"{LINKS}/{sandbox.project}/instances/{name}",
        "user": call.principal,
    }
    parent = f"projects/{sandbox.project}"
    return sandbox.operations.start("sql", parent, work, metadata=metadata, response_type="", shape=SQL)


def with_defaults(sandbox: Sandbox, name: str, version: str, given: Resource) -> Resource:
    """Return an instance as it is made from the settings of a request."""
    defaults = {
        "kind": "sql#settings",
        "activationPolicy": "ALWAYS",
        "availabilityType": "ZONAL",
        "dataDiskSizeGb": "10",
        "dataDiskType": "PD_SSD",
        "edition": rules.edition_of(version),
        "pricingPlan": "PER_USE",
        "storageAutoResize": True,
        "ipConfiguration": {
            "ipv4Enabled": True,
            "privateNetwork": f"projects/{sandbox.project}/global/networks/{NETWORK}",
            "sslMode": "ALLOW_UNENCRYPTED_AND_ENCRYPTED",
        },
    }
    return {
        "kind": "sql#instance",
        "name": name,
        "project": sandbox.project,
        "region": sandbox.region,
        "gceZone": f"{sandbox.region}-a",
        "databaseVersion": version,
        "instanceType": "CLOUD_SQL_INSTANCE",
        "backendType": "SECOND_GEN",
        "connectionName": f"{sandbox.project}:{sandbox.region}:{name}",
        "selfLink": f"{LINKS}/{sandbox.project}/instances/{name}",
        "createTime": longrunning.timestamp(sandbox),
        "settings": {**merging.patch(defaults, given), "settingsVersion": "1"},
    }


def server_settings(instance: Resource) -> dict[str, str]:
    """Return what the server is started with: its machine type's connections, and the flags that reach it."""
    settings = instance["settings"]
    own = {"max_connections": str(tiers.connections(settings["tier"]))}
    return own | flags.server_settings(settings.get("databaseFlags") or [])


async def create(
    sandbox: Sandbox, instance: Resource, accounts: Accounts | None = None, password: str | None = None
) -> Resource:
    """Start an instance's server, with the product's database when accounts are given."""
    name, tier = instance["name"], instance["settings"]["tier"]
    addresses = await sandbox.servers.start_postgres(name, tier, NETWORK, accounts, server_settings(instance))
    server = sandbox.servers.postgres(name)
    if password and server is not None:
        await server.set_password(FIRST_USER, password)
    known = [{"type": "PRIMARY", "ipAddress": addresses.public}, {"type": "PRIVATE", "ipAddress": addresses.private}]
    return put(sandbox, {**instance, "ipAddresses": known}, "RUNNABLE")


async def update(sandbox: Sandbox, before: Resource, after: Resource) -> Resource:
    """Bring changed settings to the server: it starts, stops, or starts again where it has to."""
    name = after["name"]
    if not runs(after):
        await sandbox.servers.halt_postgres(name)
    elif (
        not runs(before)
        or before["settings"]["tier"] != after["settings"]["tier"]
        or server_settings(before) != server_settings(after)
    ):
        await sandbox.servers.restart_postgres(name, after["settings"]["tier"], server_settings(after))
    return put(sandbox, after)


async def restart(sandbox: Sandbox, instance: Resource) -> Resource:
    """Start an instance's server again."""
    await sandbox.servers.restart_postgres(instance["name"], instance["settings"]["tier"], server_settings(instance))
    return put(sandbox, instance)


async def remove(sandbox: Sandbox, name: str) -> Resource:
    """End an instance's server and forget the instance."""
    await sandbox.servers.stop_postgres(name)
    sandbox.store.delete(key(sandbox, name))
    return {}


async def seed(sandbox: Sandbox, identifier: str, tier: str, accounts: Accounts | None) -> Resource:
    """Make a running instance at once, with the product's database when accounts are given; for scenarios."""
    given = {"tier": tier, "edition": tiers.ENTERPRISE}
    return await create(sandbox, with_defaults(sandbox, identifier, VERSION, given), accounts)
