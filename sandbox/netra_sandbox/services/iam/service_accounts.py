"""iam.projects.serviceAccounts: create, get, list, patch, update, delete, undelete, disable, enable, policies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netra_sandbox.identity import accounts
from netra_sandbox.kernel import field_mask, iam_policies
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, invalid
from netra_sandbox.kernel.paging import page

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "iam.projects.serviceAccounts"
# CreateServiceAccountRequest.accountId in the discovery document.
_ACCOUNT_ID = re.compile(r"[a-z](?=[a-z0-9-]{5,29}$)(?:[-a-z0-9]*[a-z0-9])")
_MUTABLE = ("displayName", "description")
_LONGEST = {"displayName": 100, "description": 256}


def existing(sandbox: Sandbox, name: str) -> Resource:
    """Return the account that a name with an e-mail or a unique id means; raise NOT_FOUND."""
    parts = str(name).split("/")
    found = sandbox.accounts.find(parts[3]) if parts[1] in {sandbox.project, sandbox.project_number, "-"} else None
    if found is None:
        raise ApiError("NOT_FOUND", f"Service account {'/'.join(parts[:4])} does not exist.")
    return found


@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Make an account."""
    account_id = str(call.body.get("accountId") or "")
    if not _ACCOUNT_ID.fullmatch(account_id):
        raise invalid(
            "Invalid service account ID. It must be between 6 and 30 characters, lowercase alphanumeric or dashes, "
            "and begin with a letter.",
            field="account_id",
        )
    email = sandbox.accounts.email(account_id)
    if sandbox.accounts.find(email) is not None:
        message = f"Service account {account_id} already exists within project projects/{sandbox.project}."
        detail = {"@type": "type.googleapis.com/google.rpc.ResourceInfo", "resourceName": sandbox.accounts.name(email)}
        raise ApiError("ALREADY_EXISTS", message, [detail])
    return sandbox.accounts.make(email, _fields(call.body.get("serviceAccount") or {}))


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return an account."""
    return existing(sandbox, call.parameters["name"])


@handles(f"{METHODS}.list")
async def list_(sandbox: Sandbox, call: Call) -> Resource:
    """Return the project's accounts."""
    return page(sandbox.accounts.all(), "accounts", call)


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change the fields in the update mask: display name and description."""
    account = existing(sandbox, call.parameters["name"])
    mask = str(call.body.get("updateMask") or "")
    if not mask:
        raise invalid("The update_mask is required.", field="update_mask")
    paths = {".".join(path) for path in field_mask.paths(mask)}
    if not paths <= set(_MUTABLE):
        raise invalid(f"Invalid update_mask: {mask}. Only display_name and description can be changed.", "update_mask")
    return sandbox.accounts.put(field_mask.apply(account, _fields(call.body.get("serviceAccount") or {}), mask))


@handles(f"{METHODS}.update")
async def update(sandbox: Sandbox, call: Call) -> Resource:
    """Change the display name (the API calls this method deprecated)."""
    account = existing(sandbox, call.parameters["name"])
    given = call.body.get("etag")
    if given and given != account["etag"]:
        raise ApiError("ABORTED", "There were concurrent changes to the service account. Please retry.")
    return sandbox.accounts.put(account | _fields(call.body))


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Delete an account and its keys; it can be undeleted by its unique id. Its bindings stay and mean nobody."""
    account = existing(sandbox, call.parameters["name"])
    sandbox.accounts.delete(account)
    return {}


@handles(f"{METHODS}.undelete")
async def undelete(sandbox: Sandbox, call: Call) -> Resource:
    """Bring a deleted account back, named by its unique id, without its keys."""
    identity = str(call.parameters["name"]).rpartition("/")[2]
    restored = sandbox.accounts.undelete(identity)
    if restored is None:
        raise ApiError("NOT_FOUND", f"Service account {call.parameters['name']} does not exist.")
    return {"restoredAccount": restored}


@handles(f"{METHODS}.disable")
async def disable(sandbox: Sandbox, call: Call) -> Resource:
    """Disable an account: neither its keys nor its tokens are accepted any more."""
    sandbox.accounts.put(existing(sandbox, call.parameters["name"]) | {"disabled": True})
    return {}


@handles(f"{METHODS}.enable")
async def enable(sandbox: Sandbox, call: Call) -> Resource:
    """Enable an account."""
    account = existing(sandbox, call.parameters["name"])
    account.pop("disabled", None)
    sandbox.accounts.put(account)
    return {}


def _fields(given: Resource) -> Resource:
    for name, longest in _LONGEST.items():
        if len(str(given.get(name) or "").encode()) > longest:
            raise invalid(f"The {name} must be at most {longest} bytes.", field=name)
    return {name: str(given[name]) for name in _MUTABLE if given.get(name)}


def _key(sandbox: Sandbox, resource: str) -> str:
    return accounts.KEY + str(existing(sandbox, resource)["name"])


iam_policies.serve(METHODS, _key)
