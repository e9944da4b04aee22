"""Join a client that asks for an upgrade with an instance, byte by byte (RFC 9110 7.8, RFC 6455)."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict

_CHUNK = 64 * 1024
_STATUS_LINE = re.compile(rb"^HTTP/1\.[01] (\d{3})")


class SplicedResponse(web.StreamResponse):
    """A response whose bytes have been written to the transport already."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:  # noqa: ARG002
        """Send nothing: the instance's own head went out."""
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Send nothing: the connection is closed instead."""


class _ToInstance:
    """What aiohttp's server protocol feeds with the bytes that follow the request."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Pass bytes on."""
        self._writer.write(data)
        return False, b""

    def feed_eof(self) -> None:
        """End the instance's connection with the client's."""
        self._writer.close()


def wants_upgrade(request: web.BaseRequest) -> bool:
    """Tell whether a request asks to leave HTTP."""
    return "upgrade" in request.headers.get("Connection", "").lower() and "Upgrade" in request.headers


async def splice(request: web.BaseRequest, port: int, headers: CIMultiDict[str], deadline: float) -> web.StreamResponse:
    """Send the request to the instance and copy bytes until an end closes or the loop's time is `deadline`."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return web.Response(status=503, text="Service Unavailable")
    try:
        async with asyncio.timeout_at(deadline):
            writer.write(_head(request, headers))
            first = await reader.read(_CHUNK)
            if first:
                return await _join(request, first, reader, writer)
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return web.Response(status=503, text="Service Unavailable")


async def _join(
    request: web.BaseRequest, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> SplicedResponse:
    found = _STATUS_LINE.match(first)
    response = SplicedResponse(status=int(found[1]) if found else 502)
    response.force_close()
    parser: Any = _ToInstance(writer)  # a parser by its methods; aiohttp names its own class only
    request.protocol.set_parser(parser)
    try:
        await _copy(request, first, reader)
    except (TimeoutError, ConnectionError):
        pass
    finally:
        _close(request)
    return response


def _head(request: web.BaseRequest, headers: CIMultiDict[str]) -> bytes:
    lines = [f"{request.method} {request.raw_path} HTTP/1.1", *(f"{key}: {value}" for key, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


async def _copy(request: web.BaseRequest, first: bytes, reader: asyncio.StreamReader) -> None:
    chunk = first
    while chunk:
        transport = request.transport
        if transport is None or transport.is_closing():
            return
        transport.write(chunk)
        chunk = await reader.read(_CHUNK)


def _close(request: web.BaseRequest) -> None:
    with contextlib.suppress(AttributeError):
        request.transport.close()  # type: ignore[union-attr]
