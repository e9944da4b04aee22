"""Start, watch, restart and stop the instances of revisions."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netra_sandbox.runtime import processes
from netra_sandbox.runtime.events import LogLine
from netra_sandbox.runtime.instances import Instance, Listeners, NotListening
from netra_sandbox.services.cloud_run import conditions, launching, names, registry, template

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

KEEPER_SECONDS = 0.5
IDLE_SECONDS = 5.0
STABLE_SECONDS = 60.0
CRASH_LOOP_PATIENCE = 0.5
_BACK_OFFS = (1.0, 2.0, 4.0, 8.0, 10.0)
_LOG = logging.getLogger(__name__)


class Unavailable(Exception):  # noqa: N818  named as the outcome
    """No instance of the revision can take a request now."""


@dataclass
class _Slot:
    """What the supervisor knows of one revision's instance."""

    instance: Instance | None = None
    starting: asyncio.Task[Instance] | None = None
    started_at: float = 0.0
    failures: int = 0
    retry_at: float = 0.0
    last_used: float = 0.0
    open_requests: int = 0

    def failed(self) -> None:
        """Remember a crash; one after a long healthy life starts the count anew."""
        stable = self.started_at and time.monotonic() - self.started_at > STABLE_SECONDS
        self.failures = 1 if stable else self.failures + 1
        self.retry_at = time.monotonic() + _BACK_OFFS[min(self.failures, len(_BACK_OFFS)) - 1]


@dataclass
class Supervisor:
    """The instances of one sandbox; revisions are given by their full resource names."""

    sandbox: Sandbox
    _slots: dict[str, _Slot] = field(default_factory=dict)
    _watchers: set[asyncio.Task[None]] = field(default_factory=set)
    _awake: asyncio.Event = field(default_factory=asyncio.Event)
    _keeper: asyncio.Task[None] | None = None
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    _connectors: dict[str, str] = field(default_factory=dict)
    _closed: bool = False

    def run(self) -> None:
        """Begin to keep minimum instances up and to stop idle ones."""
        self._closed = False
        self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Stop the keeper and every instance, and start none until `run`: not even for a request."""
        self._closed = True
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await asyncio.gather(*(self.stop(revision) for revision in list(self._slots)))

    async def serving(self, revision: str) -> Instance:
        """Return a serving instance, starting one on demand; raise Unavailable while the revision crash-loops."""
        if self._closed:
            raise Unavailable(revision)
        slot = self._slots.setdefault(revision, _Slot())
        slot.last_used = time.monotonic()
        if slot.instance is not None and slot.instance.running and slot.starting is None:
            return slot.instance
        if slot.starting is None and time.monotonic() < slot.retry_at:
            raise Unavailable(revision)
        task = self._begin_start(revision, slot)
        patience = CRASH_LOOP_PATIENCE if slot.failures else None
        await asyncio.wait({task}, timeout=patience)
        if not task.done() or task.cancelled() or task.exception() is not None:
            raise Unavailable(revision)
        return task.result()

    async def roll_out(self, revision: str) -> None:
        """Start a revision's first instance; raise CannotStart with the words of a failed roll-out."""
        slot = self._slots.setdefault(revision, _Slot())
        await asyncio.shield(self._begin_start(revision, slot))

    @contextlib.contextmanager
    def request(self, revision: str) -> Iterator[None]:
        """Mark a revision as busy for as long as a request runs."""
        slot = self._slots.setdefault(revision, _Slot())
        slot.open_requests += 1
        try:
            yield
        finally:
            slot.open_requests -= 1
            slot.last_used = time.monotonic()

    def roll_out_lock(self, service: str) -> asyncio.Lock:
        """Return the lock that makes the roll-outs of one service follow each other."""
        return self._locks.setdefault(service, asyncio.Lock())

    def expect_crash(self, revision: str) -> None:
        """Treat a revision as one that has crashed before, so that requests to it fail at once."""
        slot = self._slots.setdefault(revision, _Slot())
        slot.failures = max(slot.failures, 1)

    def connectivity_changed(self) -> None:
        """Give every crash-looping revision a new chance: something it may have waited for has appeared."""
        for slot in self._slots.values():
            slot.retry_at = 0.0
            slot.failures = 0
        self.wake()

    def wake(self) -> None:
        """Look at once at what must run."""
        self._awake.set()

    def revision_of(self, inode: int) -> str | None:
        """Return the revision whose instance has a socket open, None when no instance does."""
        leaders = {
            slot.instance.pid: revision
            for revision, slot in self._slots.items()
            if slot.instance is not None and slot.instance.pid is not None
        }
        for pid, leader in processes.session_members(set(leaders)).items():
            if processes.holds_socket(pid, inode):
                return leaders[leader]
        return None

    async def stop(self, revision: str) -> None:
        """Stop a revision's instance and forget the revision."""
        slot = self._slots.pop(revision, None)
        if slot is None:
            return
        if slot.starting is not None:
            slot.starting.cancel()
            await asyncio.gather(slot.starting, return_exceptions=True)
        if slot.instance is not None:
            await slot.instance.stop()

    def _begin_start(self, revision: str, slot: _Slot) -> asyncio.Task[Instance]:
        if slot.starting is None:
            slot.starting = asyncio.create_task(self._start(revision, slot))
            slot.starting.add_done_callback(lambda task: self._started(slot, task))
        return slot.starting

    @staticmethod
    def _started(slot: _Slot, task: asyncio.Task[Instance]) -> None:
        slot.starting = None
        if not task.cancelled() and task.exception() is not None:
            slot.failed()

    async def _start(self, revision: str, slot: _Slot) -> Instance:
        port = processes.free_port()
        launch = launching.prepare(self.sandbox, revision, port)
        described = launching.deployment(self.sandbox, revision)["template"]
        instance = Instance(launch, port, lambda identity: self._listeners(revision, identity))
        slot.instance = instance
        try:
            await instance.start()
            await instance.listen(_probe(described))
        except NotListening as error:
            await instance.stop()
            slot.instance = None
            raise launching.CannotStart(_explain(revision, described)) from error
        except BaseException:
            await instance.stop()
            slot.instance = None
            raise
        slot.started_at = slot.last_used = time.monotonic()
        self._watch(slot, instance)
        return instance

    def _watch(self, slot: _Slot, instance: Instance) -> None:
        async def follow() -> None:
            await instance.exited()
            if slot.instance is instance:
                slot.instance = None
                slot.failed()
                self.wake()

        task = asyncio.create_task(follow())
        self._watchers.add(task)
        task.add_done_callback(self._watchers.discard)

    async def _keep(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), KEEPER_SECONDS)
            self._awake.clear()
            try:
                self._notice_connectors()
                await self._settle(registry.warmth(self.sandbox))
            except Exception:  # noqa: BLE001  the keeper outlives whatever one revision does to it
                _LOG.exception("keeping instances")

    def _notice_connectors(self) -> None:
        seen = registry.connector_states(self.sandbox)
        if seen != self._connectors:
            self._connectors = seen
            self.connectivity_changed()

    async def _settle(self, target: registry.Warmth) -> None:
        now = time.monotonic()
        for revision in target.wanted:
            slot = self._slots.setdefault(revision, _Slot())
            idle = slot.instance is None and slot.starting is None
            if idle and now >= slot.retry_at:
                self._begin_start(revision, slot).add_done_callback(_ignore_outcome)
        for revision, slot in list(self._slots.items()):
            busy = slot.open_requests or slot.starting is not None or now - slot.last_used < IDLE_SECONDS
            if slot.instance is not None and revision not in target.kept and not busy:
                instance, slot.instance = slot.instance, None
                await instance.stop()

    def _listeners(self, revision: str, instance: str) -> Listeners:
        sandbox, service, short = self.sandbox, names.ServiceName.parse(revision).service, names.short_name(revision)

        def line(stream: str, text: str, severity: str) -> None:
            told = LogLine(service, short, instance, stream, text, sandbox.now(), severity, f"{service}-1")
            sandbox.report_line(told)

        return Listeners(line, lambda message: sandbox.report_error(service, short, message))


def _ignore_outcome(task: asyncio.Task[Instance]) -> None:
    if not task.cancelled():
        task.exception()


def _probe(described: dict[str, Any]) -> dict[str, Any]:
    if described.get("healthCheckDisabled"):
        return template.default_startup_probe(template.container_port(described))
    probe: dict[str, Any] = described["containers"][0]["startupProbe"]
    return probe


def _explain(revision: str, described: dict[str, Any]) -> conditions.Failure:
    name, short, port = (
        names.ServiceName.parse(revision),
        names.short_name(revision),
        template.container_port(described),
    )
    custom = described["containers"][0]["startupProbe"] != template.default_startup_probe(port)
    return conditions.did_not_listen(
        short, port, conditions.logs_url(name.project, name.service, short), custom_probe=custom
    )
