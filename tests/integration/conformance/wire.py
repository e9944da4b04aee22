# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many requests at once over connections that stay open, as fast as one process can send them."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections import Counter
from urllib.parse import urlsplit, urlunsplit


async def count_bodies(url: str, requests: int, connections: int) -> Counter[bytes]:
    """Send GET requests to one address and count the bodies of the answers."""
    target, counted = urlsplit(url), Counter[bytes]()
    path = urlunsplit(("", "", target.path or "/", target.query, ""))
    left = iter(range(requests))

    async def run() -> None:
        reader, writer = await _connect(target.netloc)
        head = f"GET {path} HTTP/1.1\r\nHost: {target.netloc}\r\n\r\n".encode()
        for _ in left:
            writer.write(head)
            counted[await _body(reader)] += 1
        writer.close()

    await asyncio.gather(*(run() for _ in range(connections)))
    return counted


async def _connect(host: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE"))
    proxy = urlsplit(os.environ.get("https_proxy", ""))
    if not proxy.hostname:
        return await asyncio.open_connection(host, 443, ssl=context)
    reader, writer = await asyncio.open_connection(proxy.hostname, proxy.port)
    writer.write(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    await writer.start_tls(context, server_hostname=host)
    return reader, writer


async def _body(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = next(line.partition(":")[2] for line in head.split("\r\n") if line.startswith("content-length:"))
    return await reader.readexactly(int(length))
