"""The parts of a sandbox, in the order they start in."""

from __future__ import annotations

import importlib
import pkgutil
import shutil
from typing import TYPE_CHECKING

from netra_sandbox import identity, resuming, services
from netra_sandbox.dataplane.load_balancer import LoadBalancer
from netra_sandbox.dataplane.proxying import DataPlane
from netra_sandbox.identity import seeding
from netra_sandbox.scenarios import building, files
from netra_sandbox.scenarios.files import Scenario
from netra_sandbox.services import error_reporting
from netra_sandbox.services.cloud_logging import auditing, collecting
from netra_sandbox.services.cloud_monitoring import feeding
from netra_sandbox.services.cloud_monitoring.probing import Prober
from netra_sandbox.services.cloud_monitoring.sampling import Sampler
from netra_sandbox.services.cloud_run import volumes
from netra_sandbox.services.cloud_scheduler.attempts import Scheduler
from netra_sandbox.services.container_registry import protocol
from netra_sandbox.terraform import installation

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

DATABASE_INSTANCE = "staging-postgres"


def load_methods() -> None:
    """Import every module that answers API methods."""
    for package in (identity, services):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


class Parts:
    """What runs in a sandbox besides its front."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._data_plane = DataPlane(sandbox)
        self._load_balancer = LoadBalancer(sandbox, self._data_plane)
        self._registry = protocol.ContainerRegistry(sandbox)
        error_reporting.listen(sandbox)
        collecting.listen(sandbox)
        auditing.listen(sandbox)
        feeding.listen(sandbox)
        self._watchers = (Sampler(sandbox), Prober(sandbox), Scheduler(sandbox))

    async def start(self, *, fresh: bool) -> None:
        """Start everything: from the scenario, or as an earlier process of the sandbox left it."""
        volumes.clear(self._sandbox.directory)
        await self._sandbox.servers.open(fresh=fresh)
        installation.install(self._sandbox.directory)
        if fresh:
            await self._load(files.find(self._sandbox.scenario))
        else:
            await resuming.resume(self._sandbox)
            self._open_hosts()
        self._run()

    async def reset(self, scenario: str) -> None:
        """Restore a scenario from zero while clients may be connected."""
        sandbox = self._sandbox
        chosen = files.find(scenario)
        await sandbox.operations.cancel()
        await self._rest()
        await sandbox.servers.clear(keep_postgres=DATABASE_INSTANCE)
        sandbox.store.clear()
        sandbox.faults.forget()
        sandbox.clock.offset = 0.0
        sandbox.logs.clear()
        sandbox.metrics.clear()
        sandbox.images.forget()
        for name in ("workspace", "records", "buckets"):
            shutil.rmtree(sandbox.directory / name, ignore_errors=True)
        sandbox.scenario = scenario
        await self._load(chosen)
        self._run()
        sandbox.supervisor.connectivity_changed()

    async def close(self) -> None:
        """End every process and connection."""
        await self._sandbox.operations.cancel()
        await self._rest()
        await self._data_plane.close()
        await self._sandbox.network.close()
        await self._sandbox.servers.close()

    def _run(self) -> None:
        """Begin what goes on by itself: instances are kept, measured and probed."""
        self._sandbox.supervisor.run()
        for watcher in self._watchers:
            watcher.start()

    async def _rest(self) -> None:
        for watcher in self._watchers:
            await watcher.stop()
        await self._sandbox.jobs.close()
        await self._sandbox.supervisor.close()

    async def _load(self, scenario: Scenario) -> None:
        sandbox = self._sandbox
        (sandbox.directory / "records").mkdir(mode=0o700, exist_ok=True)
        sandbox.hosts.clear()
        seeding.seed(sandbox)
        await building.build(sandbox, scenario)
        self._open_hosts()

    def _open_hosts(self) -> None:
        sandbox = self._sandbox
        sandbox.hosts[".run.app"] = self._data_plane.handle
        sandbox.hosts[protocol.HOST] = self._registry.handle
        sandbox.named = self._load_balancer.handle
