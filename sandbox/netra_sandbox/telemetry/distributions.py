"""Distributions: how often values of which size occurred (google/api/distribution.proto); pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Exponential:
    """Buckets that grow by a factor; bucket 0 is what lies below `scale`, the last one what lies above all."""

    finite: int
    growth: float
    scale: float

    def index(self, value: float) -> int:
        """Return the bucket that a value falls into."""
        if value < self.scale:
            return 0
        found = int(math.log(value / self.scale, self.growth)) + 1
        return min(found, self.finite + 1)

    def bound(self, index: int) -> float:
        """Return where a bucket ends."""
        return self.scale * self.growth**index

    def as_json(self) -> dict[str, Any]:
        """Return the options as the API writes them."""
        return {
            "exponentialBuckets": {
                "numFiniteBuckets": self.finite,
                "growthFactor": self.growth,
                "scale": self.scale,
            }
        }


# Cloud Run documents no bounds; these cover 1 ms to the longest request (an hour) in steps of 20 %.
MILLISECONDS = Exponential(finite=83, growth=1.2, scale=1.0)
SHARES = Exponential(finite=64, growth=1.1, scale=0.0025)


@dataclass
class Distribution:
    """Count, mean and spread of values, and how many fell into each bucket."""

    buckets: Exponential
    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    counts: Counter[int] = field(default_factory=Counter)

    def add(self, value: float) -> None:
        """Take one value."""
        self.count += 1
        self.total += value
        self.squares += value * value
        self.counts[self.buckets.index(value)] += 1

    @property
    def mean(self) -> float:
        """Return the mean, 0 of nothing."""
        return self.total / self.count if self.count else 0.0

    def percentile(self, share: float) -> float:
        """Return the value below which a share (0 to 1) lies, linear within its bucket."""
        wanted, seen = share * self.count, 0
        for index in sorted(self.counts):
            inside = self.counts[index]
            if seen + inside >= wanted:
                low = 0.0 if index == 0 else self.buckets.bound(index - 1)
                high = self.buckets.bound(index) if index <= self.buckets.finite else low
                return low + (high - low) * (wanted - seen) / inside
            seen += inside
        return 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the distribution as the API writes it, without the empty buckets at the end."""
        last = max(self.counts, default=-1)
        return {
            "count": str(self.count),
            "mean": self.mean,
            "sumOfSquaredDeviation": max(self.squares - self.count * self.mean**2, 0.0),
            "bucketOptions": self.buckets.as_json(),
            "bucketCounts": [str(self.counts[index]) for index in range(last + 1)],
        }


def merged(parts: Iterable[Distribution]) -> Distribution:
    """Return the distribution of all values of several ones with the same buckets, at least one."""
    first, *rest = parts
    result = Distribution(first.buckets, first.count, first.total, first.squares, Counter(first.counts))
    for part in rest:
        result.count += part.count
        result.total += part.total
        result.squares += part.squares
        result.counts.update(part.counts)
    return result
