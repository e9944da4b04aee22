"""iam.roles and iam.projects.roles: the predefined roles, and custom roles of the project."""

from __future__ import annotations

import base64
import re
import secrets
from typing import TYPE_CHECKING, Any

from netra_sandbox.identity.access import roles
from netra_sandbox.kernel import field_mask
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, invalid
from netra_sandbox.kernel.paging import page

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
_ROLE_ID = re.compile(r"[a-zA-Z0-9_.]{3,64}")  # CreateRoleRequest.roleId
_MUTABLE = ("title", "description", "includedPermissions", "stage")


@handles("iam.roles.get")
async def get_predefined(_: Sandbox, call: Call) -> Resource:
    """Return a predefined role with its permissions."""
    name = str(call.parameters["name"])
    role = roles.predefined().get(name)
    if role is None:
        raise _unknown(name)
    return _predefined(role) | {"includedPermissions": sorted(role.permissions)}


@handles("iam.roles.list")
async def list_predefined(_: Sandbox, call: Call) -> Resource:
    """Return the predefined roles; with their permissions in the view FULL."""
    full = call.parameters.get("view") == "FULL"
    found = [
        _predefined(role) | ({"includedPermissions": sorted(role.permissions)} if full else {})
        for _name, role in sorted(roles.predefined().items())
    ]
    return page(found, "roles", call)


@handles("iam.projects.roles.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Make a custom role."""
    identifier = str(call.body.get("roleId") or "")
    if not _ROLE_ID.fullmatch(identifier):
        raise invalid(f"The role_id {identifier!r} must match [a-zA-Z0-9_.]{{3,64}}.", field="role_id")
    name = f"projects/{sandbox.project}/roles/{identifier}"
    if sandbox.store.get(roles.CUSTOM + name) is not None:
        raise ApiError("ALREADY_EXISTS", f"A role named {identifier} in projects/{sandbox.project} already exists.")
    return _stored(sandbox, {"name": name, **_fields(call.body.get("role") or {})})


@handles("iam.projects.roles.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a custom role."""
    return _existing(sandbox, call)


@handles("iam.projects.roles.list")
async def list_(sandbox: Sandbox, call: Call) -> Resource:
    """Return the project's roles; permissions in the view FULL, deleted ones where asked for."""
    stored = sandbox.store.list(f"{roles.CUSTOM}projects/{sandbox.project}/roles/")
    shown = [role for role in stored if call.parameters.get("showDeleted") or not role.get("deleted")]
    if call.parameters.get("view") != "FULL":
        shown = [{key: value for key, value in role.items() if key != "includedPermissions"} for role in shown]
    return page(shown, "roles", call)


@handles("iam.projects.roles.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change a custom role: the fields of the mask, or those that are given."""
    role = _existing(sandbox, call)
    given = call.body.get("etag")
    if given and given != role["etag"]:
        raise ApiError("ABORTED", "There were concurrent changes to the role. Please retry.")
    fields = _fields(call.body)
    mask = str(call.parameters.get("updateMask") or ",".join(fields))
    return _stored(sandbox, field_mask.apply(role, fields, mask) | {"name": role["name"]})


@handles("iam.projects.roles.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Delete a custom role: its bindings stay and allow nothing until it is undeleted."""
    return _stored(sandbox, _existing(sandbox, call) | {"deleted": True})


@handles("iam.projects.roles.undelete")
async def undelete(sandbox: Sandbox, call: Call) -> Resource:
    """Bring a deleted custom role back."""
    role = _existing(sandbox, call)
    role.pop("deleted", None)
    return _stored(sandbox, role)


def _fields(given: Resource) -> Resource:
    known = frozenset().union(*(role.permissions for role in roles.predefined().values()))
    for permission in given.get("includedPermissions") or ():
        if permission not in known:
            raise invalid(f"Permission {permission} is not valid.", field="role.included_permissions")
    return {name: given[name] for name in _MUTABLE if given.get(name)}


def _existing(sandbox: Sandbox, call: Call) -> Resource:
    name = str(call.parameters["name"])
    found = sandbox.store.get(roles.CUSTOM + name)
    if found is None:
        raise _unknown(name)
    return found


def _stored(sandbox: Sandbox, role: Resource) -> Resource:
    role = role | {"etag": base64.b64encode(secrets.token_bytes(8)).decode()}
    sandbox.store.put(roles.CUSTOM + role["name"], role)
    return role


def _predefined(role: roles.Role) -> Resource:
    return {"name": role.name, "title": role.title, "stage": role.stage, "etag": "AA=="}


def _unknown(name: str) -> ApiError:
    return ApiError("NOT_FOUND", f"The role named {name} was not found.")
