"""Pass requests to instances: HTTP in both directions as a stream, WebSockets as raw bytes."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from netra_sandbox.dataplane import affinity, invocation, router, splice
from netra_sandbox.dataplane.observing import Observation, observed
from netra_sandbox.dataplane.passage import DIRECT, PASSAGE
from netra_sandbox.runtime.instances import Instance
from netra_sandbox.runtime.supervisor import Exhausted, Unavailable

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
# Requests that may be sent again on a new connection when the kept one turns out to be closed (RFC 9110, 9.2.1, 9.3.1);
# none with a body, which could be read once only.
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
# Servers close idle connections too, the most impatient in use (Gunicorn) after 2 s; a kept one is not to be that old.
_KEPT_SECONDS = 1.0
# Statuses whose answers have no body, whatever their headers say (RFC 9110, 6.4.1).
_BODILESS = frozenset({204, 304})
# What Cloud Run writes beside a request that it answered itself: https://cloud.google.com/run/docs/troubleshooting.
TIMED_OUT = (
    "The request has been terminated because it has reached the maximum request timeout. To change this limit, see "
    "https://cloud.google.com/run/docs/configuring/request-timeout"
)
NO_INSTANCE = "The request was aborted because there was no available instance."
MALFORMED = (
    "The request failed because either the HTTP response was malformed or connection to the instance had an error. "
    "Additional troubleshooting documentation can be found at: "
    "https://cloud.google.com/run/docs/troubleshooting#malformed-response-or-connection-error"
)
_NOT_FOUND_PAGE = (
    '<html><head>\n<meta http-equiv="content-type" content="text/html;charset=utf-8">\n'
    "<title>404 Page not found</title>\n"
    "</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: Page not found</h1>\n"
    "<h2>The requested URL was not found on this server.</h2>\n<h2></h2>\n</body></html>\n"
)


@dataclass(frozen=True)
class _Exchange:
    """A request on its way to an instance; `deadline` is in the loop's time."""

    request: web.BaseRequest
    route: router.Route
    instance: Instance
    deadline: float
    seen: Observation

    @property
    def binds(self) -> bool:
        """Tell whether the answer binds the client to the instance, as it is not bound to it yet."""
        preferred = self.route.preferred
        return self.route.affinity and not (preferred and self.instance.identity.startswith(preferred))


class DataPlane:
    """Requests to run.app hosts and, through the load balancer, to the product's own hosts."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._kept: aiohttp.ClientSession | None = None
        self._fresh: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections to instances."""
        for session in (self._kept, self._fresh):
            if session is not None:
                await session.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request to a run.app host."""
        return await self.forward(request, router.route_host(self._sandbox, request))

    async def forward(self, request: web.BaseRequest, route: router.Route | None) -> web.StreamResponse:
        """Send a request to a revision's instance and its answer back."""
        if route is None:
            return web.Response(status=404, text=_NOT_FOUND_PAGE, content_type="text/html")
        with observed(self._sandbox, request, route) as seen:
            decided = invocation.decide(self._sandbox, route, request.headers)
            if isinstance(decided, invocation.Refusal):
                return seen.answered(decided.response(request.path), decided.message)
            request[invocation.CONSUMED] = decided
            try:
                return await self._invoke(request, route, seen)
            except Exhausted:
                return seen.answered(web.Response(status=429, text="Rate exceeded."), NO_INSTANCE)
            except Unavailable:
                return seen.answered(_unavailable(), MALFORMED)
            except TimeoutError:
                return seen.answered(web.Response(status=504, text="upstream request timeout"), TIMED_OUT)

    async def _invoke(self, request: web.BaseRequest, route: router.Route, seen: Observation) -> web.StreamResponse:
        """Borrow an instance and pass the request on; the time-out covers the wait for the instance too."""
        deadline = asyncio.get_running_loop().time() + route.timeout
        async with contextlib.AsyncExitStack() as stack:
            async with asyncio.timeout_at(deadline):
                lent = self._sandbox.supervisor.instance(route.revision, route.preferred)
                instance = await stack.enter_async_context(lent)
            seen.instance = instance.identity
            if splice.wants_upgrade(request):
                headers = forwarded_headers(request, seen)
                return seen.answered(await splice.splice(request, instance.port, headers, deadline))
            return await self._pass(_Exchange(request, route, instance, deadline, seen))

    async def _pass(self, exchange: _Exchange) -> web.StreamResponse:
        request, seen = exchange.request, exchange.seen
        answer: web.StreamResponse | None = None
        try:
            async with asyncio.timeout_at(exchange.deadline), self._send(exchange) as upstream:
                answer = await _begun(request, upstream)
                answer.headers.extend(_end_to_end(upstream.headers))
                answer.headers.setdefault("Server", "Google Frontend")
                if exchange.binds:
                    identity = exchange.instance.identity
                    bound = affinity.set_cookie(exchange.instance.launch.short, identity, self._sandbox.now())
                    answer.headers.add("Set-Cookie", bound)
                answer.headers.extend(request.get(PASSAGE, DIRECT).response_headers)
                if isinstance(answer, web.Response):
                    return seen.answered(answer)
                await answer.prepare(request)
                seen.status = upstream.status
                async for chunk in upstream.content.iter_chunked(_CHUNK):
                    await answer.write(chunk)
                    seen.response_size += len(chunk)
                await answer.write_eof()
                return answer
        except TimeoutError:
            if cut := _cut(request, answer):
                return cut
            raise
        except (aiohttp.ClientError, ConnectionError):
            return _cut(request, answer) or seen.answered(_unavailable(), MALFORMED)

    def _send(self, exchange: _Exchange) -> aiohttp.client._RequestContextManager:
        request = exchange.request
        return self._session(request).request(
            request.method,
            URL(f"http://127.0.0.1:{exchange.instance.port}{request.raw_path}", encoded=True),
            headers=forwarded_headers(request, exchange.seen),
            data=request.content if request.body_exists else None,
            allow_redirects=False,
        )

    def _session(self, request: web.BaseRequest) -> aiohttp.ClientSession:
        """Return the session that keeps connections for requests that may be repeated, else the one that keeps none."""
        if request.method in _REPEATABLE and not request.body_exists:
            if self._kept is None:
                self._kept = _open(aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_SECONDS))
            return self._kept
        if self._fresh is None:
            self._fresh = _open(aiohttp.TCPConnector(limit=0, force_close=True))
        return self._fresh


def _open(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None),
        skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept", "Content-Type"),
    )


async def _begun(request: web.BaseRequest, upstream: aiohttp.ClientResponse) -> web.StreamResponse:
    """Return an answer without its headers: with its body when that has arrived already, to be sent in one piece."""
    whole = "Content-Length" in upstream.headers and upstream.content.is_eof() and request.method != "HEAD"
    if not whole or upstream.status in _BODILESS:
        return web.StreamResponse(status=upstream.status, reason=upstream.reason)
    return web.Response(body=await upstream.read(), status=upstream.status, reason=upstream.reason)


def _unavailable() -> web.Response:
    return web.Response(status=503, text="Service Unavailable")


def forwarded_headers(request: web.BaseRequest, seen: Observation) -> CIMultiDict[str]:
    """Return the headers an instance sees: the client's, and who it was as Google's front end says it."""
    headers = _end_to_end(request.headers)
    headers["Host"] = request.host
    if consumed := request.get(invocation.CONSUMED):
        headers[consumed] = invocation.without_signature(headers[consumed])
    passage = request.get(PASSAGE, DIRECT)
    headers["X-Forwarded-Proto"] = passage.scheme
    headers["X-Forwarded-For"] = passage.forwarded_for
    headers["X-Cloud-Trace-Context"] = f"{seen.trace}/{int(seen.span, 16)};o=1"
    headers["traceparent"] = f"00-{seen.trace}-{seen.span}-01"
    if splice.wants_upgrade(request):
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
