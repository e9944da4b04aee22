"""Who may reach which private server: gateways that look up the process behind every connection."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from netra_sandbox.services.cloud_run import launching, names

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

Upstream = tuple[str, int] | str
_CHUNK = 64 * 1024
_DROPPED_RETRY_SECONDS = 0.25
_DROPPED_LIMIT_SECONDS = 130.0  # about when Linux stops retransmitting a SYN (tcp_syn_retries)


@dataclass(frozen=True)
class Address:
    """One exposed address and the rule that guards it."""

    address: str
    port: int
    upstream: Upstream
    network: str | None
    public: bool


@dataclass
class Network:
    """The gateways of one sandbox."""

    sandbox: Sandbox
    _servers: dict[tuple[str, int], asyncio.Server] = field(default_factory=dict)
    _connections: set[asyncio.Task[None]] = field(default_factory=set)

    async def expose(self, address: str, port: int, upstream: Upstream, *, network: str | None, public: bool) -> None:
        """Open an address in front of a server; an address that is open already gets the new server."""
        await self._close(address, port)
        rule = Address(address, port, upstream, network, public)

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._serve(rule, reader, writer))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

        self._servers[address, port] = await asyncio.start_server(accept, address, port)
        self.sandbox.supervisor.connectivity_changed()

    async def unexpose(self, address: str, port: int) -> None:
        """Close an address and the connections through it."""
        await self._close(address, port)

    async def close(self) -> None:
        """Close every address."""
        for address, port in list(self._servers):
            await self._close(address, port)
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _close(self, address: str, port: int) -> None:
        server = self._servers.pop((address, port), None)
        if server is not None:
            server.close()

    async def _serve(self, rule: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            revision = self._owner(writer)
            if revision is None:
                allowed = rule.public
            else:
                allowed = await self._until_allowed(rule, revision, reader)
            if allowed:
                await _forward(rule.upstream, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _owner(self, writer: asyncio.StreamWriter) -> str | None:
        peer, own = writer.get_extra_info("peername"), writer.get_extra_info("sockname")
        inode = socket_inode(Path("/proc/net/tcp").read_text(encoding="ascii"), (peer[0], peer[1]), (own[0], own[1]))
        return self.sandbox.supervisor.revision_of(inode) if inode else None

    async def _until_allowed(self, rule: Address, revision: str, reader: asyncio.StreamReader) -> bool:
        """Hold a connection as dropped packets would; retransmissions get through once the route exists."""
        give_up = time.monotonic() + _DROPPED_LIMIT_SECONDS
        while not self._routed(rule, revision):
            if reader.at_eof() or reader.exception() is not None or time.monotonic() > give_up:
                return False
            await asyncio.sleep(_DROPPED_RETRY_SECONDS)
        return True

    def _routed(self, rule: Address, revision: str) -> bool:
        access = self._access(revision)
        connector = access.get("connector")
        if not connector:
            return rule.public
        if rule.public and access.get("egress") != "ALL_TRAFFIC":
            return True
        found = self.sandbox.store.get(f"vpcaccess:{connector}")
        if found is None or found.get("state") != "READY":
            return False
        same_region = names.ServiceName.parse(revision).parent == connector.rpartition("/connectors/")[0]
        same_network = rule.public or rule.network is None or names.short_name(found["network"]) == rule.network
        return same_region and same_network

    def _access(self, revision: str) -> dict[str, str]:
        try:
            access: dict[str, str] = launching.deployment(self.sandbox, revision)["template"].get("vpcAccess", {})
        except launching.CannotStart:
            return {}
        return access


def socket_inode(table: str, local: tuple[str, int], remote: tuple[str, int]) -> int | None:
    """Find the inode of the socket with these ends in the text of /proc/net/tcp (proc(5))."""
    wanted = [_hexadecimal(local), _hexadecimal(remote)]
    for line in table.splitlines()[1:]:
        columns = line.split()
        if columns[1:3] == wanted:
            return int(columns[9])
    return None


def _hexadecimal(end: tuple[str, int]) -> str:
    address = bytes(int(part) for part in end[0].split("."))
    return f"{int.from_bytes(address, 'little'):08X}:{end[1]:04X}"


async def _forward(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if isinstance(upstream, str):
        up_reader, up_writer = await asyncio.open_unix_connection(upstream)
    else:
        up_reader, up_writer = await asyncio.open_connection(*upstream)
    copies = [asyncio.create_task(_copy(reader, up_writer)), asyncio.create_task(_copy(up_reader, writer))]
    try:
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for copy in copies:
            copy.cancel()
        await asyncio.gather(*copies, return_exceptions=True)
        up_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
