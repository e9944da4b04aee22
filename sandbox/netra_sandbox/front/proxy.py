"""One TCP port: CONNECT with TLS ended here, plain proxy requests, and requests to the sandbox itself."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.http_parser import RawRequestMessage

RequestHandler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_LARGEST_HEAD = 64 * 1024
_LARGEST_BODY = 256 * 1024 * 1024
_HTTPS = "443"
_ESTABLISHED = b"HTTP/1.1 200 Connection Established\r\n\r\n"


class Front:
    """Accepts connections and hands each to aiohttp's server protocol, in TLS where the client asked for a tunnel."""

    def __init__(
        self,
        handler: RequestHandler,
        admits: Callable[[str], bool],
        context: Callable[[str], ssl.SSLContext | bytes | None],
    ) -> None:
        self.admits = admits
        # The server side of TLS for a host, the alert that ends every handshake, or None where nothing listens.
        self.context = context
        self.tasks: set[asyncio.Task[None]] = set()
        self.open: set[asyncio.BaseTransport] = set()
        self._web = web.Server(handler, request_factory=_request, access_log=None)
        self._server: asyncio.Server | None = None

    async def listen(self, port: int) -> int:
        """Listen on the loopback interface and return the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Gate(self), "127.0.0.1", port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and end all connections."""
        if self._server is not None:
            self._server.close()
        await self._web.shutdown(timeout=0.5)
        for transport in list(self.open):
            transport.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def http(self) -> web.RequestHandler:
        """Return aiohttp's protocol for one connection."""
        return self._web()


class _Gate(asyncio.Protocol):
    """Reads the head of a connection's first request and decides what the connection is."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._seen = b""
        self._transport: asyncio.Transport | None = None
        self._decided = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._front.open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self._transport is not None:
            self._front.open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        transport = self._transport
        if transport is None or self._decided:
            return
        if len(self._seen) > _LARGEST_HEAD:
            transport.close()
        elif not b"CONNECT ".startswith(self._seen[:8]):
            self._decided = True
            _hand_over(self._front.http(), transport, self._seen)
        elif b"\r\n\r\n" in self._seen:
            self._decided = True
            self._begin_tunnel(transport)

    def _begin_tunnel(self, transport: asyncio.Transport) -> None:
        target = self._seen.split(b" ", 2)[1].decode("latin-1")
        host, _, port = target.rpartition(":")
        # admits() logs what it refuses, so it is asked first.
        if not self._front.admits(host.lower()) or port != _HTTPS:
            body = f"The sandbox does not answer for {target}; nothing leaves this machine.\n"
            transport.write(_refusal("403 Forbidden", body))
            transport.close()
            return
        context = self._front.context(host.lower())
        if context is None:
            transport.write(_refusal("502 Bad Gateway", f"Connection refused: nothing listens where {target} leads.\n"))
            transport.close()
            return
        if isinstance(context, bytes):
            transport.set_protocol(_Alerting(transport, context))
            transport.write(_ESTABLISHED)
            return
        task = asyncio.get_running_loop().create_task(self._tunnel(transport, context))
        self._front.tasks.add(task)
        task.add_done_callback(self._front.tasks.discard)

    async def _tunnel(self, transport: asyncio.Transport, context: ssl.SSLContext) -> None:
        waiting = _Waiting()
        transport.pause_reading()
        transport.write(_ESTABLISHED)
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(transport, waiting, context, server_side=True)
        except (OSError, ssl.SSLError):
            transport.close()
            return
        if secured is not None:
            _hand_over(self._front.http(), secured, waiting.take())
            if waiting.lost:
                secured.close()


class _Alerting(asyncio.Protocol):
    """Ends a handshake when it begins; asyncio would close the connection without a word."""

    def __init__(self, transport: asyncio.Transport, alert: bytes) -> None:
        self._transport = transport
        self._alert = alert

    def data_received(self, data: bytes) -> None:  # noqa: ARG002
        self._transport.write(self._alert)
        self._transport.close()


class _Waiting(asyncio.Protocol):
    """Keeps what arrives between the end of the TLS handshake and the hand-over to HTTP."""

    def __init__(self) -> None:
        self._seen = b""
        self.lost = False

    def data_received(self, data: bytes) -> None:
        self._seen += data

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.lost = True

    def take(self) -> bytes:
        """Return what has arrived."""
        return self._seen


def _hand_over(handler: web.RequestHandler, transport: asyncio.Transport, seen: bytes) -> None:
    handler.connection_made(transport)
    transport.set_protocol(handler)
    if seen:
        handler.data_received(seen)


def _refusal(status: str, body: str) -> bytes:
    fields = (f"HTTP/1.1 {status}", "Content-Type: text/plain", f"Content-Length: {len(body)}", "Connection: close")
    return ("\r\n".join(fields) + "\r\n\r\n" + body).encode("latin-1", "replace")


def _request(
    message: RawRequestMessage,
    payload: Any,
    protocol: web.RequestHandler,
    writer: Any,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_LARGEST_BODY)
