"""Measure instances and servers every few seconds: what is running, and what it uses.

https://cloud.google.com/monitoring/api/metrics_gcp
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from netra_sandbox.runtime import linux
from netra_sandbox.services.cloud_monitoring.feeding import Labels, revision_places
from netra_sandbox.services.cloud_run import names, registry
from netra_sandbox.services.cloud_run.names import ServiceName
from netra_sandbox.telemetry.distributions import SHARES
from netra_sandbox.telemetry.metrics import Identity
from netra_sandbox.telemetry.quantities import cores, size

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

SAMPLE_SECONDS = 10.0
_SERVER_SECONDS = 2.0
_REVISION = "cloud_run_revision"
_LOG = logging.getLogger(__name__)
_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
_UTIME, _STIME, _RSS = 11, 12, 21  # fields of /proc/PID/stat behind the command's name (proc(5))


@dataclass
class Sampler:
    """Measures until it is stopped."""

    sandbox: Sandbox
    _task: asyncio.Task[None] | None = None
    _before: dict[int, tuple[float, float]] = field(default_factory=dict)  # pid → (time, seconds of processor)

    def start(self) -> None:
        """Begin to measure."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                self._instances()
                await self._caches()
                await self._databases()
            except Exception:  # noqa: BLE001  the sampler outlives what one server does to it
                _LOG.exception("sampling")
            await asyncio.sleep(SAMPLE_SECONDS)

    def _instances(self) -> None:
        sandbox, now = self.sandbox, self.sandbox.clock.seconds()
        seen: dict[int, tuple[float, float]] = {}
        for service in registry.services(sandbox):
            name = ServiceName.parse(service["name"])
            for revision in registry.revisions(sandbox, service["name"]):
                short = names.short_name(revision["name"])
                places = revision_places(sandbox, name.service, short)
                members = sandbox.supervisor.members(revision["name"])
                busy = sum(bool(member.requests) for member in members)
                if members or short in registry.reachable(service):
                    for state, count in (("active", busy), ("idle", len(members) - busy)):
                        identity = Identity(
                            "run.googleapis.com/container/instance_count", (("state", state),), _REVISION, places
                        )
                        sandbox.metrics.measure(identity, now, count)
                limits = revision["containers"][0].get("resources", {}).get("limits", {})
                for member in members:
                    if member.instance.pid is not None:
                        seen |= self._utilizations(member.instance.pid, limits, places, now)
        self._before = seen

    def _utilizations(
        self, pid: int, limits: dict[str, str], places: Labels, now: float
    ) -> dict[int, tuple[float, float]]:
        """Note what an instance uses of its limits since the last look; return what the next look starts from."""
        seconds, resident = usage(pid)
        labels = (("container_name", f"{dict(places)['service_name']}-1"),)
        shares = {"memory": resident / size(limits.get("memory", "512Mi"))}
        before = self._before.get(pid)
        if before is not None and now > before[0]:
            shares["cpu"] = max((seconds - before[1]) / (now - before[0]) / cores(limits.get("cpu", "1")), 0.0)
        for name, share in shares.items():
            identity = Identity(f"run.googleapis.com/container/{name}/utilizations", labels, _REVISION, places)
            self.sandbox.metrics.distribute(identity, now, share, SHARES)
        return {pid: (now, seconds)}

    async def _caches(self) -> None:
        sandbox = self.sandbox
        for instance in sandbox.store.list("redis:", kind="instances"):
            server = sandbox.servers.redis(names.short_name(instance["name"]))
            if server is None:
                continue
            with contextlib.suppress(OSError, RuntimeError, TimeoutError, asyncio.IncompleteReadError):
                async with asyncio.timeout(_SERVER_SECONDS):
                    told = _facts((await server.command("INFO"))[0])
                places = (
                    ("project_id", sandbox.project),
                    ("instance_id", instance["name"]),
                    ("node_id", "node-0"),
                    ("region", sandbox.region),
                )
                for metric, value in (
                    ("server/uptime", told["uptime_in_seconds"]),
                    ("clients/connected", told["connected_clients"]),
                ):
                    kind = f"redis.googleapis.com/{metric}"
                    identity = Identity(kind, (("role", "primary"),), "redis_instance", places)
                    sandbox.metrics.measure(identity, sandbox.clock.seconds(), int(value))

    async def _databases(self) -> None:
        sandbox = self.sandbox
        for instance in sandbox.store.list(f"sql:{sandbox.project}/"):
            if instance.get("kind") != "sql#instance":
                continue
            name = str(instance["name"])
            server = sandbox.servers.postgres(name)
            up = server is not None and await _accepts(server.socket)
            places = (
                ("project_id", sandbox.project),
                ("database_id", f"{sandbox.project}:{name}"),
                ("region", str(instance.get("region", sandbox.region))),
            )
            identity = Identity("cloudsql.googleapis.com/database/up", (), "cloudsql_database", places)
            sandbox.metrics.measure(identity, sandbox.clock.seconds(), int(up))


def usage(leader: int) -> tuple[float, float]:
    """Return the processor time in seconds and the resident memory in bytes of a session's processes."""
    seconds = resident = 0.0
    for pid in linux.session_members({leader}):
        with contextlib.suppress(OSError, IndexError):
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            seconds += (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS
            resident += int(fields[_RSS]) * _PAGE
    return seconds, resident


def _facts(text: str) -> dict[str, str]:
    """Read what Redis says of itself (https://redis.io/docs/latest/commands/info)."""
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


async def _accepts(socket: Path) -> bool:
    """Tell whether a server takes a connection."""
    try:
        async with asyncio.timeout(_SERVER_SECONDS):
            _, writer = await asyncio.open_unix_connection(socket)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
