"""The instances of one revision and the requests that wait for one."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field

from netra_sandbox.runtime import scaling
from netra_sandbox.runtime.instances import Instance

STABLE_SECONDS = 60.0
_BACK_OFFS = (1.0, 2.0, 4.0, 8.0, 10.0)
_STARTUPS_REMEMBERED = 10


@dataclass(eq=False)
class Member:
    """One instance of the pool; it takes requests when it has started and is ready."""

    instance: Instance
    begun: float = field(default_factory=time.monotonic)
    started: bool = False
    ready: bool = True
    stopping: bool = False
    requests: int = 0
    last_used: float = field(default_factory=time.monotonic)

    def room(self, concurrency: int) -> bool:
        """Tell whether the instance may take one more request."""
        takes = self.started and self.ready and not self.stopping and self.instance.running
        return takes and self.requests < concurrency


@dataclass(eq=False)
class Pool:
    """What the supervisor knows of one revision."""

    bounds: scaling.Limits = field(default_factory=scaling.Limits)
    members: list[Member] = field(default_factory=list)
    starting: set[asyncio.Task[Member]] = field(default_factory=set)
    waiting: deque[asyncio.Future[Member]] = field(default_factory=deque)
    startups: list[float] = field(default_factory=list)
    failures: int = 0
    retry_at: float = 0.0
    served_since: float = 0.0
    crowded_at: float = 0.0  # when the requests last took all instances there are

    @property
    def serving(self) -> list[Member]:
        """Return the instances that have started."""
        return [member for member in self.members if member.started and not member.stopping]

    def free(self, preferred: str = "") -> Member | None:
        """Return the instance for the next request: that whose identity begins so if it has room, else the least busy.

        Of those that are equally busy it is the one that has been idle longest, so that all get their share.
        """
        open_ = [member for member in self.members if member.room(self.bounds.concurrency)]
        same = [member for member in open_ if member.instance.identity.startswith(preferred)] if preferred else []
        return same[0] if same else min(open_, key=lambda member: (member.requests, member.last_used), default=None)

    def take(self, member: Member) -> None:
        """Begin a request on an instance."""
        member.requests += 1
        busy = sum(other.requests for other in self.members)
        if scaling.needed(self.bounds, busy) >= len(self.serving):
            self.crowded_at = time.monotonic()

    def missing(self) -> int:
        """Return how many instances to start for the requests that run and wait."""
        usable = [member for member in self.members if not member.stopping and (member.ready or not member.started)]
        requests = sum(member.requests for member in usable) + len(self.waiting)
        total = len([member for member in self.members if not member.stopping])
        preparing = len(self.starting) - len([member for member in self.members if not member.started])
        return scaling.to_start(self.bounds, requests=requests, usable=len(usable) + preparing, total=total + preparing)

    def hand_out(self) -> None:
        """Give instances with room to the requests that have waited longest."""
        while self.waiting:
            member = self.free()
            if member is None:
                return
            waiter = self.waiting.popleft()
            if not waiter.done():
                self.take(member)
                waiter.set_result(member)

    def give_up(self, error: BaseException) -> None:
        """Refuse all waiting requests: no instance is there and none starts."""
        while self.waiting:
            waiter = self.waiting.popleft()
            if not waiter.done():
                waiter.set_exception(error)

    def release(self, member: Member) -> None:
        """End a request on an instance."""
        member.requests -= 1
        member.last_used = time.monotonic()
        self.hand_out()

    def came_up(self, member: Member) -> None:
        """Let an instance that passed its start-up probe take requests."""
        now = time.monotonic()
        member.started, member.last_used, self.served_since = True, now, now
        self.startups = [*self.startups, now - member.begun][-_STARTUPS_REMEMBERED:]
        self.hand_out()

    def failed(self, *, at_start: bool) -> None:
        """Remember a crash and when to try again; the first of an instance that has served is made good at once."""
        now = time.monotonic()
        stable = bool(self.served_since) and now - self.served_since > STABLE_SECONDS
        self.failures = 1 if stable else self.failures + 1
        pause = 0.0 if self.failures == 1 and not at_start else _BACK_OFFS[min(self.failures, len(_BACK_OFFS)) - 1]
        self.retry_at = now + pause
