"""How the faults of resources are brought about, each with its end."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from psycopg import sql

from netra_sandbox.faults.rules import FaultError

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox
    from netra_sandbox.servers.postgres import PostgresServer
    from netra_sandbox.servers.redis import RedisServer

Values = dict[str, Any]
Options = Mapping[str, Any]
_FULL = {"maxmemory-policy": "noeviction", "maxmemory": "1"}
_OWN_DATABASES = (
    "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname NOT IN ('postgres', 'cloudsqladmin')"
)


async def fill_redis(sandbox: Sandbox, target: str, options: Options) -> Values:  # noqa: ARG001
    """Lower the limit of the memory below what is in use; without eviction every write is refused."""
    server = _redis(sandbox, target)
    before = {setting: (await server.command("CONFIG", "GET", setting))[1] for setting in _FULL}
    for setting, value in _FULL.items():
        await server.command("CONFIG", "SET", setting, value)
    return before


async def unfill_redis(sandbox: Sandbox, target: str, before: Options) -> None:
    """Give the memory back."""
    server = _redis(sandbox, target)
    for setting in _FULL:
        await server.command("CONFIG", "SET", setting, before[setting])


async def lock_redis(sandbox: Sandbox, target: str, options: Options) -> Values:  # noqa: ARG001
    """Set a password, and end the connections that were there without one."""
    server = _redis(sandbox, target)
    await server.lock(secrets.token_urlsafe(24))
    return {}


async def unlock_redis(sandbox: Sandbox, target: str, before: Options) -> None:  # noqa: ARG001
    """Take the password away."""
    await _redis(sandbox, target).lock("")


async def limit_connections(sandbox: Sandbox, target: str, options: Options) -> Values:
    """Limit the connections of the instance's databases (SQLSTATE 53300) and end those that are open."""
    limit = sql.Literal(options["limit"])
    return {"limits": await _limit(_postgres(sandbox, target), limit, end=True)}


async def unlimit_connections(sandbox: Sandbox, target: str, before: Options) -> None:
    """Lift the limit."""
    del before
    await _limit(_postgres(sandbox, target), sql.Literal(-1), end=False)
    sandbox.supervisor.connectivity_changed()


async def slow_postgres(sandbox: Sandbox, target: str, options: Options) -> Values:
    """Restart the server so that each new connection waits."""
    await _postgres(sandbox, target).restart(int(options["seconds"]))
    return {}


async def unslow_postgres(sandbox: Sandbox, target: str, before: Options) -> None:
    """Restart the server as its machine type has it."""
    del before
    instance = sandbox.store.get(f"sql:{sandbox.project}/{target}") or {}
    await sandbox.servers.restart_postgres(target, instance.get("settings", {}).get("tier", ""))


async def move_clock(sandbox: Sandbox, target: str, options: Options) -> Values:
    """Move the sandbox's clock."""
    if target != "sandbox":
        raise FaultError("There is one clock: the target of clock-offset is sandbox.")
    before = sandbox.clock.offset
    sandbox.set_clock(float(options["seconds"]))
    return {"seconds": before}


async def unmove_clock(sandbox: Sandbox, target: str, before: Options) -> None:  # noqa: ARG001
    """Move the sandbox's clock back."""
    sandbox.set_clock(before["seconds"])


async def delay_metrics(sandbox: Sandbox, target: str, options: Options) -> Values:
    """Let samples be seen late, as Cloud Run's are for up to three minutes."""
    if target != "sandbox":
        raise FaultError("There is one store of metrics: the target of metric-lag is sandbox.")
    before = sandbox.metrics.lag
    sandbox.metrics.lag = float(options["seconds"])
    return {"seconds": before}


async def undelay_metrics(sandbox: Sandbox, target: str, before: Options) -> None:  # noqa: ARG001
    """Let samples be seen at once again."""
    sandbox.metrics.lag = before["seconds"]


async def _limit(server: PostgresServer, limit: sql.Literal, *, end: bool) -> list[str]:
    async with await server.connect() as connection:
        rows = await (await connection.execute(_OWN_DATABASES)).fetchall()
        for (name,) in rows:
            await connection.execute(
                sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(sql.Identifier(name), limit)
            )
            if end:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
                )
    return [name for (name,) in rows]


def _redis(sandbox: Sandbox, target: str) -> RedisServer:
    server = sandbox.servers.redis(target)
    if server is None:
        raise FaultError(f"There is no Redis instance {target}.")
    return server


def _postgres(sandbox: Sandbox, target: str) -> PostgresServer:
    server = sandbox.servers.postgres(target)
    if server is None:
        raise FaultError(f"There is no Cloud SQL instance {target}.")
    return server
