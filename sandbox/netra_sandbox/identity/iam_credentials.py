"""IAM Service Account Credentials v1. https://cloud.google.com/iam/docs/reference/credentials/rest."""

from __future__ import annotations

import asyncio
import base64
import datetime
import itertools
import json
import re
from typing import TYPE_CHECKING, Any

from netra_sandbox.identity.keys import KeyPair
from netra_sandbox.identity.principals import TOKEN_SECONDS
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, invalid

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

METHODS = "iamcredentials.projects.serviceAccounts"
DELEGATION = "iam.serviceAccounts.implicitDelegation"
_LIFETIME = re.compile(r"(\d{1,6})(?:\.\d+)?s")
_LONGEST_JWT_SECONDS = 12 * 3600


@handles(f"{METHODS}.generateAccessToken")
async def generate_access_token(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """Hand out an access token of a service account to a caller who may act as it."""
    email = _impersonated(sandbox, call, "iam.serviceAccounts.getAccessToken")
    scopes = call.body.get("scope")
    if not scopes:
        raise invalid("At least one scope is required.", field="scope")
    lifetime = _LIFETIME.fullmatch(str(call.body.get("lifetime") or f"{TOKEN_SECONDS}s"))
    if lifetime is None or not 0 < int(lifetime[1]) <= TOKEN_SECONDS:
        raise invalid("The lifetime must be above 0 and at most 3600s.", field="lifetime")
    seconds = int(lifetime[1])
    expires = sandbox.now() + datetime.timedelta(seconds=seconds)
    token = sandbox.principals.issue(email, seconds, scopes)
    return {"accessToken": token, "expireTime": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}


@handles(f"{METHODS}.generateIdToken")
async def generate_id_token(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """Hand out an ID token of a service account for an audience."""
    email = _impersonated(sandbox, call, "iam.serviceAccounts.getOpenIdToken")
    audience = call.body.get("audience")
    if not audience:
        raise invalid("The audience is required.", field="audience")
    with_email = bool(call.body.get("includeEmail"))
    return {"token": sandbox.principals.identity_token(email, str(audience), with_email=with_email)}


@handles(f"{METHODS}.signJwt")
async def sign_jwt(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """Sign claims, given as a JSON object in a string, with the key that Google keeps for an account."""
    email = _impersonated(sandbox, call, "iam.serviceAccounts.signJwt")
    try:
        claims = json.loads(str(call.body.get("payload") or ""))
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        raise invalid("The payload must be a JSON object.", field="payload")
    expires = claims.get("exp")
    if isinstance(expires, int | float) and expires > sandbox.clock.seconds() + _LONGEST_JWT_SECONDS:
        raise invalid("The exp claim must be at most 12 hours in the future.", field="payload")
    pair = await _system_key(sandbox, email)
    return {"keyId": pair.identifier, "signedJwt": pair.sign_jwt(claims)}


@handles(f"{METHODS}.signBlob")
async def sign_blob(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """Sign bytes with the key that Google keeps for an account."""
    email = _impersonated(sandbox, call, "iam.serviceAccounts.signBlob")
    content = base64.b64decode(str(call.body.get("payload") or ""))
    if not content:
        raise invalid("The payload is required.", field="payload")
    pair = await _system_key(sandbox, email)
    return {"keyId": pair.identifier, "signedBlob": base64.b64encode(pair.sign(content)).decode()}


@handles(f"{METHODS}.getAllowedLocations")
async def allowed_locations(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """Return where an account's credentials may be used: everywhere (google-auth's regional access boundary)."""
    email = _named(sandbox, str(call.parameters["name"]).removesuffix("/allowedLocations"))
    if sandbox.accounts.find(email) is None:
        raise ApiError("NOT_FOUND", f"Not found; Gaia id not found for email {email}")
    return {"locations": [], "encodedLocations": "0x0"}


async def _system_key(sandbox: Sandbox, email: str) -> KeyPair:
    pair = sandbox.principals.system_pair(email)
    await asyncio.to_thread(pair.make)
    return sandbox.principals.system_key(email)


def _impersonated(sandbox: Sandbox, call: Call, permission: str) -> str:
    """Return the account named, when each of caller and delegates may act for the next one, and the last for it.

    https://cloud.google.com/iam/docs/create-short-lived-credentials-delegated
    """
    target = _named(sandbox, str(call.parameters["name"]))
    chain = [call.principal, *(_named(sandbox, str(name)) for name in call.body.get("delegates") or ()), target]
    for holder, account in itertools.pairwise(chain):
        wanted = permission if account == target else DELEGATION
        resource = f"projects/-/serviceAccounts/{account}"
        allowed = sandbox.access.allows(holder, wanted, "iam", resource, call.method)
        if not allowed or sandbox.accounts.active(account) is None:
            raise sandbox.access.refusal(holder, wanted, "iamcredentials", resource)
    return target


def _named(sandbox: Sandbox, name: str) -> str:
    identity = name.rpartition("/serviceAccounts/")[2] or name
    found = sandbox.accounts.find(identity)
    return identity if found is None else str(found["email"])
