"""iam.projects.serviceAccounts.keys: create, get, list, delete, disable, enable."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

from netra_sandbox.identity.accounts import PEM, USER_MANAGED
from netra_sandbox.identity.keys import KeyPair, key_file
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, invalid
from netra_sandbox.services.iam.service_accounts import existing

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "iam.projects.serviceAccounts.keys"
MOST_KEYS = 10  # https://cloud.google.com/iam/quotas: user-managed keys of an account
_CREDENTIALS_FILE = "TYPE_GOOGLE_CREDENTIALS_FILE"
_BITS = {"KEY_ALG_RSA_1024": 1024}


@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Make a key; only this answer holds its private half, as a key file."""
    account = existing(sandbox, call.parameters["name"])
    if call.body.get("privateKeyType", _CREDENTIALS_FILE) != _CREDENTIALS_FILE:
        raise invalid("Only TYPE_GOOGLE_CREDENTIALS_FILE is supported.", field="private_key_type")
    own = [key for key in sandbox.accounts.keys(account["email"]) if key["keyType"] == USER_MANAGED]
    if len(own) >= MOST_KEYS:
        raise ApiError("FAILED_PRECONDITION", "Precondition check failed.")
    pair = KeyPair(bits=_BITS.get(str(call.body.get("keyAlgorithm")), 2048))
    await asyncio.to_thread(pair.make)
    row = sandbox.accounts.add_key(account["email"], pair)
    content = key_file(pair, sandbox.project, account["email"], account["uniqueId"])
    private = {"privateKeyType": _CREDENTIALS_FILE, "privateKeyData": base64.b64encode(content.encode()).decode()}
    return _visible(row) | private


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a key, with its public half where that is asked for."""
    row = _existing(sandbox, call)
    public = {"publicKeyData": base64.b64encode(row[PEM].encode()).decode()}
    return _visible(row) | (public if call.parameters.get("publicKeyType") == "TYPE_RAW_PUBLIC_KEY" else {})


@handles(f"{METHODS}.list")
async def list_(sandbox: Sandbox, call: Call) -> Resource:
    """Return the keys of an account, all or those of some types."""
    account = existing(sandbox, call.parameters["name"])
    wanted = call.parameters.get("keyTypes") or []
    kinds = {wanted} if isinstance(wanted, str) else set(wanted)
    found = [_visible(row) for row in sandbox.accounts.keys(account["email"]) if not kinds or row["keyType"] in kinds]
    return {"keys": found} if found else {}


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Delete a key: what it signed is not accepted any more; access tokens live on until they expire."""
    row = _existing(sandbox, call)
    if row["keyType"] != USER_MANAGED:
        raise ApiError("FAILED_PRECONDITION", "Precondition check failed.")
    sandbox.accounts.remove_key(row)
    return {}


@handles(f"{METHODS}.disable")
async def disable(sandbox: Sandbox, call: Call) -> Resource:
    """Disable a key."""
    sandbox.accounts.put_key(_existing(sandbox, call) | {"disabled": True})
    return {}


@handles(f"{METHODS}.enable")
async def enable(sandbox: Sandbox, call: Call) -> Resource:
    """Enable a key."""
    row = _existing(sandbox, call)
    row.pop("disabled", None)
    sandbox.accounts.put_key(row)
    return {}


def _existing(sandbox: Sandbox, call: Call) -> Resource:
    account = existing(sandbox, call.parameters["name"])
    identifier = str(call.parameters["name"]).rpartition("/")[2]
    row = sandbox.accounts.key(account["email"], identifier)
    if row is None:
        raise ApiError("NOT_FOUND", f"Service account key {identifier} does not exist.")
    return row


def _visible(row: Resource) -> Resource:
    return {name: value for name, value in row.items() if name != PEM}
