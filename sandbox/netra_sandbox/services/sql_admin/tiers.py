"""Machine types: their names, their memory, and how many connections a server of one takes.

https://cloud.google.com/sql/docs/postgres/instance-settings and, for max_connections, .../docs/postgres/flags.
"""

from __future__ import annotations

import re
from typing import Any

SHARED = {"db-f1-micro": 614, "db-g1-small": 1740}  # MB
_CUSTOM = re.compile(r"db-custom-(\d+)-(\d+)")
_OPTIMIZED = re.compile(r"db-(?:c4a-highmem-(?:[148]|16|32|48|64|72)|perf-optimized-N-(?:2|4|8|16|32|48|64|80|96|128))")
_OPTIMIZED_PREFIX = ("db-perf-optimized-", "db-c4a-highmem-")
_OPTIMIZED_MB_PER_CPU = 8 * 1024
# Memory in GB below which a server takes so many connections by default.
_CONNECTIONS = ((1, 25), (3.75, 50), (6, 100), (7.5, 200), (15, 400), (30, 500), (60, 600), (120, 800))
_MOST_CONNECTIONS = 1000
_MOST_CPUS = 96
_SMALLEST_MB, _STEP_MB = 3840, 256
_LEAST_PER_CPU_MB, _MOST_PER_CPU_MB = 0.9 * 1024, 6.5 * 1024
ENTERPRISE, ENTERPRISE_PLUS = "ENTERPRISE", "ENTERPRISE_PLUS"


def fault(tier: str, edition: str) -> str | None:
    """Return what is wrong with a machine type for an edition, None when nothing is."""
    if edition == ENTERPRISE_PLUS:
        if _OPTIMIZED.fullmatch(tier):
            return None
        return (
            f"Invalid request: Invalid Tier ({tier}) for ({edition}) Edition. "
            "Use a predefined Tier like db-perf-optimized-N-* instead."
        )
    if tier.startswith(_OPTIMIZED_PREFIX):
        return f"Invalid request: Invalid Tier ({tier}) for ({edition}) Edition."
    if tier not in SHARED and not _is_custom(tier):
        return "Invalid request: Only custom or shared-core instance Billing Tier type allowed for PostgreSQL database."
    return None


def memory_mb(tier: str) -> int:
    """Return a machine type's memory."""
    custom = _CUSTOM.fullmatch(tier)
    if custom:
        return int(custom[2])
    return SHARED.get(tier) or int(tier.rpartition("-")[2]) * _OPTIMIZED_MB_PER_CPU


def connections(tier: str) -> int:
    """Return how many connections a server takes where no flag says otherwise."""
    gigabytes = memory_mb(tier) / 1024
    return next((count for below, count in _CONNECTIONS if gigabytes < below), _MOST_CONNECTIONS)


def listed(region: str) -> list[dict[str, Any]]:
    """Return the machine types of the API's list: those with names of their own."""
    tiers = [*SHARED, *(f"db-perf-optimized-N-{count}" for count in (2, 4, 8, 16, 32, 48, 64, 80, 96, 128))]
    return [
        {
            "kind": "sql#tier",
            "tier": tier,
            "RAM": str(memory_mb(tier) * 1024 * 1024),
            "DiskQuota": str(64 * 1024**4),
            "region": [region],
        }
        for tier in tiers
    ]


def _is_custom(tier: str) -> bool:
    custom = _CUSTOM.fullmatch(tier)
    if custom is None:
        return False
    cpus, memory = int(custom[1]), int(custom[2])
    fits = cpus == 1 or (cpus % 2 == 0 and 0 < cpus <= _MOST_CPUS)
    within = _LEAST_PER_CPU_MB * cpus <= memory <= _MOST_PER_CPU_MB * cpus
    return fits and within and memory >= _SMALLEST_MB and memory % _STEP_MB == 0
