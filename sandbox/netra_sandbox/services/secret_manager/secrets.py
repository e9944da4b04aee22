"""The methods of secrets: create, get, list, patch, delete and the three of IAM."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import field_mask, iam_policies
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import already_exists, invalid
from netra_sandbox.services import longrunning
from netra_sandbox.services.secret_manager import filters, records, rules

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "secretmanager.projects.secrets"
_INPUT_ONLY = frozenset({"ttl", "tags"})


@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Create a secret without versions."""
    identifier = str(call.parameters.get("secretId") or "")
    if not rules.IDENTIFIER.fullmatch(identifier):
        raise invalid(f"The provided Secret ID [{identifier}] does not match the expected format [[a-zA-Z_0-9]+].")
    name = f"{records.numbered(sandbox, call.parameters['parent'])}/secrets/{identifier}"
    if name in {known["name"] for known in records.secrets(sandbox, call.parameters["parent"])}:
        raise already_exists(f"Secret [{name}]")
    given = {**call.body, "name": name, "createTime": longrunning.timestamp(sandbox)}
    made = _resolved(sandbox, given, call.body)
    rules.refuse(made, sandbox.now(), set(), set(call.body))
    records.put(sandbox, made)
    return made


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a secret."""
    return records.secret(sandbox, call.parameters["name"])


@handles(f"{METHODS}.list")
async def list_secrets(sandbox: Sandbox, call: Call) -> Resource:
    """Return the project's secrets, newest first."""
    return filters.page(call, "secrets", records.secrets(sandbox, call.parameters["parent"]))


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change the fields that the update mask names."""
    current = records.secret(sandbox, call.parameters["name"])
    paths = field_mask.paths(str(call.parameters.get("updateMask") or ""))
    touched = {re.split(r"\[", parts[0])[0] for parts in paths}
    refused = sorted(touched - rules.MUTABLE)
    if refused or not paths:
        raise invalid(f"The update_mask names fields that cannot be changed: {', '.join(refused)}.", field="updateMask")
    records.check_etag(call.body.get("etag"), current)
    mask = ",".join(".".join(f"`{part}`" for part in parts) for parts in paths)
    changed = field_mask.apply(current, call.body, mask)
    if "ttl" in touched:
        changed.pop("expireTime", None)
    changed = _resolved(sandbox, changed, {field: call.body.get(field) for field in touched})
    known = {records.number_of(version) for version in records.versions(sandbox, current["name"])}
    rules.refuse(changed, sandbox.now(), known, touched)
    records.put(sandbox, changed)
    return changed


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Delete a secret with its versions."""
    current = records.secret(sandbox, call.parameters["name"])
    records.check_etag(call.parameters.get("etag"), current)
    records.delete(sandbox, current)
    return {}


def _resolved(sandbox: Sandbox, secret: Resource, given: Resource) -> Resource:
    """Return a secret as it is kept: with a new etag, and with a time where a duration was given."""
    kept = {key: value for key, value in secret.items() if key not in _INPUT_ONLY and value not in ({}, [], None)}
    expires = rules.expiry(given, sandbox.now())
    if expires is not None:
        kept["expireTime"] = longrunning.format_time(expires)
    return kept | {"etag": records.etag(sandbox)} | ({"replication": secret.get("replication") or {}})


def _key(sandbox: Sandbox, resource: str) -> str:
    return records.KEY + str(records.secret(sandbox, resource)["name"])


iam_policies.serve(METHODS, _key)
