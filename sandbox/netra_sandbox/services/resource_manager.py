"""Resource Manager v1 and v3: the one project of a sandbox, and its IAM policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.identity.access import resources
from netra_sandbox.kernel import iam_policies
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services.longrunning import page

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "cloudresourcemanager.projects"
PERMISSION = "resourcemanager.projects.get"
ORGANIZATION = "987654321098"
_CREATED = "2024-03-01T09:00:00.000Z"


@handles(f"{METHODS}.get@v1")
async def get_v1(sandbox: Sandbox, call: Call) -> Resource:
    """Return the project."""
    _check(sandbox, str(call.parameters["projectId"]))
    return _v1(sandbox)


@handles(f"{METHODS}.list@v1")
async def list_v1(sandbox: Sandbox, call: Call) -> Resource:
    """Return the projects that the caller may get."""
    found = [_v1(sandbox)] if _may_get(sandbox, call) and _matches(sandbox, call.parameters.get("filter")) else []
    return page(call, "projects", found)


@handles(f"{METHODS}.get@v3")
async def get_v3(sandbox: Sandbox, call: Call) -> Resource:
    """Return the project."""
    _check(sandbox, str(call.parameters["name"]))
    return _v3(sandbox)


@handles(f"{METHODS}.search@v3")
async def search(sandbox: Sandbox, call: Call) -> Resource:
    """Return the projects that the caller may get."""
    found = [_v3(sandbox)] if _may_get(sandbox, call) and _matches(sandbox, call.parameters.get("query")) else []
    return page(call, "projects", found)


@handles(f"{METHODS}.list@v3")
async def list_v3(sandbox: Sandbox, call: Call) -> Resource:
    """Return the projects directly below a parent."""
    return page(call, "projects", [_v3(sandbox)] if call.parameters.get("parent") == _v3(sandbox)["parent"] else [])


@handles(f"{METHODS}.getAncestry@v1")
async def ancestry(sandbox: Sandbox, call: Call) -> Resource:
    """Return what is above the project, from itself up."""
    _check(sandbox, str(call.parameters["projectId"]))
    above = (("project", sandbox.project), ("organization", ORGANIZATION))
    return {"ancestor": [{"resourceId": {"type": kind, "id": identity}} for kind, identity in above]}


def _v1(sandbox: Sandbox) -> Resource:
    return {
        "projectNumber": sandbox.project_number,
        "projectId": sandbox.project,
        "lifecycleState": "ACTIVE",
        "name": sandbox.project,
        "createTime": _CREATED,
        "parent": {"type": "organization", "id": ORGANIZATION},
    }


def _v3(sandbox: Sandbox) -> Resource:
    return {
        "name": f"projects/{sandbox.project_number}",
        "parent": f"organizations/{ORGANIZATION}",
        "projectId": sandbox.project,
        "state": "ACTIVE",
        "displayName": sandbox.project,
        "createTime": _CREATED,
        "updateTime": _CREATED,
        "etag": 'W/"1b6d4a8f2c3e5d70"',
    }


def _may_get(sandbox: Sandbox, call: Call) -> bool:
    return sandbox.access.allows(
        call.principal, PERMISSION, "cloudresourcemanager", f"projects/{sandbox.project}", call.method
    )


def _matches(sandbox: Sandbox, query: object) -> bool:
    """Tell whether a filter's `id:`, `projectId:`, `name:` and state terms fit the project."""
    known = {
        "id": sandbox.project,
        "projectId": sandbox.project,
        "name": sandbox.project,
        "displayName": sandbox.project,
    }
    known |= {"lifecycleState": "ACTIVE", "state": "ACTIVE", "projectNumber": sandbox.project_number}
    terms = [term for term in str(query or "").replace("=", ":").split() if term != "AND"]
    pairs = [(term.partition(":")[0], term.partition(":")[2].strip('"')) for term in terms]
    return all(value in {"*", known.get(name)} for name, value in pairs)


def _check(sandbox: Sandbox, name: str) -> None:
    if name.removeprefix("projects/") not in {sandbox.project, sandbox.project_number}:
        raise ApiError("PERMISSION_DENIED", "The caller does not have permission")


def _key(sandbox: Sandbox, resource: str) -> str:
    _check(sandbox, resource)
    return resources.project_key(sandbox.access.place)


iam_policies.serve(METHODS, _key)
