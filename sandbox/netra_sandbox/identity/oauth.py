"""Google's hosts for tokens and their keys: the token endpoint, what a token says, and the keys that signed it.

https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
from aiohttp import web

from netra_sandbox.identity.accounts import PEM, unique_id
from netra_sandbox.identity.keys import TOKEN_URI, as_jwk
from netra_sandbox.identity.principals import TOKEN_SECONDS, GrantError

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Given = dict[str, str]
HOST = "oauth2.googleapis.com"
KEYS_HOST = "www.googleapis.com"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCES = {TOKEN_URI, "https://www.googleapis.com/oauth2/v4/token", "https://accounts.google.com/o/oauth2/token"}
_TOKEN_PATHS = {"/token", "/oauth2/v4/token"}
_TOKEN_INFO_PATHS = {"/tokeninfo", "/oauth2/v1/tokeninfo", "/oauth2/v3/tokeninfo"}
_ACCOUNT_KEYS = "/service_accounts/v1/jwk/"
_SIGNER = "federated-signon.system.gserviceaccount.com"
_UNAUTHORIZED = (
    "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the "
    "scopes requested."
)


class _RefusalError(Exception):
    """A refusal in the token endpoint's form (RFC 6749, section 5.2)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.status = status


class TokenHosts:
    """Answers for oauth2.googleapis.com and for the keys on www.googleapis.com."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def hosts(self) -> dict[str, Any]:
        """Return the hosts with what answers for them."""
        return {HOST: self.handle, KEYS_HOST: self.handle}

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request."""
        form = dict(await request.post()) if request.method == "POST" else {}
        given = {name: str(value) for name, value in [*request.query.items(), *form.items()]}
        try:
            return self._answer(request.method, request.path, given)
        except _RefusalError as error:
            return web.json_response({"error": error.error, "error_description": str(error)}, status=error.status)

    def _answer(self, method: str, path: str, given: Given) -> web.Response:
        if method == "POST" and path in _TOKEN_PATHS:
            return self._token(given)
        if path in _TOKEN_INFO_PATHS:
            return self._token_info(given)
        if method == "POST" and path == "/revoke":
            return self._revoke(given)
        if method == "GET" and path.startswith(("/oauth2/", _ACCOUNT_KEYS)):
            keys = self._keys(path)
            if keys is not None:
                return web.json_response(keys)
        return web.Response(status=404, text="<title>Error 404 (Not Found)!!1</title>\n", content_type="text/html")

    def _keys(self, path: str) -> dict[str, Any] | None:
        pair = self._sandbox.principals.google
        if path == "/oauth2/v3/certs":
            return {"keys": [as_jwk(pair.public_pem, pair.identifier)]}
        if path == "/oauth2/v1/certs":
            return {pair.identifier: pair.certificate_pem(_SIGNER, self._sandbox.now())}
        email = path.removeprefix(_ACCOUNT_KEYS)
        accounts = self._sandbox.accounts
        if email == path or accounts.active(email) is None:
            return None
        keys = [key for key in accounts.keys(email) if not key.get("disabled")]
        return {"keys": [as_jwk(key[PEM], key["name"].rpartition("/")[2]) for key in keys]}

    def _token(self, form: Given) -> web.Response:
        """Answer with an access token, or an ID token where the assertion asks for an audience."""
        principals = self._sandbox.principals
        claims = self._assertion(form)
        if claims.get("target_audience"):
            audience = str(claims["target_audience"])
            return web.json_response({"id_token": principals.identity_token(claims["iss"], audience)})
        scopes = str(claims.get("scope") or "").split()
        if not scopes:
            raise _RefusalError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        token = principals.issue(claims["iss"], scopes=scopes)
        return web.json_response({"access_token": token, "expires_in": TOKEN_SECONDS - 1, "token_type": "Bearer"})

    def _assertion(self, form: Given) -> dict[str, Any]:
        if form.get("grant_type") != _JWT_BEARER:
            raise _RefusalError("unsupported_grant_type", "Invalid grant_type.")
        try:
            claims = self._sandbox.principals.claims(form.get("assertion", ""))
        except GrantError as error:
            raise _RefusalError("invalid_grant", str(error)) from error
        if claims.get("aud") not in _AUDIENCES:
            raise _RefusalError("invalid_grant", "Invalid JWT: Failed audience check.")
        if claims.get("sub", claims["iss"]) != claims["iss"]:  # to act for a user is Workspace's delegation
            raise _RefusalError("unauthorized_client", _UNAUTHORIZED, status=401)
        return claims

    def _token_info(self, given: Given) -> web.Response:
        told = self._of_access_token(given["access_token"]) if "access_token" in given else None
        if "id_token" in given:
            told = self._of_id_token(given["id_token"])
        if told is None:
            raise _RefusalError("invalid_token", "Invalid Value")
        return web.json_response(told)

    def _of_access_token(self, token: str) -> dict[str, str] | None:
        grant = self._sandbox.principals.granted(token)
        if grant is None:
            return None
        left, identity = int(grant.expires - self._sandbox.clock.seconds()), unique_id(grant.email)
        told = {"azp": identity, "aud": identity, "scope": " ".join(grant.scopes), "expires_in": str(left)}
        return told | {"email": grant.email, "email_verified": "true", "access_type": "online"}

    def _of_id_token(self, token: str) -> dict[str, str] | None:
        try:
            audience = str(jwt.decode(token, options={"verify_signature": False}).get("aud"))
        except jwt.PyJWTError:
            return None
        principals = self._sandbox.principals
        claims = principals.identity(token, [audience])
        if claims is None:
            return None
        shown = {name: "true" if value is True else str(value) for name, value in claims.items()}
        return shown | {"alg": "RS256", "kid": principals.google.identifier, "typ": "JWT"}

    def _revoke(self, given: Given) -> web.Response:
        if not self._sandbox.principals.revoke(given.get("token", "")):
            raise _RefusalError("invalid_token", "Token expired or revoked")
        return web.json_response({})
