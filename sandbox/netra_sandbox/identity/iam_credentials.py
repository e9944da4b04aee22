"""IAM Service Account Credentials v1. https://cloud.google.com/iam/docs/reference/credentials/rest."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any

from netra_sandbox.identity.principals import TOKEN_SECONDS
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, invalid

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

METHODS = "iamcredentials.projects.serviceAccounts"
_LIFETIME = re.compile(r"(\d{1,6})(?:\.\d+)?s")


@handles(f"{METHODS}.generateAccessToken")
async def generate_access_token(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """Hand out an access token of a service account to a caller who may act as it."""
    email = _account(sandbox, call)
    if not call.body.get("scope"):
        raise invalid("At least one scope is required.", field="scope")
    lifetime = _LIFETIME.fullmatch(str(call.body.get("lifetime") or f"{TOKEN_SECONDS}s"))
    if lifetime is None or not 0 < int(lifetime[1]) <= TOKEN_SECONDS:
        raise invalid("The lifetime must be above 0 and at most 3600s.", field="lifetime")
    seconds = int(lifetime[1])
    expires = sandbox.now() + datetime.timedelta(seconds=seconds)
    token = sandbox.principals.issue(email, seconds)
    return {"accessToken": token, "expireTime": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}


@handles(f"{METHODS}.generateIdToken")
async def generate_id_token(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """Hand out an ID token of a service account for an audience."""
    email = _account(sandbox, call)
    audience = call.body.get("audience")
    if not audience:
        raise invalid("The audience is required.", field="audience")
    return {"token": sandbox.principals.identity_token(email, str(audience))}


@handles("iamcredentials.projects.serviceAccounts.getAllowedLocations")
async def allowed_locations(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """Return where an account's credentials may be used: everywhere (google-auth's regional access boundary)."""
    _account(sandbox, call)
    return {"locations": [], "encodedLocations": "0x0"}


def _account(sandbox: Sandbox, call: Call) -> str:
    email = str(call.parameters["name"]).split("/serviceAccounts/")[-1].removesuffix("/allowedLocations")
    if not sandbox.principals.known(email):
        raise ApiError("NOT_FOUND", f"Not found; Gaia id not found for email {email}")
    return email
