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
# The header of an admitted request whose token decided about it; the container sees the token without its signature:
# https://cloud.google.com/run/docs/troubleshooting#signature-removed.
CONSUMED = "netra_sandbox.consumed"
REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"
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


def decide(sandbox: Sandbox, route: Route, headers: Mapping[str, str]) -> Refusal | str:
    """Return why a request is refused, or for one that may pass the header whose token let it.

    That is empty where everyone may invoke, whatever the request carries.
    """
    if route.open_to_all or _held(sandbox, route, None):
        return ""
    header = presented(headers)
    if not header:
        return Refusal(403, UNAUTHENTICATED)
    caller = sandbox.principals.identity_of(bearer(headers[header]), route.audiences)
    if caller is None:
        return Refusal(401, UNAUTHORIZED)
    return header if _held(sandbox, route, caller) else Refusal(403, UNAUTHORIZED)


def presented(headers: Mapping[str, str]) -> str:
    """Return the header in which a request presents a token, empty when there is none."""
    return next((name for name in HEADERS if name in headers), "")


def bearer(value: str) -> str:
    """Return the token in a header, empty when it holds none."""
    scheme, _, token = value.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def without_signature(value: str) -> str:
    """Return a header with a token as the container sees it."""
    return f"{value.rpartition('.')[0]}.{REMOVED}"


def _held(sandbox: Sandbox, route: Route, caller: str | None) -> bool:
    return bool(sandbox.access.held(caller, route.service_key, [INVOKE]))


def _escaped(path: str) -> str:
    return path.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
