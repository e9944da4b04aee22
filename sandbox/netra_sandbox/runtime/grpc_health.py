"""Ask a server for its health over gRPC: one request of grpc.health.v1.Health/Check, in as little HTTP/2 as that takes.

https://github.com/grpc/grpc/blob/master/doc/health-checking.md and doc/PROTOCOL-HTTP2.md, RFC 9113, RFC 7541. The
library grpcio is not used here: its threads do not get on with the many processes that the sandbox forks.
"""

from __future__ import annotations

import asyncio
from enum import IntEnum, IntFlag

SERVING = 1
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_STREAM = 1


class Kind(IntEnum):
    """The frames that matter (RFC 9113, section 6)."""

    DATA = 0
    HEADERS = 1
    RST_STREAM = 3
    SETTINGS = 4
    PING = 6
    GOAWAY = 7


class Flag(IntFlag):
    """The flags of frames that matter; ACK is the bit of END_STREAM in other frames."""

    END_STREAM = 1
    END_HEADERS = 4
    PADDED = 8


async def status(port: int, service: str) -> int | None:
    """Return the status of a service (SERVING is 1) on a port of this machine, None when the server tells none.

    Raise OSError when nobody listens or the connection breaks.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(_PREFACE + frame(Kind.SETTINGS) + _request(f"127.0.0.1:{port}", service))
        return read_status(await _answer(reader, writer))
    except asyncio.IncompleteReadError:
        return None
    finally:
        writer.close()


def frame(kind: Kind, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
    """Write a frame."""
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def read_status(body: bytes) -> int | None:
    """Read the status of a HealthCheckResponse from the answer's length-prefixed message."""
    message = body[5:]
    if len(body) < 5 or body[0] != 0 or int.from_bytes(body[1:5], "big") != len(message):  # noqa: PLR2004  the prefix
        return None
    if not message:
        return 0  # UNKNOWN, the default
    return message[1] if len(message) == 2 and message[0] == 0x08 else None  # noqa: PLR2004  field 1, a varint


def _request(authority: str, service: str) -> bytes:
    named = service.encode()
    message = b"\x0a" + _varint(len(named)) + named if named else b""
    headers = b"\x83\x86"  # :method POST and :scheme http, by their places in the static table
    for name, value in (
        (":path", "/grpc.health.v1.Health/Check"),
        (":authority", authority),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ):
        headers += b"\x00" + _text(name) + _text(value)  # literal, not indexed
    body = b"\x00" + len(message).to_bytes(4, "big") + message
    opened = frame(Kind.HEADERS, headers, Flag.END_HEADERS, _STREAM)
    return opened + frame(Kind.DATA, body, Flag.END_STREAM, _STREAM)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Return the body of the answer; what there is of it when the server breaks off."""
    body = b""
    while True:
        head = await reader.readexactly(9)
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
        payload = await reader.readexactly(int.from_bytes(head[:3], "big"))
        if kind in {Kind.SETTINGS, Kind.PING} and not flags & Flag.END_STREAM:
            writer.write(frame(Kind(kind), payload if kind == Kind.PING else b"", Flag.END_STREAM))
        if kind == Kind.DATA:
            body += payload[1 : len(payload) - payload[0]] if flags & Flag.PADDED else payload
        ends = kind in {Kind.DATA, Kind.HEADERS} and flags & Flag.END_STREAM
        if kind == Kind.GOAWAY or (stream == _STREAM and (ends or kind == Kind.RST_STREAM)):
            return body


def _text(text: str) -> bytes:
    """Write a string of fewer than 127 bytes as HPACK does, not compressed."""
    return bytes((len(text),)) + text.encode()


def _varint(number: int) -> bytes:
    """Write a number as protobuf does."""
    written = b""
    while number > 0x7F:  # noqa: PLR2004  seven bits a byte
        written += bytes((number & 0x7F | 0x80,))
        number >>= 7
    return written + bytes((number,))
