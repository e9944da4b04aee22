"""The methods of Redis instances."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import field_mask
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, already_exists, invalid
from netra_sandbox.kernel.paging import page
from netra_sandbox.services import longrunning
from netra_sandbox.services.redis import resources, rules

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "redis.projects.locations.instances"


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return an instance."""
    return resources.existing(sandbox, call.parameters["name"])


@handles(f"{METHODS}.list")
async def list_instances(sandbox: Sandbox, call: Call) -> Resource:
    """Return the instances of a location, or with `-` of all."""
    parent = str(call.parameters["parent"]).removesuffix("/-")
    return page(sandbox.store.list(f"{resources.KEY}{parent}/", kind="instances"), "instances", call)


@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Make an instance: its server starts while the operation runs."""
    parent, identifier = call.parameters["parent"], str(call.parameters.get("instanceId") or "")
    name = f"{parent}/instances/{identifier}"
    if not rules.IDENTIFIER.fullmatch(identifier):
        raise invalid(f"Invalid instance id: {identifier}", field="instance_id")
    if sandbox.store.get(resources.KEY + name) is not None:
        raise already_exists(name)
    instance = resources.with_defaults(sandbox, name, call.body)
    rules.refuse(instance)
    if instance["transitEncryptionMode"] == "SERVER_AUTHENTICATION":
        raise ApiError("FAILED_PRECONDITION", "The sandbox's Redis servers do not speak TLS.")
    sandbox.store.put(resources.KEY + name, {**instance, "state": "CREATING"})
    return longrunning.begin(sandbox, "redis", parent, name, "create", resources.start(sandbox, instance), "Instance")


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change the fields that the update mask names."""
    instance = resources.existing(sandbox, call.parameters["name"])
    paths = field_mask.paths(str(call.parameters.get("updateMask") or ""))
    rules.refuse_mask([".".join(parts) for parts in paths])
    instance = resources.idle(sandbox, instance["name"])
    changed = field_mask.apply(instance, call.body, str(call.parameters["updateMask"]))
    rules.refuse(changed)
    return _begin(sandbox, instance, "UPDATING", "update", resources.update(sandbox, changed))


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Remove an instance with its server."""
    name = call.parameters["name"]
    instance = resources.existing(sandbox, name)
    sandbox.store.put(resources.KEY + name, {**instance, "state": "DELETING"})
    parent = name.rpartition("/instances/")[0]
    return longrunning.begin(sandbox, "redis", parent, name, "delete", resources.remove(sandbox, name), None)


@handles(f"{METHODS}.failover")
async def failover(sandbox: Sandbox, call: Call) -> Resource:
    """Make the replica the primary."""
    instance = resources.existing(sandbox, call.parameters["name"])
    rules.refuse_failover(instance)
    instance = resources.idle(sandbox, instance["name"])
    return _begin(sandbox, instance, "FAILING_OVER", "failover", resources.fail_over(sandbox, instance))


@handles(f"{METHODS}.upgrade")
async def upgrade(sandbox: Sandbox, call: Call) -> Resource:
    """Change to a newer version of Redis."""
    instance = resources.idle(sandbox, call.parameters["name"])
    version = str(call.body.get("redisVersion") or "")
    rules.refuse_upgrade(instance, version)
    changed = {**instance, "redisVersion": version}
    return _begin(sandbox, instance, "UPDATING", "upgrade", resources.upgrade(sandbox, changed))


@handles(f"{METHODS}.getAuthString")
async def get_auth_string(sandbox: Sandbox, call: Call) -> Resource:
    """Return the password of an instance with AUTH, nothing where AUTH is off."""
    instance = resources.existing(sandbox, call.parameters["name"])
    password = resources.auth_string(sandbox, instance["name"])
    return {"authString": password} if password else {}


@handles(f"{METHODS}.rescheduleMaintenance")
async def reschedule_maintenance(sandbox: Sandbox, call: Call) -> Resource:
    """Refuse: nothing is ever scheduled."""
    instance = resources.existing(sandbox, call.parameters["name"])
    raise ApiError("FAILED_PRECONDITION", f"Instance '{instance['name']}' has no maintenance scheduled.")


def _begin(sandbox: Sandbox, instance: Resource, state: str, verb: str, work: Awaitable[Resource]) -> Resource:
    name = instance["name"]
    sandbox.store.put(resources.KEY + name, {**instance, "state": state})
    return longrunning.begin(sandbox, "redis", name.rpartition("/instances/")[0], name, verb, work, "Instance")
