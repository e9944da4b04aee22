"""run.projects.locations.services.revisions: get, list, delete (Cloud Run Admin v2)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import etag, paging
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, not_found
from netra_sandbox.services.cloud_run import names, registry, resources, rollout
from netra_sandbox.services.cloud_run import services as service_handlers

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

Resource = dict[str, Any]
RESPONSE_TYPE = "google.cloud.run.v2.Revision"


@handles("run.projects.locations.services.revisions.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a revision."""
    return _stored(sandbox, call.parameters["name"])[1]


@handles("run.projects.locations.services.revisions.list")
async def list_(sandbox: Sandbox, call: Call) -> Resource:
    """Return a service's revisions, newest first; the service `-` stands for all of them."""
    name = service_handlers.named(sandbox, call.parameters["parent"])
    owners = registry.services(sandbox, name.parent) if name.service == "-" else [{"name": name.full}]
    found = [revision for owner in owners for revision in registry.revisions(sandbox, owner["name"])]
    found.sort(key=lambda revision: (revision["createTime"], revision["name"]), reverse=True)
    return paging.page(found, "revisions", call)


@handles("run.projects.locations.services.revisions.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Delete a revision that nothing reaches."""
    _name, revision = _stored(sandbox, call.parameters["name"])
    etag.check(revision["name"], call.parameters.get("etag"), revision["etag"])
    return begin_deletion(sandbox, revision, validate_only=bool(call.parameters.get("validateOnly")))


def begin_deletion(sandbox: Sandbox, revision: Resource, *, validate_only: bool) -> Resource:
    """Delete a stored revision; return the operation; refuse one that is needed."""
    name = names.ServiceName.parse(revision["name"])
    _refuse_if_needed(sandbox, name, revision)
    answer = revision | {"deleteTime": resources.timestamp(sandbox)}
    if validate_only:
        return sandbox.operations.done("run", name.parent, answer, metadata=answer, response_type=RESPONSE_TYPE)
    work = _remove(sandbox, name, answer)
    return sandbox.operations.start("run", name.parent, work, metadata=answer, response_type=RESPONSE_TYPE)


async def _remove(sandbox: Sandbox, name: names.ServiceName, answer: Resource) -> Resource:
    await asyncio.sleep(rollout.ROLL_OUT_SECONDS)
    short = names.short_name(answer["name"])
    sandbox.store.delete(name.revision_key(short))
    await sandbox.supervisor.stop(answer["name"])
    return answer


def _refuse_if_needed(sandbox: Sandbox, name: names.ServiceName, revision: Resource) -> None:
    """Keep what can receive traffic, and the latest (Cloud Run: manage revisions)."""
    service = sandbox.store.get(name.key) or {}
    short = names.short_name(revision["name"])
    if short in registry.reachable(service) or revision["name"] == service.get("latestCreatedRevision"):
        raise ApiError(
            "FAILED_PRECONDITION",
            f"Revision '{short}' cannot be deleted because it is the latest revision of its service "
            "or can receive traffic.",
        )


def _stored(sandbox: Sandbox, resource: str) -> tuple[names.ServiceName, Resource]:
    name = service_handlers.named(sandbox, resource)
    short = names.short_name(resource)
    revision = sandbox.store.get(name.revision_key(short))
    if revision is None:
        raise not_found(f"Resource '{short}' of kind 'REVISION' in region '{name.region}' in project '{name.project}'")
    return name, revision
