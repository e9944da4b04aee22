"""The methods of instances; both versions of the API come here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import merging
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.services.sql_admin import flags, refusals, resources, rules, tiers
from netra_sandbox.services.sql_admin.pages import page

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "sql.instances"


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return an instance."""
    return resources.existing(sandbox, call.parameters["instance"])


@handles(f"{METHODS}.list")
async def list_instances(sandbox: Sandbox, call: Call) -> Resource:
    """Return the instances of the project."""
    found = sandbox.store.list(f"{resources.KEY}{call.parameters['project']}/")
    return page(call, "sql#instancesList", found)


@handles(f"{METHODS}.insert")
async def insert(sandbox: Sandbox, call: Call) -> Resource:
    """Make an instance with a server of its own."""
    name, settings = str(call.body.get("name") or ""), call.body.get("settings") or {}
    if not settings.get("tier") or not call.body.get("databaseVersion"):
        raise refusals.invalid("Missing parameter: settings.tier and databaseVersion are required.")
    instance = resources.with_defaults(sandbox, name, call.body["databaseVersion"], settings)
    rules.refuse(instance)
    if sandbox.store.get(resources.key(sandbox, name)) is not None:
        raise refusals.instance_exists()
    resources.put(sandbox, instance, "PENDING_CREATE")
    work = resources.create(sandbox, instance, password=call.body.get("rootPassword"))
    return resources.begin(sandbox, call, name, "CREATE", work)


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change the settings that are given. Older settings than the newest are refused."""
    instance = resources.existing(sandbox, call.parameters["instance"])
    settings = merging.patch(instance["settings"], _wanted(call))
    return _change(sandbox, call, instance, settings)


@handles(f"{METHODS}.update")
async def update(sandbox: Sandbox, call: Call) -> Resource:
    """Replace the settings, whose version has to be named."""
    instance = resources.existing(sandbox, call.parameters["instance"])
    given = call.body.get("settings") or {}
    if "settingsVersion" not in given or not given.get("tier"):
        raise refusals.invalid("Missing parameter: settings.settingsVersion and settings.tier are required.")
    version, name = instance["databaseVersion"], instance["name"]
    made = resources.with_defaults(
        sandbox, name, version, {"edition": instance["settings"]["edition"], **_wanted(call)}
    )
    return _change(sandbox, call, instance, made["settings"])


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Remove an instance with its server."""
    instance = resources.idle(sandbox, call.parameters["instance"])
    if instance["settings"].get("deletionProtectionEnabled"):
        raise refusals.protected()
    resources.put(sandbox, instance, "PENDING_DELETE")
    return resources.begin(sandbox, call, instance["name"], "DELETE", resources.remove(sandbox, instance["name"]))


@handles(f"{METHODS}.restart")
async def restart(sandbox: Sandbox, call: Call) -> Resource:
    """Start the server again; every connection ends."""
    instance = resources.idle(sandbox, call.parameters["instance"])
    if not resources.runs(instance):
        raise refusals.stopped()
    resources.put(sandbox, instance, "MAINTENANCE")
    return resources.begin(sandbox, call, instance["name"], "RESTART", resources.restart(sandbox, instance))


@handles(f"{METHODS}.failover")
async def failover(sandbox: Sandbox, call: Call) -> Resource:
    """Change to the standby, which only a regional instance has."""
    instance = resources.idle(sandbox, call.parameters["instance"])
    if instance["settings"]["availabilityType"] != "REGIONAL":
        raise refusals.invalid("Invalid request: Failover is only supported for REGIONAL instances.")
    given = (call.body.get("failoverContext") or {}).get("settingsVersion")
    if given is not None and str(given) != instance["settings"]["settingsVersion"]:
        raise refusals.stale()
    resources.put(sandbox, instance, "MAINTENANCE")
    return resources.begin(sandbox, call, instance["name"], "FAILOVER", resources.restart(sandbox, instance))


@handles("sql.tiers.list")
async def list_tiers(sandbox: Sandbox, call: Call) -> Resource:  # noqa: ARG001
    """Return the machine types."""
    return {"kind": "sql#tiersList", "items": tiers.listed(sandbox.region)}


@handles("sql.flags.list")
async def list_flags(sandbox: Sandbox, call: Call) -> Resource:  # noqa: ARG001
    """Return the flags that an instance may have."""
    asked = call.parameters.get("databaseVersion")
    versions = [version for version in rules.VERSIONS if asked in {None, version}]
    found = [flag.as_resource(versions) for flag in flags.FLAGS.values()] if versions else []
    return {"kind": "sql#flagsList", "items": found}


def _wanted(call: Call) -> Resource:
    return {field: value for field, value in (call.body.get("settings") or {}).items() if field != "settingsVersion"}


def _change(sandbox: Sandbox, call: Call, instance: Resource, settings: Resource) -> Resource:
    given, current = (call.body.get("settings") or {}).get("settingsVersion"), instance["settings"]["settingsVersion"]
    if given is not None and str(given) != current:
        raise refusals.stale()
    instance = resources.idle(sandbox, instance["name"])
    changed = {**instance, "settings": {**settings, "settingsVersion": str(int(current) + 1)}}
    rules.refuse_change(instance, changed, call.body)
    resources.put(sandbox, instance, "MAINTENANCE")
    return resources.begin(sandbox, call, instance["name"], "UPDATE", resources.update(sandbox, instance, changed))
