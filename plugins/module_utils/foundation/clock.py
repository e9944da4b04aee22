# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure and spend time: the only file of the collection that sleeps. Standard library only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Clock:
    """Tell and pass the time; tests hand over one of their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


SYSTEM = Clock()


class Deadline:
    """Count down from a number of seconds."""

    def __init__(self, seconds: float, clock: Clock = SYSTEM) -> None:
        self.seconds = seconds
        self.clock = clock
        self._started = clock.now()

    def elapsed(self) -> float:
        """Return the seconds since the deadline was set."""
        return self.clock.now() - self._started

    def remaining(self) -> float:
        """Return the seconds left, never less than zero."""
        return max(0.0, self.seconds - self.elapsed())

    @property
    def expired(self) -> bool:
        """Say whether no time is left."""
        return self.remaining() <= 0.0


def timestamp(moment: datetime) -> str:
    """Return a moment as Google's APIs read it: RFC 3339 in UTC, with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def pause(deadline: Deadline, seconds: float) -> None:
    """Sleep, though never past the deadline."""
    deadline.clock.sleep(max(0.0, min(seconds, deadline.remaining())))


def poll(deadline: Deadline, interval: float = 0.1, *, factor: float = 1.5, maximum: float = 2.0) -> Iterator[int]:
    """Yield 1, 2, 3 … with growing pauses between, at least once and once more when the deadline is reached."""
    attempt = 1
    yield attempt
    while not deadline.expired:
        pause(deadline, interval)
        interval = min(interval * factor, maximum)
        attempt += 1
        yield attempt
