"""Who may invoke a service: ID tokens and the permission run.routes.invoke.

https://cloud.google.com/run/docs/authenticating/overview, https://cloud.google.com/run/docs/troubleshooting
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from netra_sandbox.dataplane.router import Route
    from netra_sandbox.server import Sandbox

INVOKE = "run.routes.invoke"
# Where both headers are there, only the first is looked at.
HEADERS = ("X-Serverless-Authorization", "Authorization")
UNAUTHENTICATED = (
    "The request was not authenticated. "
    "Either allow unauthenticated invocations or set the proper Authorization header."
)
UNAUTHORIZED = "The request was not authorized to invoke this service."
_CHALLENGE = 'Bearer error="invalid_token" error_description="The access token could not be verified"'
_PAGE = (
    '<html><head>\n<meta http-equiv="content-type" content="text/html;charset=utf-8">\n'
    "<title>{status} {title}</title>\n"
    "</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: {title}</h1>\n"
    "<h2>Your client does not have permission to get URL <code>{path}</code> from this server.</h2>\n"
    "<h2></h2>\n</body></html>\n"
)


@dataclass(frozen=True)
class Refusal:
    """An answer to a caller who may not invoke, and what the request log says beside it."""

    status: int
    message: str

    def response(self, path: str) -> web.Response:
        """Return the page that Google's front end shows."""
        title = "Unauthorized" if self.status == web.HTTPUnauthorized.status_code else "Forbidden"
        page = _PAGE.format(status=self.status, title=title, path=_escaped(path))
        response = web.Response(status=self.status, text=page, content_type="text/html")
        if self.status == web.HTTPUnauthorized.status_code:
            response.headers["WWW-Authenticate"] = _CHALLENGE
        return response


def refusal(sandbox: Sandbox, route: Route, headers: Mapping[str, str]) -> Refusal | None:
    """Return why a request is refused; None for one that may pass, whatever it carries where everyone may invoke."""
    if route.open_to_all or _held(sandbox, route, None):
        return None
    token = bearer(headers)
    if token is None:
        return Refusal(403, UNAUTHENTICATED)
    caller = sandbox.principals.identity_of(token, route.audiences)
    if caller is None:
        return Refusal(401, UNAUTHORIZED)
    return None if _held(sandbox, route, caller) else Refusal(403, UNAUTHORIZED)


def bearer(headers: Mapping[str, str]) -> str | None:
    """Return the token that a request presents, empty when its header holds none; None without a header."""
    found = next((headers[name] for name in HEADERS if name in headers), None)
    if found is None:
        return None
    scheme, _, token = found.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _held(sandbox: Sandbox, route: Route, caller: str | None) -> bool:
    return bool(sandbox.access.held(caller, route.service_key, [INVOKE]))


def _escaped(path: str) -> str:
    return path.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
