# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Repeat probes until a target has proved healthy or cannot any more, over many targets at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import SYSTEM, Clock, Deadline, pause
from ansible_collections.netra.remediation.plugins.module_utils.probes import postgres, redis, tcp, tls, web, websocket
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import (
    Probe,
    Target,
    Unhealthy,
    Unmeasured,
    seconds_text,
)

PROBES: dict[str, Probe] = {
    "http": web.probe,
    "postgres": postgres.probe,
    "redis": redis.probe,
    "tcp": tcp.probe,
    "tls": tls.probe,
    "websocket": websocket.probe,
}
SLOW = {
    "http": web.SLOW,
    "postgres": postgres.SLOW,
    "redis": redis.SLOW,
    "tcp": tcp.SLOW,
    "tls": tls.SLOW,
    "websocket": websocket.SLOW,
}
DEFAULT_TIMEOUT = 10.0
SHORTEST_TIMEOUT = 0.05
# The name under which a sample keeps how long the whole of it took, and the share that a limit is held against.
WHOLE, WORST = "seconds", 95


@dataclass(frozen=True)
class Attempt:
    """One look at a target; measured is false when the way to it is what failed."""

    healthy: bool
    reason: str
    seconds: float
    measured: bool = True
    observed: dict[str, Any] = field(default_factory=dict)

    def as_result(self) -> dict[str, Any]:
        """Return what a task registers about the attempt."""
        return {
            "healthy": self.healthy,
            "measured": self.measured,
            "reason": self.reason,
            "seconds": self.seconds,
            "observed": self.observed,
        }


def attempt(target: Target, timeout: float, clock: Clock = SYSTEM, probe: Probe | None = None) -> Attempt:
    """Probe a target once, measure it, and hold its time against the threshold."""
    chosen = probe or PROBES[target["kind"]]
    samples: list[dict[str, Any]] = []
    for _turn in range(target.get("samples") or 1):
        started = clock.now()
        try:
            observed = chosen(target, timeout).observed
        except Unhealthy as error:
            seconds = round(clock.now() - started, 3)
            return Attempt(False, error.reason, seconds, not isinstance(error, Unmeasured), error.observed)
        samples.append({**observed, WHOLE: round(clock.now() - started, 3)})
    return judged(target, samples)


def judged(target: Target, samples: Sequence[dict[str, Any]]) -> Attempt:
    """Sum up samples that were all right, and hold their times against the thresholds."""
    observed = summed_up(samples)
    seconds = percentile([sample[WHOLE] for sample in samples], WORST)
    slow = _too_slow(target, seconds, samples)
    if slow:
        return Attempt(
            False, f"{target['name']} is right but slow: {slow}; {SLOW[target['kind']]}", seconds, observed=observed
        )
    return Attempt(True, f"healthy in {seconds_text(seconds)}", seconds, observed=observed)


def summed_up(samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the last sample saw; of several, also the p50 and p95 of each time that all of them have."""
    seen = {name: value for name, value in samples[-1].items() if name != WHOLE}
    if len(samples) == 1:
        return seen
    times = [name for name in samples[-1] if name.endswith("seconds") and all(name in sample for sample in samples)]
    of_each = {name: [float(sample[name]) for sample in samples] for name in times}
    table = {name: {f"p{share}": percentile(found, share) for share in (50, WORST)} for name, found in of_each.items()}
    return {**seen, "samples": len(samples), "percentiles": table}


def percentile(values: Sequence[float], share: int) -> float:
    """Return the smallest of the values that so many in a hundred do not exceed (nearest rank)."""
    return sorted(values)[max(math.ceil(share * len(values) / 100), 1) - 1]


def _too_slow(target: Target, seconds: float, samples: Sequence[Mapping[str, Any]]) -> str:
    """Say which limit is exceeded; of several samples the p95 counts."""
    limits = target.get("thresholds") or {}
    sessions = [float(sample["session_seconds"]) for sample in samples if "session_seconds" in sample]
    opened = percentile(sessions, WORST) if sessions else 0.0
    took = (
        ("it took", seconds, limits.get("max_seconds")),
        ("connecting took", opened, limits.get("max_connect_seconds")),
    )
    for what, measured, allowed in took:
        if allowed is not None and measured > allowed:
            return f"{what} {seconds_text(measured)}, more than the allowed {seconds_text(allowed)}"
    return ""


def watch(target: Target, clock: Clock = SYSTEM, probe: Probe | None = None) -> dict[str, Any]:
    """Attempt until as many successes in a row were seen as asked for, or that cannot happen any more."""
    most = target.get("attempts") or 1
    wanted = target.get("healthy_threshold") or 1
    deadline = Deadline(target.get("deadline") or math.inf, clock)
    attempts: list[Attempt] = []
    successes = 0
    while True:
        left = max(min(target.get("timeout") or DEFAULT_TIMEOUT, deadline.remaining()), SHORTEST_TIMEOUT)
        attempts.append(attempt(target, left, clock, probe))
        successes = successes + 1 if attempts[-1].healthy else 0
        if successes >= wanted or successes + most - len(attempts) < wanted or deadline.expired:
            break
        pause(deadline, target.get("interval") or 0.0)
    return _report(target, attempts, successes, wanted)


def _report(target: Target, attempts: Sequence[Attempt], successes: int, wanted: int) -> dict[str, Any]:
    last, healthy = attempts[-1], successes >= wanted
    reason = last.reason
    if last.healthy and not healthy:
        failure = next((entry.reason for entry in reversed(attempts) if not entry.healthy), "time ran out")
        reason = f"only {successes} of {wanted} successes in a row; the last failure: {failure}"
    return {
        "name": target["name"],
        "kind": target["kind"],
        "healthy": healthy,
        "measured": any(entry.measured for entry in attempts),
        "reason": reason,
        "seconds": last.seconds,
        "observed": last.observed,
        "attempts": [entry.as_result() for entry in attempts],
    }


def run(targets: Sequence[Target], concurrency: int) -> list[dict[str, Any]]:
    """Watch all targets, so many at a time, and report them in the order given."""
    if len(targets) <= 1 or concurrency <= 1:
        return [watch(target) for target in targets]
    with ThreadPoolExecutor(max_workers=min(concurrency, len(targets)), thread_name_prefix="probe") as pool:
        return list(pool.map(watch, targets))
