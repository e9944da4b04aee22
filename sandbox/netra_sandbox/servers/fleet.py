"""All servers of one sandbox, each behind addresses of its own that only the network gateway opens."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from netra_sandbox.servers import home as server_home
from netra_sandbox.servers import platform
from netra_sandbox.servers.postgres import PostgresServer
from netra_sandbox.servers.redis import RedisServer

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

REDIS_PORT, POSTGRES_PORT = 6379, 5432
REDIS_NET, POSTGRES_PRIVATE_NET, POSTGRES_PUBLIC_NET = 30, 40, 41  # second part of 127.x.y.z
# Seconds that a new connection waits on a machine type whose shared core has no cycles left.
CONNECTION_DELAYS = {"db-f1-micro": 8}
_ADDRESS_ATTEMPTS = 50


@dataclass(frozen=True)
class DatabaseAddresses:
    """Where a database instance is reached from its network and from outside."""

    private: str
    public: str


@dataclass
class Servers:
    """The running servers, by the short name of their instance."""

    sandbox: Sandbox
    home: Path = field(init=False)
    _redis: dict[str, RedisServer] = field(default_factory=dict)
    _postgres: dict[str, PostgresServer] = field(default_factory=dict)
    _addresses: dict[tuple[int, str], str] = field(default_factory=dict)

    async def open(self, *, fresh: bool = True) -> None:
        """Prepare the folder the servers live in, without what a sandbox that was killed left there when `fresh`."""
        if fresh:
            await asyncio.to_thread(server_home.remove_home, self.sandbox.directory)
        self.home = await asyncio.to_thread(server_home.make_home, self.sandbox.directory)
        (self.sandbox.directory / "logs").mkdir(parents=True, exist_ok=True)

    async def close(self) -> None:
        """End all servers; what databases hold is kept for a later start."""
        servers: list[RedisServer | PostgresServer] = [*self._redis.values(), *self._postgres.values()]
        await asyncio.gather(*(server.stop() for server in servers))
        self._redis.clear()
        self._postgres.clear()
        await asyncio.to_thread(server_home.store_away, self.sandbox.directory)

    def redis(self, name: str) -> RedisServer | None:
        """Return the server of a Redis instance, None when none runs."""
        return self._redis.get(name)

    def postgres(self, name: str) -> PostgresServer | None:
        """Return the server of a database instance, None when none runs."""
        return self._postgres.get(name)

    def expect(self, name: str, *, redis: str = "", private: str = "", public: str = "") -> None:
        """Know the addresses that an instance had in an earlier process of the sandbox: it has them again."""
        nets = ((REDIS_NET, redis), (POSTGRES_PRIVATE_NET, private), (POSTGRES_PUBLIC_NET, public))
        self._addresses |= {(net, name): address for net, address in nets if address}

    async def start_redis(self, name: str, network: str) -> str:
        """Start an instance's server; return its address, the same each time an instance of that name is made."""
        server = RedisServer(self.home / f"redis-{zlib.crc32(name.encode()):08x}", self._log(f"redis-{name}"))
        self._redis[name] = server
        await server.start()
        return await self._expose(REDIS_NET, name, REDIS_PORT, str(server.socket), network=network, public=False)

    async def stop_redis(self, name: str) -> None:
        """End an instance's server and close its address."""
        server = self._redis.pop(name, None)
        if server is not None:
            await self.sandbox.network.unexpose(self._addresses[REDIS_NET, name], REDIS_PORT)
            await server.stop()

    async def start_postgres(
        self,
        name: str,
        tier: str,
        network: str,
        accounts: platform.Accounts | None = None,
        settings: Mapping[str, str] | None = None,
        *,
        kept: bool = False,
    ) -> DatabaseAddresses:
        """Start an instance's server as a new one is, with the product's database when accounts are given.

        What a `kept` one held in an earlier process of the sandbox stays in it.
        """
        server = self._postgres.get(name)
        if server is None:
            server = PostgresServer(
                self.home / f"{server_home.DATABASE_PREFIX}{zlib.crc32(name.encode()):08x}", self._log(f"sql-{name}")
            )
            await server.create()
            self._postgres[name] = server
        server.configure(settings or {})
        await server.restart()
        if not kept:
            await server.prepare()
        if accounts is not None:
            await platform.fill(server, accounts)
        if tier in CONNECTION_DELAYS:
            await server.restart(CONNECTION_DELAYS[tier])
        socket = str(server.socket)
        return DatabaseAddresses(
            private=await self._expose(
                POSTGRES_PRIVATE_NET, name, POSTGRES_PORT, socket, network=network, public=False
            ),
            public=await self._expose(POSTGRES_PUBLIC_NET, name, POSTGRES_PORT, socket, network=None, public=True),
        )

    async def restart_postgres(self, name: str, tier: str, settings: Mapping[str, str] | None = None) -> None:
        """Restart an instance's server on a machine type; without settings, with those it has."""
        if settings is not None:
            self._postgres[name].configure(settings)
        await self._postgres[name].restart(CONNECTION_DELAYS.get(tier, 0))
        self.sandbox.supervisor.connectivity_changed()

    async def halt_postgres(self, name: str) -> None:
        """End an instance's server for a while; what it holds stays."""
        await self._postgres[name].stop()

    async def stop_postgres(self, name: str) -> None:
        """End an instance's server and close its addresses; its cluster goes with the sandbox."""
        server = self._postgres.pop(name, None)
        if server is not None:
            for net in (POSTGRES_PRIVATE_NET, POSTGRES_PUBLIC_NET):
                await self.sandbox.network.unexpose(self._addresses[net, name], POSTGRES_PORT)
            await server.destroy()

    async def clear(self, keep_postgres: str) -> None:
        """End everything but one database server, which the next scenario fills again."""
        for name in list(self._redis):
            await self.stop_redis(name)
        for name in list(self._postgres):
            if name != keep_postgres:
                await self.stop_postgres(name)

    async def _expose(self, net: int, name: str, port: int, upstream: str, *, network: str | None, public: bool) -> str:
        known = self._addresses.get((net, name))
        seed = f"{self.sandbox.directory}:{name}"
        candidates = [known] if known else [_address(net, f"{seed}:{turn}") for turn in range(_ADDRESS_ATTEMPTS)]
        for address in candidates:
            try:
                await self.sandbox.network.expose(address, port, upstream, network=network, public=public)
            except OSError:  # another sandbox on this machine has it
                continue
            self._addresses[net, name] = address
            return address
        raise RuntimeError(f"no loopback address is free for {name}")

    def _log(self, name: str) -> Path:
        return self.sandbox.directory / "logs" / f"{name}.log"


def _address(net: int, seed: str) -> str:
    """Pick a loopback address that differs between sandboxes and stays the same within one."""
    number = zlib.crc32(seed.encode())
    return f"127.{net}.{number % 254 + 1}.{number // 254 % 254 + 1}"
