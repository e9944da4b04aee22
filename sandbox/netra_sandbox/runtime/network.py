"""Who may reach which private server: gateways that look up the process behind every connection."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netra_sandbox.runtime import linux, reach
from netra_sandbox.services.cloud_run import launching, names

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

Upstream = tuple[str, int] | str
Access = Callable[[], dict[str, Any]]  # the `vpcAccess` of a template as it is now
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
    warm_up: reach.WarmUp = field(default_factory=reach.WarmUp)
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
            access = self.owner(writer)
            allowed = rule.public if access is None else await self._until_allowed(rule, access, reader)
            if allowed:
                await _forward(rule.upstream, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def owner(self, connection: asyncio.BaseTransport | asyncio.StreamWriter) -> Access | None:
        """Return how the revision or the job's execution that opened a connection reaches networks."""
        peer, own = connection.get_extra_info("peername"), connection.get_extra_info("sockname")
        inode = linux.socket_inode((peer[0], peer[1]), (own[0], own[1]))
        if inode is None:
            return None
        revision, sandbox = self.sandbox.supervisor.revision_of(inode), self.sandbox
        if revision is not None:
            return lambda: _access_of(sandbox, revision)
        execution = sandbox.jobs.execution_of(inode)
        return None if execution is None else lambda: execution["template"].get("vpcAccess", {})

    async def _until_allowed(self, rule: Address, access: Access, reader: asyncio.StreamReader) -> bool:
        """Hold a connection as dropped packets would; retransmissions get through once the route exists."""
        give_up = time.monotonic() + _DROPPED_LIMIT_SECONDS
        while not self._routed(rule, access()):
            if reader.at_eof() or reader.exception() is not None or time.monotonic() > give_up:
                return False
            await asyncio.sleep(_DROPPED_RETRY_SECONDS)
        return True

    def _routed(self, rule: Address, access: dict[str, Any]) -> bool:
        return reach.reaches(self.way(access), network=rule.network, public=rule.public)

    def way(self, access: dict[str, Any]) -> reach.Way:
        """Return the way that something with this `vpcAccess` has now."""
        return reach.way_of(
            access,
            self.sandbox.region,
            self.sandbox.store.get(f"vpcaccess:{access.get('connector')}"),
            self._subnetworks(),
            warm=self.warm_up.is_warm(str(access.get("connector")), time.monotonic()),
        )

    def _subnetworks(self) -> dict[str, str]:
        found = self.sandbox.store.list(f"compute:projects/{self.sandbox.project}/", "subnetworks")
        return {subnetwork["name"]: names.short_name(str(subnetwork.get("network", ""))) for subnetwork in found}


def _access_of(sandbox: Sandbox, revision: str) -> dict[str, Any]:
    try:
        access: dict[str, Any] = launching.deployment(sandbox, revision)["template"].get("vpcAccess", {})
    except launching.CannotStart:
        return {}
    return access


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
