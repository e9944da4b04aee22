"""Go on with an environment that an earlier process of the sandbox left, however it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.services.redis import resources as redis
from netra_sandbox.services.sql_admin import resources as sql

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox


async def resume(sandbox: Sandbox) -> None:
    """Take back what was interrupted, start the servers at the addresses they had, put faults in force again."""
    clock = sandbox.store.get("sandbox:clock")
    if clock is not None:
        sandbox.clock.offset = float(clock["offset"])
    sandbox.operations.recover()
    for instance in sandbox.store.list(redis.KEY):
        if instance.get("host"):
            sandbox.servers.expect(instance["name"].rpartition("/")[2], redis=instance["host"])
            await redis.start(sandbox, instance, seconds=0)
    for instance in sandbox.store.list(f"{sql.KEY}{sandbox.project}/"):
        await _resume_database(sandbox, instance)
    await sandbox.faults.resume()
    sandbox.jobs.resume()


async def _resume_database(sandbox: Sandbox, instance: dict[str, Any]) -> None:
    addresses = {entry["type"]: entry["ipAddress"] for entry in instance.get("ipAddresses", [])}
    if not addresses:
        return
    name, tier = instance["name"], instance["settings"]["tier"]
    sandbox.servers.expect(name, private=addresses.get("PRIVATE", ""), public=addresses.get("PRIMARY", ""))
    await sandbox.servers.start_postgres(name, tier, sql.NETWORK, settings=sql.server_settings(instance), kept=True)
    if not sql.runs(instance):
        await sandbox.servers.halt_postgres(name)
