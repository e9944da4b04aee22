"""Start, watch, restart and stop the instances of revisions."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netra_sandbox.runtime import demand, disturbances, health, linux, memory, processes, reach, scaling, starting
from netra_sandbox.runtime.disturbances import Disturbance
from netra_sandbox.runtime.instances import Instance, NotListening
from netra_sandbox.runtime.pool import Member, Pool
from netra_sandbox.services.cloud_run import launching

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

KEEPER_SECONDS = 0.5
CRASH_LOOP_PATIENCE = 0.5
_LOG = logging.getLogger(__name__)


class Unavailable(Exception):  # noqa: N818  named as the outcome
    """No instance of the revision can take a request now: it does not come up."""


class Exhausted(Exception):  # noqa: N818  named as the outcome
    """All instances that the revision may have are busy, and stayed so for as long as a request waits."""


@dataclass
class Supervisor:
    """The instances of one sandbox; revisions are given by their full resource names."""

    sandbox: Sandbox
    # By the full name of a revision, or of a service for all its revisions.
    _disturbances: dict[str, Disturbance] = field(default_factory=dict)
    _pools: dict[str, Pool] = field(default_factory=dict)
    _watchers: set[asyncio.Task[None]] = field(default_factory=set)
    _awake: asyncio.Event = field(default_factory=asyncio.Event)
    _keeper: asyncio.Task[None] | None = None
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    _connectors: dict[str, str] = field(default_factory=dict)
    _closed: bool = False

    def run(self) -> None:
        """Begin to keep minimum instances up and to stop idle ones."""
        self._closed = False
        self.sandbox.network.warm_up = reach.WarmUp()
        self._notice_connectors()
        self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Stop the keeper and every instance, and start none until `run`: not even for a request."""
        self._closed = True
        self._disturbances.clear()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await asyncio.gather(*(self.stop(revision) for revision in list(self._pools)))

    @contextlib.asynccontextmanager
    async def instance(self, revision: str, preferred: str = "") -> AsyncIterator[Instance]:
        """Lend an instance to a request, starting one on demand; `preferred` is the identity of one, if it has room.

        Raise Unavailable while the revision crash-loops, Exhausted when all that it may have stayed busy.
        """
        if self._closed:
            raise Unavailable(revision)
        pool = self._pool(revision)
        member = pool.free(preferred)
        if member is None:
            member = await self._wait(revision, pool)
        else:
            pool.take(member)
        try:
            yield member.instance
        finally:
            pool.release(member)

    async def roll_out(self, revision: str) -> None:
        """Start a revision's first instance; raise CannotStart with the words of a failed roll-out."""
        pool = self._pool(revision)
        if not pool.serving:
            await asyncio.shield(next(iter(pool.starting), None) or self._begin_start(revision, pool))

    def roll_out_lock(self, service: str) -> asyncio.Lock:
        """Return the lock that makes the roll-outs of one service follow each other."""
        return self._locks.setdefault(service, asyncio.Lock())

    def expect_crash(self, revision: str) -> None:
        """Treat a revision as one that has crashed before, so that requests to it fail at once."""
        pool = self._pool(revision)
        pool.failures = max(pool.failures, 1)

    def disturb(self, target: str, disturbance: Disturbance | None) -> None:
        """Let the instances of a revision, or of all revisions of a service, suffer from something; None ends it.

        Those that run are killed, so that the next ones start under it, or without it.
        """
        if disturbance is None:
            self._disturbances.pop(target, None)
        else:
            self._disturbances[target] = disturbance
        for revision, pool in self._pools.items():
            if revision == target or revision.startswith(f"{target}/revisions/"):
                pool.failures, pool.retry_at = 0, 0.0
                for member in pool.members:
                    member.instance.kill()

    def connectivity_changed(self) -> None:
        """Give every crash-looping revision a new chance: something it may have waited for has appeared."""
        for pool in self._pools.values():
            pool.retry_at = 0.0
            pool.failures = 0
        self.wake()

    def wake(self) -> None:
        """Look at once at what must run."""
        self._awake.set()

    def revision_of(self, inode: int) -> str | None:
        """Return the revision whose instance has a socket open, None when no instance does."""
        leaders = {
            member.instance.pid: revision
            for revision, pool in self._pools.items()
            for member in pool.members
            if member.instance.pid is not None
        }
        for pid, leader in linux.session_members(set(leaders)).items():
            if linux.holds_socket(pid, inode):
                return leaders[leader]
        return None

    def instances(self, revision: str) -> list[Instance]:
        """Return the instances of a revision that have started."""
        return [member.instance for member in self.members(revision)]

    def members(self, revision: str) -> list[Member]:
        """Return the same with the requests that each of them works on."""
        pool = self._pools.get(revision)
        return pool.serving if pool else []

    async def stop(self, revision: str) -> None:
        """Stop a revision's instances and forget the revision."""
        pool = self._pools.pop(revision, None)
        if pool is None:
            return
        for task in pool.starting:
            task.cancel()
        await asyncio.gather(*pool.starting, return_exceptions=True)
        pool.give_up(Unavailable(revision))
        await asyncio.gather(*(self._end(pool, member) for member in list(pool.members)))

    def _pool(self, revision: str) -> Pool:
        if revision not in self._pools:
            self._pools[revision] = Pool(demand.limits(self.sandbox, revision))
        return self._pools[revision]

    async def _wait(self, revision: str, pool: Pool) -> Member:
        waiter: asyncio.Future[Member] = asyncio.get_running_loop().create_future()
        pool.waiting.append(waiter)
        self._scale_out(revision, pool)
        try:
            if pool.members or pool.starting:
                await asyncio.wait({waiter}, timeout=_patience(pool))
        except asyncio.CancelledError:
            if waiter.done() and waiter.exception() is None:
                pool.release(waiter.result())
            raise
        finally:
            with contextlib.suppress(ValueError):
                pool.waiting.remove(waiter)
        if waiter.done():
            return waiter.result()
        waiter.cancel()
        raise (Exhausted if pool.serving else Unavailable)(revision)

    def _scale_out(self, revision: str, pool: Pool) -> None:
        if time.monotonic() >= pool.retry_at:
            for _ in range(pool.missing()):
                self._begin_start(revision, pool)

    def _begin_start(self, revision: str, pool: Pool) -> asyncio.Task[Member]:
        task = asyncio.create_task(self._start(revision, pool))
        pool.starting.add(task)
        task.add_done_callback(lambda done: self._started(revision, pool, done))
        return task

    @staticmethod
    def _started(revision: str, pool: Pool, task: asyncio.Task[Member]) -> None:
        pool.starting.discard(task)
        if task.cancelled():
            return
        if task.exception() is not None:
            pool.failed(at_start=True)
            if not pool.starting and not pool.serving:
                pool.give_up(Unavailable(revision))

    async def _start(self, revision: str, pool: Pool) -> Member:
        port = processes.free_port()
        disturbance = disturbances.find(self._disturbances, revision)
        launch = disturbances.disturbed(launching.prepare(self.sandbox, revision, port), disturbance)
        described = launching.deployment(self.sandbox, revision)["template"]
        instance = Instance(launch, port, lambda identity: starting.listeners(self.sandbox, revision, identity))
        member = Member(instance)
        pool.members.append(member)
        try:
            await instance.start()
            await instance.listen(starting.startup_probe(revision, described))
        except NotListening as error:
            await self._end(pool, member)
            raise launching.CannotStart(starting.explain(revision, described)) from error
        except BaseException:
            await self._end(pool, member)
            raise
        pool.came_up(member)
        self._watch(pool, member)
        for probe in starting.lasting_probes(revision, described):
            self._follow(health.watch(pool, member, probe))
        if disturbance.crash_after is not None:
            self._follow(health.crash(member, disturbance.crash_after))
        return member

    def _watch(self, pool: Pool, member: Member) -> None:
        async def follow() -> None:
            await member.instance.exited()
            if member in pool.members and not member.stopping:
                pool.members.remove(member)
                pool.failed(at_start=False)
                self.wake()

        self._follow(follow())

    def _follow(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._watchers.add(task)
        task.add_done_callback(self._watchers.discard)

    @staticmethod
    async def _end(pool: Pool, member: Member) -> None:
        member.stopping = True
        await member.instance.stop()
        with contextlib.suppress(ValueError):
            pool.members.remove(member)

    async def _keep(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), KEEPER_SECONDS)
            self._awake.clear()
            try:
                self._notice_connectors()
                self._enforce_memory()
                serving = [member.instance for pool in self._pools.values() for member in pool.serving]
                launching.follow_secrets(self.sandbox, [instance.launch for instance in serving])
                await self._settle(demand.demands(self.sandbox))
            except Exception:  # noqa: BLE001  the keeper outlives whatever one revision does to it
                _LOG.exception("keeping instances")

    def _enforce_memory(self) -> None:
        """Kill the instances that use more memory than they may."""
        members = [member for pool in self._pools.values() for member in pool.members if member.instance.running]
        used = linux.resident_bytes({member.instance.pid for member in members if member.instance.pid})
        for member in members:
            allowed, taken = member.instance.launch.memory, used.get(member.instance.pid or 0, 0)
            if 0 < allowed < taken:
                member.instance.say(memory.exceeded(allowed, taken), "ERROR")
                member.instance.kill()

    def _notice_connectors(self) -> None:
        seen = demand.connector_states(self.sandbox)
        self.sandbox.network.warm_up.note(seen, time.monotonic())
        if seen != self._connectors:
            self._connectors = seen
            self.connectivity_changed()

    async def _settle(self, wanted: dict[str, demand.Demand]) -> None:
        now = time.monotonic()
        for revision, asked in wanted.items():
            if asked.bounds.minimum or revision in self._pools:
                pool = self._pool(revision)
                pool.bounds = asked.bounds
                for _ in range(asked.bounds.minimum - len(pool.serving) - len(pool.starting)):
                    if now >= pool.retry_at:
                        self._begin_start(revision, pool)
        ending = [
            self._end(pool, member)
            for revision, pool in list(self._pools.items())
            for member in _surplus(pool, wanted.get(revision), now)
        ]
        await asyncio.gather(*ending)


def _patience(pool: Pool) -> float | None:
    """Return how long a request waits for an instance of a pool; None: as long as one takes to start."""
    if pool.serving:
        return scaling.queue_seconds(pool.startups)
    return CRASH_LOOP_PATIENCE if pool.failures else None


def _surplus(pool: Pool, asked: demand.Demand | None, now: float) -> list[Member]:
    """Return the idle instances of a pool that go, the longest idle first."""
    bounds = asked.bounds if asked else scaling.Limits()
    surplus: list[Member] = []
    if pool.starting or pool.waiting:
        return surplus
    reached = asked is not None and asked.traffic
    idle = sorted((member for member in pool.serving if not member.requests), key=lambda member: member.last_used)
    for member in idle:
        remaining = len(pool.serving) - len(surplus) - 1
        since = max(member.begun, pool.crowded_at) if remaining else member.last_used
        if scaling.may_stop(now - since, remaining=remaining, bounds=bounds, reached=reached):
            surplus.append(member)
    return surplus
