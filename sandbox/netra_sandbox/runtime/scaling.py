"""How many instances a revision has: decisions only. https://cloud.google.com/run/docs/about-instance-autoscaling."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

# "Requests will pend for up to 3.5 times average startup time of container instances, or 10 seconds".
QUEUE_STARTUPS, QUEUE_SECONDS = 3.5, 10.0
# An instance that nothing needs is kept for up to 15 minutes; the sandbox keeps the last one that long, others shorter.
LAST_IDLE_SECONDS = 900.0
IDLE_SECONDS = 5.0
MANUAL = "MANUAL"


@dataclass(frozen=True)
class Limits:
    """What a template and its service allow: instances at least and at most, and requests at once in each."""

    minimum: int = 0
    maximum: int = 100
    concurrency: int = 80


def limits(template: dict[str, Any], service: dict[str, Any], percent: int) -> Limits:
    """Read the limits of a revision that has a share of its service's traffic.

    Manual scaling gives each revision its share of the service's count; the service's minimum is shared alike and the
    revision's own holds where it is more. The service's maximum caps each revision.
    """
    scaling, own = service.get("scaling") or {}, template.get("scaling") or {}
    concurrency = int(template.get("maxInstanceRequestConcurrency") or 80)
    if scaling.get("scalingMode") == MANUAL:
        count = _share(int(scaling.get("manualInstanceCount") or 0), percent)
        return Limits(count, count, concurrency)
    maximum = int(own.get("maxInstanceCount") or 100)
    if scaling.get("maxInstanceCount"):
        maximum = min(maximum, int(scaling["maxInstanceCount"]))
    minimum = max(int(own.get("minInstanceCount") or 0), _share(int(scaling.get("minInstanceCount") or 0), percent))
    return Limits(min(minimum, maximum), maximum, concurrency)


def to_start(bounds: Limits, *, requests: int, usable: int, total: int) -> int:
    """Return how many instances to start for the requests that run and wait.

    `usable` are those that take requests or will when they have started, `total` also those that fail their readiness
    probe: they count towards the maximum.
    """
    return max(0, min(needed(bounds, requests) - usable, bounds.maximum - total))


def needed(bounds: Limits, requests: int) -> int:
    """Return how many instances so many requests at once take."""
    return math.ceil(requests / bounds.concurrency)


def queue_seconds(startups: list[float]) -> float:
    """Return how long a request waits for an instance, by the start-up times seen so far."""
    average = sum(startups) / len(startups) if startups else 0.0
    return max(QUEUE_SECONDS, QUEUE_STARTUPS * average)


def may_stop(idle: float, *, remaining: int, bounds: Limits, reached: bool) -> bool:
    """Tell whether an instance without requests goes, when `remaining` others would be left.

    `idle` is for how long the revision has not needed it.
    """
    if remaining < bounds.minimum:
        return False
    keep = LAST_IDLE_SECONDS if reached and remaining == 0 else IDLE_SECONDS
    return idle >= keep


def _share(count: int, percent: int) -> int:
    return math.ceil(count * percent / 100)
