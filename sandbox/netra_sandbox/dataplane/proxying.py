"""Pass requests to instances: HTTP in both directions as a stream, WebSockets as raw bytes."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from netra_sandbox.dataplane import router, splice
from netra_sandbox.runtime.supervisor import Unavailable

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

_CHUNK = 64 * 1024
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_NOT_FOUND_PAGE = (
    '<html><head>\n<meta http-equiv="content-type" content="text/html;charset=utf-8">\n'
    "<title>404 Page not found</title>\n"
    "</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: Page not found</h1>\n"
    "<h2>The requested URL was not found on this server.</h2>\n<h2></h2>\n</body></html>\n"
)


class DataPlane:
    """Requests to run.app hosts and, through the load balancer, to the product's own hosts."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections to instances."""
        if self._session is not None:
            await self._session.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request to a run.app host."""
        return await self.forward(request, router.route_host(self._sandbox, request.host))

    async def forward(self, request: web.BaseRequest, route: router.Route | None) -> web.StreamResponse:
        """Send a request to a revision's instance and its answer back."""
        if route is None:
            return web.Response(status=404, text=_NOT_FOUND_PAGE, content_type="text/html")
        with self._sandbox.supervisor.request(route.revision):
            try:
                port = await self._sandbox.supervisor.port_of(route.revision)
            except Unavailable:
                return web.Response(status=503, text="Service Unavailable")
            if splice.wants_upgrade(request):
                return await splice.splice(request, port, forwarded_headers(request, upgrade=True), route.timeout)
            return await self._pass(request, port, route.timeout)

    async def _pass(self, request: web.BaseRequest, port: int, timeout: float) -> web.StreamResponse:
        answer: web.StreamResponse | None = None
        try:
            async with asyncio.timeout(timeout), self._send(request, port) as upstream:
                answer = web.StreamResponse(status=upstream.status, reason=upstream.reason)
                answer.headers.extend(_end_to_end(upstream.headers))
                answer.headers.setdefault("Server", "Google Frontend")
                await answer.prepare(request)
                async for chunk in upstream.content.iter_chunked(_CHUNK):
                    await answer.write(chunk)
                await answer.write_eof()
                return answer
        except TimeoutError:
            return _cut(request, answer) or web.Response(status=504, text="upstream request timeout")
        except (aiohttp.ClientError, ConnectionError):
            return _cut(request, answer) or web.Response(status=503, text="Service Unavailable")

    def _send(self, request: web.BaseRequest, port: int) -> aiohttp.client._RequestContextManager:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=0, force_close=True),
                timeout=aiohttp.ClientTimeout(total=None),
                skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept", "Content-Type"),
            )
        return self._session.request(
            request.method,
            URL(f"http://127.0.0.1:{port}{request.raw_path}", encoded=True),
            headers=forwarded_headers(request),
            data=request.content if request.body_exists else None,
            allow_redirects=False,
        )


def forwarded_headers(request: web.BaseRequest, *, upgrade: bool = False) -> CIMultiDict[str]:
    """Return the headers an instance sees: the client's, and who it was as Google's front end says it."""
    headers = _end_to_end(request.headers)
    headers["Host"] = request.host
    headers["X-Forwarded-Proto"] = "https"
    headers["X-Forwarded-For"] = "127.0.0.1"
    if upgrade:
        headers["Connection"] = "Upgrade"
        headers["Upgrade"] = request.headers["Upgrade"]
    return headers


def _end_to_end(headers: CIMultiDict[str] | object) -> CIMultiDict[str]:
    source: CIMultiDict[str] = CIMultiDict(headers)  # type: ignore[arg-type]
    named = {name.strip().lower() for value in source.getall("Connection", []) for name in value.split(",")}
    return CIMultiDict((key, value) for key, value in source.items() if key.lower() not in _HOP_BY_HOP | named)


def _cut(request: web.BaseRequest, answer: web.StreamResponse | None) -> web.StreamResponse | None:
    """End a response that has begun by closing the connection; None when nothing was sent yet."""
    if answer is None or not answer.prepared:
        return None
    with contextlib.suppress(AttributeError):
        request.transport.abort()  # type: ignore[union-attr]
    return answer
