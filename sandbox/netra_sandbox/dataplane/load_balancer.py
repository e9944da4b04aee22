"""The external Application Load Balancer: follows Compute Engine's resources from an address to a Cloud Run service.

https://cloud.google.com/load-balancing/docs/https
"""

from __future__ import annotations

import random
import secrets
from typing import TYPE_CHECKING, Any

from aiohttp import web
from yarl import URL

from netra_sandbox.dataplane import router
from netra_sandbox.dataplane.passage import PASSAGE, Passage
from netra_sandbox.dataplane.proxying import DataPlane
from netra_sandbox.services.compute import chain, routing, security_policies

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

_CLIENT = "127.0.0.1"
_COOKIE = "GCLB"
_COOKIE_AFFINITIES = {"GENERATED_COOKIE"}
_TEMPORARY = (
    '<html><head>\n<meta http-equiv="content-type" content="text/html;charset=utf-8">\n'
    "<title>502 Server Error</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: Server Error</h1>\n"
    "<h2>The server encountered a temporary error and could not complete your request.<p>Please try again in 30 "
    "seconds.</h2>\n<h2></h2>\n</body></html>\n"
)
_FORBIDDEN = '<!doctype html><meta charset="utf-8"><title>{status}</title>{status} {reason}\n'
_REASONS = {403: "Forbidden", 404: "Not Found", 502: "Bad Gateway"}


class LoadBalancer:
    """Answers for the host names that DNS leads to a forwarding rule's address."""

    def __init__(self, sandbox: Sandbox, data_plane: DataPlane) -> None:
        self._sandbox = sandbox
        self._data_plane = data_plane

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request that came to port 443 in TLS, or to port 80."""
        host = request.host.partition(":")[0].lower()
        front = chain.front(self._sandbox, host, chain.HTTPS_PORT if request.secure else chain.HTTP_PORT)
        if front is None or front.secure is not bool(request.secure):
            return web.Response(status=502, text=f"Nothing listens where {host} leads; nothing leaves this machine.\n")
        url_map = chain.follow(self._sandbox, front.proxy["urlMap"])
        chosen = routing.choose(url_map, _seen(request, host), random.random()) if url_map else None  # noqa: S311
        if isinstance(chosen, routing.Redirect):
            return web.Response(status=chosen.code, headers={"Location": chosen.location, "Via": "1.1 google"})
        backend_service = chain.follow(self._sandbox, chosen.link) if chosen else None
        if chosen is None or backend_service is None:
            return _no_backend({})
        return await self._serve(request, front, chosen, backend_service)

    async def _serve(
        self,
        request: web.BaseRequest,
        front: chain.Front,
        chosen: routing.Service,
        backend_service: dict[str, Any],
    ) -> web.StreamResponse:
        policy = chain.follow(self._sandbox, backend_service.get("securityPolicy"))
        refused = security_policies.decide(policy, _CLIENT) if policy else 0
        if refused:
            page = _FORBIDDEN.format(status=refused, reason=_REASONS[refused])
            return web.Response(status=refused, text=page, content_type="text/html")
        found = chain.service_of(self._sandbox, backend_service, chosen.host, chosen.path)
        if found is None:
            return _no_backend(backend_service)
        passing = _rewritten(request, chosen)
        passing[PASSAGE] = Passage(
            scheme="https" if front.secure else "http",
            forwarded_for=f"{_CLIENT},{front.address}",
            response_headers=affinity(backend_service, request.cookies.get(_COOKIE)) | {"Via": "1.1 google"},
        )
        return await self._data_plane.forward(
            passing, router.route_service(self._sandbox, router.Address(*found), passing)
        )


def affinity(backend_service: dict[str, Any], cookie: str | None) -> dict[str, str]:
    """Return the header that sets a backend service's cookie, when it has one and the client does not yet."""
    if backend_service.get("sessionAffinity") not in _COOKIE_AFFINITIES or cookie:
        return {}
    lifetime = int(backend_service.get("affinityCookieTtlSec", 0))
    value = f'{_COOKIE}="{secrets.token_hex(8)}"; path=/; HttpOnly'
    return {"Set-Cookie": value + (f"; Max-Age={lifetime}" if lifetime else "")}


def _no_backend(backend_service: dict[str, Any]) -> web.Response:
    """Answer as a load balancer without a backend does: an error page, or Envoy's words where it is Envoy."""
    if backend_service.get("loadBalancingScheme") == "EXTERNAL_MANAGED":
        return web.Response(status=503, text="no healthy upstream", headers={"Via": "1.1 google"})
    return web.Response(status=502, text=_TEMPORARY, content_type="text/html")


def _seen(request: web.BaseRequest, host: str) -> routing.Request:
    url = request.rel_url
    scheme = "https" if request.secure else "http"
    return routing.Request(scheme, host, url.raw_path, url.raw_query_string, request.headers)


def _rewritten(request: web.BaseRequest, chosen: routing.Service) -> web.BaseRequest:
    """Return the request with the path and host that the URL map gives it."""
    host = request.host.partition(":")[0].lower()
    if chosen.path == request.rel_url.raw_path and chosen.host == host:
        return request
    query = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
    headers = request.headers.copy()
    headers["Host"] = chosen.host
    return request.clone(rel_url=URL(chosen.path + query, encoded=True), headers=headers)
