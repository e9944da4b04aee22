"""v1 revisions: get, list, delete, below a namespace or a location."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call
from netra_sandbox.kernel.errors import not_found
from netra_sandbox.services.cloud_run import names, registry
from netra_sandbox.services.cloud_run import revisions as of_v2
from netra_sandbox.services.cloud_run.v1 import requests, services_view
from netra_sandbox.services.cloud_run.v1.requests import handles_v1

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
NAMESPACES, PROJECTS = "run.namespaces.revisions", "run.projects.locations.revisions"


@handles_v1(f"{NAMESPACES}.get", f"{PROJECTS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a revision; its service is not in its v1 name."""
    return services_view.revision_to_v1(_found(sandbox, call), sandbox.project_number)


@handles_v1(f"{NAMESPACES}.list", f"{PROJECTS}.list")
async def list_(sandbox: Sandbox, call: Call) -> Resource:
    """Return the revisions of a location, newest first."""
    location = requests.location(sandbox, call, call.parameters["parent"])
    found = sorted(_all(sandbox, location), key=lambda item: (item["createTime"], item["name"]), reverse=True)
    shown = [services_view.revision_to_v1(revision, sandbox.project_number) for revision in found]
    return requests.listed(call, "RevisionList", shown, services_view.API_VERSION)


@handles_v1(f"{NAMESPACES}.delete", f"{PROJECTS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Delete a revision that nothing reaches."""
    revision = _found(sandbox, call)
    of_v2.begin_deletion(sandbox, revision, validate_only=requests.dry_run(call))
    return requests.success(names.short_name(revision["name"]), "Revision")


def _all(sandbox: Sandbox, location: str) -> list[Resource]:
    owners = registry.services(sandbox, location)
    return [revision for owner in owners for revision in registry.revisions(sandbox, owner["name"])]


def _found(sandbox: Sandbox, call: Call) -> Resource:
    resource = str(call.parameters["name"])
    location, short = requests.location(sandbox, call, resource), names.short_name(resource)
    for revision in _all(sandbox, location):
        if names.short_name(revision["name"]) == short:
            return revision
    region = location.rpartition("/")[2]
    raise not_found(f"Resource '{short}' of kind 'REVISION' in region '{region}' in project '{sandbox.project}'")
