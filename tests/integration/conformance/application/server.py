# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cases about instances deploy: a server of the standard library that does what its requests ask for."""

from __future__ import annotations

import asyncio
import base64
import errno
import hashlib
import json
import os
import pathlib
import sys
import urllib.error
import urllib.request
import uuid
from urllib.parse import parse_qsl, urlsplit

INSTANCE = uuid.uuid4().hex
ENVIRONMENT = dict(os.environ)
accepted: list[asyncio.StreamWriter] = []
unhealthy: set[str] = set(filter(None, os.environ.get("UNHEALTHY", "").split(",")))
hoard: list[bytearray] = []


async def reach(query: dict[str, str]) -> str:
    """Open a connection and tell whether it came about and stayed: a gateway that refuses closes it."""
    try:
        async with asyncio.timeout(float(query.get("seconds", "1"))):
            reader, writer = await asyncio.open_connection(query["host"], int(query["port"]))
            writer.write(query.get("say", "PING\r\n").encode())
            return (await reader.read(64)).decode("latin-1") or "closed"
    except TimeoutError:
        return "timeout"
    except OSError as error:
        return type(error).__name__


def read(query: dict[str, str]) -> object:
    """Return a file's content and mode, or the name of the error; write `text` to it first when there is one."""
    file = pathlib.Path(query["path"])
    try:
        if "text" in query:
            file.write_text(query["text"] * int(query.get("times", "1")))
        return [file.read_text(), file.stat().st_mode & 0o777]
    except OSError as error:
        return errno.errorcode[error.errno or 0]


async def metadata(query: dict[str, str]) -> str:
    """Ask the metadata server, where Google's clients look for it."""
    host = ENVIRONMENT.get("GCE_METADATA_HOST", "metadata.google.internal")
    url = f"http://{host}/computeMetadata/v1/{query['path']}"
    return (await asyncio.to_thread(fetch, {"url": url, "header": "Metadata-Flavor: Google"}))[1]


def fetch(query: dict[str, str]) -> tuple[int, str]:
    """Request an address, with a header as `Name: value`; return status and body."""
    name, _, value = query.get("header", "").partition(": ")
    request = urllib.request.Request(query["url"], headers={name: value} if name else {})  # noqa: S310  the case's own
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


async def act(path: str, query: dict[str, str]) -> None:
    """Do what a path stands for."""
    match path:
        case "/sleep":
            await asyncio.sleep(float(query["seconds"]))
        case "/sicken":
            unhealthy.add(query["probe"])
            if "seconds" in query:
                asyncio.get_running_loop().call_later(float(query["seconds"]), unhealthy.discard, query["probe"])
        case "/heal":
            unhealthy.discard(query["probe"])
        case "/print":
            print(query["line"], file=sys.stderr if query.get("stream") == "stderr" else sys.stdout, flush=True)
        case "/allocate":
            hoard.append(bytearray(os.urandom(1 << 20) * int(query["mib"])))
        case "/exit":
            os._exit(int(query["code"]))


async def tell(path: str, query: dict[str, str], headers: dict[str, str]) -> tuple[int, object]:
    """Return the status and the body for a path, after doing what it stands for."""
    status, body = 200, None
    match path:
        case "/health":
            body = query.get("probe", "health")
            status = 503 if body in unhealthy else 200
        case "/environment":
            body = ENVIRONMENT.get(query["name"])
        case "/headers":
            body = headers
        case "/connections":
            body = len(accepted)
        case "/file":
            body = read(query)
        case "/reach":
            body = await reach(query)
        case "/metadata":
            body = await metadata(query)
        case "/fetch":
            status, body = await asyncio.to_thread(fetch, query)
        case _:
            await act(path, query)
            body = {"instance": INSTANCE, "revision": ENVIRONMENT.get("K_REVISION", "")}
    return status, body


async def stream(writer: asyncio.StreamWriter, query: dict[str, str]) -> None:
    """Send chunks with pauses."""
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Instance: {INSTANCE}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    writer.write(head.encode())
    for number in range(int(query.get("chunks", "3"))):
        writer.write(f"2\r\n{number}\n\r\n".encode())
        await writer.drain()
        await asyncio.sleep(float(query.get("pause", "0.2")))
    writer.write(b"0\r\n\r\n")


async def echo_websocket(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
    """Shake hands and send frames of up to 125 bytes back unmasked, close frames too (RFC 6455)."""
    accept = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())  # noqa: S324  RFC 6455
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    writer.write(head + accept + b"\r\n\r\n")
    while True:
        first, length = await reader.readexactly(2)
        mask, payload = await reader.readexactly(4), await reader.readexactly(length & 127)
        plain = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        writer.write(bytes([first, len(plain)]) + plain)
        if first & 15 == 8:
            return


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    accepted.append(writer)
    try:
        while await answer(reader, writer):
            pass
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Answer one request; tell whether the connection stays open."""
    request, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip("\r\n").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    target = urlsplit(request.split(" ")[1])
    query = dict(parse_qsl(target.query, keep_blank_values=True))
    if headers.get("upgrade", "").lower() == "websocket":
        await echo_websocket(reader, writer, headers["sec-websocket-key"])
        return False
    if target.path == "/stream":
        await stream(writer, query)
        return True
    status, result = (
        (200, body.decode("latin-1")) if target.path == "/echo" else await tell(target.path, query, headers)
    )
    content = json.dumps(result).encode()
    writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
    return target.path != "/close"  # without saying so before, as servers that lose patience with idle connections


async def main() -> None:
    await asyncio.sleep(float(os.environ.get("START_DELAY", "0")))
    port = int(os.environ.get("LISTEN_ON") or os.environ["PORT"])
    async with await asyncio.start_server(serve, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    if ENVIRONMENT.get("EXIT_AT_START"):
        sys.exit(int(ENVIRONMENT["EXIT_AT_START"]))
    asyncio.run(main())
