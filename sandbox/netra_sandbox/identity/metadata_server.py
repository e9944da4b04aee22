"""The metadata server, as instances and clients in their place ask it.

https://cloud.google.com/compute/docs/metadata/querying-metadata and
https://cloud.google.com/run/docs/container-contract#metadata-server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from netra_sandbox.identity.principals import CLOUD, TOKEN_SECONDS
from netra_sandbox.runtime import linux
from netra_sandbox.services.cloud_run import launching

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

HOSTS = frozenset({"metadata.google.internal", "metadata", "169.254.169.254"})
PATH = "/computeMetadata/"
FLAVOR = {"Metadata-Flavor": "Google"}
SCOPES = (CLOUD, "https://www.googleapis.com/auth/userinfo.email")
_ROOT = "/computeMetadata/v1/"
_ACCOUNTS = "instance/service-accounts/"


class MetadataServer:
    """Answers an instance as its revision's service account, and everybody else as the default one."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request; each answer carries Metadata-Flavor, by which clients know the server."""
        answer = self._answer(request)
        answer.headers.update(FLAVOR | {"Server": "Metadata Server for Serverless"})
        return answer

    def _answer(self, request: web.BaseRequest) -> web.Response:
        if request.path in {"", "/"}:
            return web.Response(text="computeMetadata/\n", content_type="application/text")
        if "X-Forwarded-For" in request.headers:
            return _page(403, "Requests with X-Forwarded-For are refused.")
        if request.headers.get("Metadata-Flavor") != "Google":
            return _page(403, "Missing Metadata-Flavor:Google header.")
        if request.method != "GET":
            return _page(405, "The metadata server is read with GET.")
        path = request.path.removeprefix(_ROOT)
        if path.startswith(_ACCOUNTS):
            return self._of_account(path.removeprefix(_ACCOUNTS), self._account(request), request)
        found = self._attributes().get(path)
        return _absent() if found is None else _text(found)

    def _attributes(self) -> dict[str, str]:
        sandbox = self._sandbox
        place = f"projects/{sandbox.project_number}"
        return {
            "project/project-id": sandbox.project,
            "project/numeric-project-id": sandbox.project_number,
            "instance/id": "0" + sandbox.project_number * 8,
            "instance/region": f"{place}/regions/{sandbox.region}",
            "instance/zone": f"{place}/zones/{sandbox.region}-1",
            "universe/universe-domain": "googleapis.com",
        }

    def _of_account(self, path: str, account: str, request: web.BaseRequest) -> web.Response:
        name, _, attribute = path.partition("/")
        if not name:
            return _text(f"default/\n{account}/\n")
        if name not in {"default", account} or self._sandbox.accounts.active(account) is None:
            return _absent()
        if attribute == "identity":
            return self._identity(account, request)
        if attribute == "token":
            return self._token(account, request)
        told: dict[str, Any] = {"aliases": ["default"], "email": account, "scopes": list(SCOPES)}
        if not attribute and request.query.get("recursive", "").lower() == "true":
            return web.json_response(told)
        told[""] = ["aliases", "email", "identity", "scopes", "token"]
        value = told.get(attribute)
        return _absent() if value is None else _text(value if isinstance(value, str) else "\n".join(value) + "\n")

    def _token(self, account: str, request: web.BaseRequest) -> web.Response:
        scopes = [scope for scope in request.query.get("scopes", "").split(",") if scope] or SCOPES
        token = self._sandbox.principals.issue(account, scopes=scopes)
        return web.json_response({"access_token": token, "expires_in": TOKEN_SECONDS - 1, "token_type": "Bearer"})

    def _identity(self, account: str, request: web.BaseRequest) -> web.Response:
        audience = request.query.get("audience")
        if not audience:
            return _page(400, "non-empty audience parameter required")
        with_email = request.query.get("format") == "full"
        return _text(self._sandbox.principals.identity_token(account, audience, with_email=with_email))

    def _account(self, request: web.BaseRequest) -> str:
        """Find whose instance asks, by the process that holds the other end of the connection."""
        sandbox, transport = self._sandbox, request.transport
        template: dict[str, Any] = {}
        if transport is not None:
            peer, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
            inode = linux.socket_inode((peer[0], peer[1]), (own[0], own[1]))
            revision = sandbox.supervisor.revision_of(inode) if inode else None
            execution = sandbox.jobs.execution_of(inode) if inode else None
            if revision is not None:
                template = launching.deployment(sandbox, revision)["template"]
            elif execution is not None:
                template = execution["template"]
        return str(template.get("serviceAccount") or sandbox.compute_account)


def _text(content: str) -> web.Response:
    return web.Response(text=content, content_type="application/text")


def _absent() -> web.Response:
    return _page(404, "The requested URL was not found on this server.")


def _page(status: int, words: str) -> web.Response:
    page = f"<!DOCTYPE html><html lang=en><title>Error {status}</title><p>{words}</html>\n"
    return web.Response(status=status, text=page, content_type="text/html")
