# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Percentiles of what Monitoring counted in buckets. Pure.

https://cloud.google.com/monitoring/api/ref_v3/rest/v3/TypedValue#Distribution
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Cell = tuple[float, float, int]


def percentile(distributions: Iterable[Mapping[str, Any]], percent: float) -> float | None:
    """Return the value under which a percentage of all values lies, linear within its bucket; None without values.

    Of the bucket above the last bound only its lower end is known, and that is returned.
    """
    cells = sorted(cell for distribution in distributions for cell in _cells(distribution))
    total = sum(count for _low, _high, count in cells)
    wanted, seen = total * percent / 100, 0
    for low, high, count in _joined(cells):
        if seen + count >= wanted:
            return low + (high - low) * (wanted - seen) / count
        seen += count
    return None


def _cells(distribution: Mapping[str, Any]) -> Iterator[Cell]:
    """Yield (lower bound, upper bound, count) of each bucket that holds something."""
    bound, finite = _bounds(distribution.get("bucketOptions") or {})
    for index, text in enumerate(distribution.get("bucketCounts") or ()):
        if int(text):
            low = 0.0 if index == 0 else bound(index - 1)
            yield low, bound(index) if index <= finite else low, int(text)


def _bounds(options: Mapping[str, Any]) -> tuple[Callable[[int], float], int]:
    """Return the upper bound of a bucket by its index, and how many buckets have two bounds."""
    if found := options.get("exponentialBuckets"):
        growth, scale = float(found["growthFactor"]), float(found["scale"])
        return lambda index: scale * growth**index, int(found["numFiniteBuckets"])
    if found := options.get("linearBuckets"):
        width, offset = float(found["width"]), float(found.get("offset") or 0)
        return lambda index: offset + width * index, int(found["numFiniteBuckets"])
    bounds = [float(bound) for bound in (options.get("explicitBuckets") or {}).get("bounds") or (0,)]
    return lambda index: bounds[min(index, len(bounds) - 1)], len(bounds) - 1


def _joined(cells: Iterable[Cell]) -> Iterator[Cell]:
    """Add up the counts of the same bucket, so that a percentile does not depend on how many samples there were."""
    counts: dict[tuple[float, float], int] = {}
    for low, high, count in cells:
        counts[low, high] = counts.get((low, high), 0) + count
    for (low, high), count in counts.items():
        yield low, high, count
