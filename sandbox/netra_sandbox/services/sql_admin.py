"""Cloud SQL Admin v1. https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, already_exists
from netra_sandbox.kernel.operations import SQL
from netra_sandbox.services import longrunning

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox
    from netra_sandbox.servers.platform import Accounts

Resource = dict[str, Any]
KEY = "sql:"
METHODS = "sql.instances"
NETWORK = "staging-vpc"
VERSION = "POSTGRES_17"


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return an instance."""
    return _existing(sandbox, call.parameters["instance"])


@handles(f"{METHODS}.list")
async def list_instances(sandbox: Sandbox, call: Call) -> Resource:
    """Return the instances of the project."""
    return {"kind": "sql#instancesList", "items": sandbox.store.list(f"{KEY}{call.parameters['project']}/")}


@handles(f"{METHODS}.insert")
async def insert(sandbox: Sandbox, call: Call) -> Resource:
    """Make an instance with a server of its own."""
    name = call.body.get("name", "")
    if sandbox.store.get(_key(sandbox, name)) is not None:
        raise already_exists(f"instance {name}")
    settings = call.body.get("settings") or {}
    if not settings.get("tier") or not call.body.get("databaseVersion"):
        raise ApiError("INVALID_ARGUMENT", "Missing parameter: settings.tier and databaseVersion are required.")
    instance = _instance(sandbox, name, call.body["databaseVersion"], settings)
    sandbox.store.put(_key(sandbox, name), {**instance, "state": "PENDING_CREATE"})
    return _begin(sandbox, name, "CREATE", _create(sandbox, instance))


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change settings; another tier restarts the server. Older settings than the newest are refused."""
    name = call.parameters["instance"]
    instance = _existing(sandbox, name)
    wanted = dict(call.body.get("settings") or {})
    given, current = wanted.pop("settingsVersion", None), instance["settings"]["settingsVersion"]
    if given is not None and str(given) != current:
        raise ApiError("ABORTED", "The settings version does not match the current one: the instance was changed.")
    if instance["state"] != "RUNNABLE":
        raise ApiError("ABORTED", "Operation failed because another operation was already in progress.")
    settings = _merged(instance["settings"], wanted)
    settings["settingsVersion"] = str(int(current) + 1)
    changed = {**instance, "settings": settings}
    sandbox.store.put(_key(sandbox, name), {**instance, "state": "MAINTENANCE"})
    return _begin(sandbox, name, "UPDATE", _update(sandbox, instance, changed))


async def seed(sandbox: Sandbox, identifier: str, tier: str, accounts: Accounts | None) -> Resource:
    """Make a running instance with the product's database at once; for scenarios."""
    instance = _instance(sandbox, identifier, VERSION, {"tier": tier})
    return await _create(sandbox, instance, accounts)


async def _create(sandbox: Sandbox, instance: Resource, accounts: Accounts | None = None) -> Resource:
    name, tier = instance["name"], instance["settings"]["tier"]
    addresses = await sandbox.servers.start_postgres(name, tier, NETWORK, accounts)
    running = {
        **instance,
        "state": "RUNNABLE",
        "ipAddresses": [
            {"type": "PRIMARY", "ipAddress": addresses.public},
            {"type": "PRIVATE", "ipAddress": addresses.private},
        ],
    }
    sandbox.store.put(_key(sandbox, name), running)
    return running


async def _update(sandbox: Sandbox, before: Resource, after: Resource) -> Resource:
    if before["settings"]["tier"] != after["settings"]["tier"]:
        await sandbox.servers.restart_postgres(after["name"], after["settings"]["tier"])
    sandbox.store.put(_key(sandbox, after["name"]), after)
    return after


def _begin(sandbox: Sandbox, name: str, kind: str, work: Awaitable[Resource]) -> Resource:
    metadata = {"operationType": kind, "targetId": name, "targetProject": sandbox.project}
    parent = f"projects/{sandbox.project}"
    return sandbox.operations.start("sql", parent, work, metadata=metadata, response_type="", shape=SQL)


def _key(sandbox: Sandbox, name: str) -> str:
    return f"{KEY}{sandbox.project}/{name}"


def _existing(sandbox: Sandbox, name: str) -> Resource:
    instance = sandbox.store.get(_key(sandbox, name))
    if instance is None:
        raise ApiError("NOT_FOUND", f"The Cloud SQL instance {name} does not exist.")
    return instance


def _instance(sandbox: Sandbox, name: str, version: str, settings: Resource) -> Resource:
    defaults = {
        "kind": "sql#settings",
        "activationPolicy": "ALWAYS",
        "availabilityType": "ZONAL",
        "dataDiskSizeGb": "10",
        "dataDiskType": "PD_SSD",
        "edition": "ENTERPRISE",
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
        "databaseVersion": version,
        "instanceType": "CLOUD_SQL_INSTANCE",
        "backendType": "SECOND_GEN",
        "connectionName": f"{sandbox.project}:{sandbox.region}:{name}",
        "createTime": longrunning.timestamp(sandbox),
        "settings": {**_merged(defaults, settings), "settingsVersion": "1"},
    }


def _merged(below: Resource, above: Resource) -> Resource:
    """Lay given settings over those that are there; a patch leaves out what it does not change."""
    result = dict(below)
    for key, value in above.items():
        there = result.get(key)
        result[key] = _merged(there, value) if isinstance(there, dict) and isinstance(value, dict) else value
    return result
