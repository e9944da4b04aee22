"""The time series of a sandbox, in memory and bounded: seconds for the last minutes, minutes before that."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from netra_sandbox.telemetry.aggregation import Value, total
from netra_sandbox.telemetry.distributions import Distribution, Exponential

MOST_SERIES = 2000
RECENT_SECONDS = 900
OLD_MINUTES = 360
MINUTE = 60


@dataclass(frozen=True)
class Identity:
    """What makes a series: the metric and the resource, each with its labels."""

    metric: str
    labels: tuple[tuple[str, str], ...]
    resource: str
    places: tuple[tuple[str, str], ...]


@dataclass
class Series:
    """The samples of one series: (end in seconds since the epoch, value), ascending."""

    delta: bool
    recent: deque[tuple[int, Value]] = field(default_factory=deque)
    old: deque[tuple[int, Value]] = field(default_factory=lambda: deque(maxlen=OLD_MINUTES))

    def samples(self) -> Iterator[tuple[int, Value]]:
        """Yield all samples."""
        yield from self.old
        yield from self.recent

    def shrink(self, now: int) -> None:
        """Make minutes of seconds that are not recent any more; of a gauge the last value stands for the minute."""
        while self.recent and self.recent[0][0] <= now - RECENT_SECONDS:
            second, value = self.recent.popleft()
            minute = -(-second // MINUTE) * MINUTE
            if self.old and self.old[-1][0] == minute:
                previous = self.old.pop()[1]
                value = total([previous, value]) if self.delta else value
            self.old.append((minute, value))


class Metrics:
    """All series, by what makes them; `lag` is for how many seconds a sample stays unseen."""

    def __init__(self) -> None:
        self._series: dict[Identity, Series] = {}
        self.lag = 0.0

    def count(self, identity: Identity, now: float, amount: int = 1) -> None:
        """Add to a metric of kind DELTA."""
        recent = self._of(identity, now, delta=True).recent
        second = int(now) + 1
        if recent and recent[-1][0] == second:
            recent[-1] = (second, total([recent[-1][1], amount]))
        else:
            recent.append((second, amount))

    def distribute(self, identity: Identity, now: float, value: float, buckets: Exponential) -> None:
        """Add a value to a distribution of kind DELTA."""
        recent = self._of(identity, now, delta=True).recent
        second = int(now) + 1
        if not recent or recent[-1][0] != second:
            recent.append((second, Distribution(buckets)))
        distribution = recent[-1][1]
        if isinstance(distribution, Distribution):
            distribution.add(value)

    def measure(self, identity: Identity, now: float, value: Value) -> None:
        """Note the value of a gauge."""
        self._of(identity, now, delta=False).recent.append((int(now), value))

    def find(self, metric: str) -> Iterator[tuple[Identity, Series]]:
        """Yield the series of a metric."""
        for identity, series in self._series.items():
            if identity.metric == metric:
                yield identity, series

    def clear(self) -> None:
        """Forget everything."""
        self._series.clear()
        self.lag = 0.0

    def _of(self, identity: Identity, now: float, *, delta: bool) -> Series:
        series = self._series.get(identity)
        if series is None:
            if len(self._series) >= MOST_SERIES:
                del self._series[next(iter(self._series))]
            series = self._series[identity] = Series(delta)
        series.shrink(int(now))
        return series
