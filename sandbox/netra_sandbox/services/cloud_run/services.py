"""run.projects.locations.services: create, get, list, patch, delete (Cloud Run Admin v2)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from netra_sandbox.discovery import schemas
from netra_sandbox.kernel import etag, field_mask, iam_policies, paging
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, already_exists, invalid, not_found
from netra_sandbox.services.cloud_run import names, quotas, registry, resources, rollout, validation
from netra_sandbox.services.cloud_run.violations import violation

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

Resource = dict[str, Any]
RESPONSE_TYPE = "google.cloud.run.v2.Service"


@handles("run.projects.locations.services.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a service."""
    return stored(sandbox, named(sandbox, call.parameters["name"]))


@handles("run.projects.locations.services.list")
async def list_(sandbox: Sandbox, call: Call) -> Resource:
    """Return a location's services, newest first."""
    if "/locations/-" in call.parameters["parent"]:
        raise invalid("Invalid value for parent: the location '-' is not supported.", field="parent")
    parent = named(sandbox, f"{call.parameters['parent']}/services/any").parent
    found = sorted(registry.services(sandbox, parent), key=lambda service: service["createTime"], reverse=True)
    return paging.page(found, "services", call)


@handles("run.projects.locations.services.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Create a service and roll out its first revision."""
    service_id = str(call.parameters.get("serviceId") or "")
    validation.check_service_id(service_id)
    name = named(sandbox, f"{call.parameters['parent']}/services/{service_id}")
    return begin_creation(sandbox, name, call.body, call.principal, validate_only=_validate_only(call))


@handles("run.projects.locations.services.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change a service; a changed template becomes a new revision."""
    name = named(sandbox, call.parameters["name"])
    current = sandbox.store.get(name.key)
    if current is None and call.parameters.get("allowMissing"):
        validation.check_service_id(name.service)
        return begin_creation(sandbox, name, call.body, call.principal, validate_only=_validate_only(call))
    current = stored(sandbox, name)
    etag.check(name.full, call.body.get("etag"), current["etag"])
    force = bool(call.parameters.get("forceNewRevision"))
    merged = _merged(current, call)
    return begin_change(sandbox, current, merged, call.principal, validate_only=_validate_only(call), force=force)


@handles("run.projects.locations.services.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Delete a service, its revisions and their instances."""
    name = named(sandbox, call.parameters["name"])
    etag.check(name.full, call.parameters.get("etag"), stored(sandbox, name)["etag"])
    return begin_deletion(sandbox, name, validate_only=_validate_only(call))


def begin_creation(
    sandbox: Sandbox, name: names.ServiceName, given: Resource, principal: str, *, validate_only: bool
) -> Resource:
    """Create a service of a client's fields; return the operation, done already when it only validates."""
    if sandbox.store.get(name.key) is not None:
        raise already_exists(f"Resource '{name.service}'")
    validation.check_service("CreateServiceRequest", name.service, given)
    quotas.check(sandbox, given.get("template") or {})
    service = resources.new_service(sandbox, name, resources.desired(sandbox, given), principal)
    revision = rollout.revision_for(sandbox, None, service)
    return _roll_out(sandbox, service, revision, principal, validate_only=validate_only)


def begin_change(
    sandbox: Sandbox, current: Resource, wanted: Resource, principal: str, *, validate_only: bool, force: bool = False
) -> Resource:
    """Make a stored service what a client wants it to be; return the operation."""
    name = names.ServiceName.parse(current["name"])
    validation.check_service("UpdateServiceRequest", name.service, wanted)
    service = resources.changed_service(sandbox, current, resources.desired(sandbox, wanted), principal)
    revision = rollout.revision_for(sandbox, current, service, force=force)
    if revision is not None:
        quotas.check(sandbox, service["template"])
    return _roll_out(sandbox, service, revision, principal, validate_only=validate_only)


def begin_deletion(sandbox: Sandbox, name: names.ServiceName, *, validate_only: bool) -> Resource:
    """Delete a stored service; return the operation."""
    answer = stored(sandbox, name) | {"deleteTime": resources.timestamp(sandbox)}
    if validate_only:
        return sandbox.operations.done("run", name.parent, answer, metadata=answer, response_type=RESPONSE_TYPE)
    answer = resources.reconciling(answer, resources.timestamp(sandbox))
    sandbox.store.put(name.key, answer)
    work = _remove(sandbox, name, answer)
    return sandbox.operations.start("run", name.parent, work, metadata=answer, response_type=RESPONSE_TYPE)


def _roll_out(
    sandbox: Sandbox, service: Resource, revision: str | None, principal: str, *, validate_only: bool
) -> Resource:
    name = names.ServiceName.parse(service["name"])
    if validate_only:
        return sandbox.operations.done("run", name.parent, service, metadata=service, response_type=RESPONSE_TYPE)
    begun = rollout.begin(sandbox, service, revision, principal)
    work = rollout.carry_out(sandbox, name, revision, begun["generation"])
    operation = sandbox.operations.start("run", name.parent, work, metadata=begun, response_type=RESPONSE_TYPE)
    sandbox.store.put(name.operation_key, {"name": operation["name"]})
    return operation


async def _remove(sandbox: Sandbox, name: names.ServiceName, answer: Resource) -> Resource:
    await asyncio.sleep(rollout.ROLL_OUT_SECONDS)
    async with sandbox.supervisor.roll_out_lock(name.full):
        for revision in registry.revisions(sandbox, name.full):
            short = names.short_name(revision["name"])
            sandbox.store.delete(name.revision_key(short))
            sandbox.store.delete(name.deployment_key(short))
            await sandbox.supervisor.stop(revision["name"])
        sandbox.store.delete(name.key)
        sandbox.store.delete(name.operation_key)
        iam_policies.forget(sandbox.store, name.key)
    return answer


def _merged(current: Resource, call: Call) -> Resource:
    kept = {key: current[key] for key in resources.MUTABLE if key in current}
    mask = call.parameters.get("updateMask")
    unknown = schemas.unknown_paths(schemas.of("run", "v2"), "GoogleCloudRunV2Service", mask or "")
    if unknown:
        words = f"there is no field {', '.join(unknown)} in a service."
        raise violation("UpdateServiceRequest", "update_mask", words)
    given = {key: value for key, value in call.body.items() if key in resources.MUTABLE}
    return field_mask.apply(kept, given, mask) if mask else given


def stored(sandbox: Sandbox, name: names.ServiceName) -> Resource:
    """Return a service; raise NOT_FOUND when there is none."""
    service = sandbox.store.get(name.key)
    if service is None:
        raise not_found(
            f"Resource '{name.service}' of kind 'SERVICE' in region '{name.region}' in project '{name.project}'"
        )
    return service


def existing(sandbox: Sandbox, resource: str) -> names.ServiceName:
    """Read the name of a service that has to be there; raise NOT_FOUND otherwise."""
    name = named(sandbox, resource)
    stored(sandbox, name)
    return name


def named(sandbox: Sandbox, resource: str) -> names.ServiceName:
    """Read a name; the project may be given by its number."""
    parsed = names.ServiceName.parse(resource)
    if parsed.project not in {sandbox.project, sandbox.project_number}:
        raise ApiError("PERMISSION_DENIED", f"Permission denied on resource project {parsed.project}.")
    return names.ServiceName(sandbox.project, parsed.region, parsed.service)


def _validate_only(call: Call) -> bool:
    return bool(call.parameters.get("validateOnly"))
