"""The token endpoint: https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests."""

from __future__ import annotations

from aiohttp import web

from netra_sandbox.identity.principals import TOKEN_SECONDS, TOKEN_URI, GrantError, Principals

HOST = "oauth2.googleapis.com"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCES = {TOKEN_URI, "https://www.googleapis.com/oauth2/v4/token", "https://accounts.google.com/o/oauth2/token"}


async def token(principals: Principals, request: web.BaseRequest) -> web.StreamResponse:
    """Answer POST /token: an access token, or an ID token where the assertion asks for an audience."""
    form = await request.post()
    if form.get("grant_type") != _JWT_BEARER:
        return _refuse("unsupported_grant_type", "Invalid grant_type.")
    try:
        claims = principals.claims(str(form.get("assertion", "")))
    except GrantError as error:
        return _refuse("invalid_grant", str(error))
    if claims.get("aud") not in _AUDIENCES:
        return _refuse("invalid_grant", "Invalid JWT: Failed audience check.")
    if claims.get("target_audience"):
        return web.json_response({"id_token": principals.identity_token(claims["iss"], str(claims["target_audience"]))})
    if not claims.get("scope"):
        return _refuse("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return web.json_response(
        {"access_token": principals.issue(claims["iss"]), "expires_in": TOKEN_SECONDS - 1, "token_type": "Bearer"}
    )


def _refuse(error: str, description: str) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=400)
