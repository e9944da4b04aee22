"""What a Redis instance may look like, from the discovery document's descriptions unless another source is named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from netra_sandbox.kernel.errors import ApiError, invalid

Resource = dict[str, Any]
IDENTIFIER = re.compile(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?")
PATCHABLE = frozenset({"displayName", "labels", "memorySizeGb", "redisConfigs", "replicaCount", "readReplicasMode"})
PATCHABLE |= {"secondaryIpRange", "maintenancePolicy", "persistenceConfig", "authEnabled"}
LARGEST_GB = 300
VERSIONS = ("REDIS_3_2", "REDIS_4_0", "REDIS_5_0", "REDIS_6_X", "REDIS_7_0", "REDIS_7_2")
DEFAULT_VERSION = "REDIS_7_0"
# https://cloud.google.com/memorystore/docs/redis/redis-configs: each with the first version that has it.
CONFIGS = {"maxmemory-policy": 0, "notify-keyspace-events": 0, "activedefrag": 1, "lfu-decay-time": 1}
CONFIGS |= {"lfu-log-factor": 1, "maxmemory-gb": 1, "stream-node-max-bytes": 2, "stream-node-max-entries": 2}
POLICIES = {"noeviction": 0, "allkeys-lru": 0, "volatile-lru": 0, "allkeys-random": 0, "volatile-random": 0}
POLICIES |= {"volatile-ttl": 0, "allkeys-lfu": 1, "volatile-lfu": 1}
DEFAULT_POLICY = "volatile-lru"
SMALLEST_WITH_REPLICAS_GB = 5  # https://cloud.google.com/memorystore/docs/redis/about-read-replicas
_NETWORK = re.compile(r"projects/[^/]+/global/networks/[^/]+")
_NUMBER = re.compile(r"\d+(\.\d+)?")
_GIB = 1024**3


def refuse(instance: Resource) -> None:
    """Raise INVALID_ARGUMENT for the first thing wrong with an instance, its defaults filled in."""
    for field, message in _faults(instance):
        raise invalid(message, field=f"instance.{field}")


def refuse_mask(mask: list[str]) -> None:
    """Refuse a change of nothing, and one of what is fixed when an instance is made."""
    wrong = [path for path in mask if path.partition(".")[0] not in PATCHABLE]
    if wrong or not mask:
        raise invalid(f"Invalid update mask: {', '.join(wrong) or 'empty'}", field="update_mask")


def refuse_upgrade(instance: Resource, version: str) -> None:
    """Refuse a version that is not newer."""
    if version not in VERSIONS or VERSIONS.index(version) <= VERSIONS.index(instance["redisVersion"]):
        raise invalid(f"Cannot upgrade from {instance['redisVersion']} to {version}.", field="redis_version")


def refuse_failover(instance: Resource) -> None:
    """Refuse the failover of an instance that has one node."""
    if instance["tier"] != "STANDARD_HA":
        raise ApiError("FAILED_PRECONDITION", "Failover is only supported for instances of the STANDARD_HA tier.")


def settings(instance: Resource) -> dict[str, str]:
    """Return what the server is to be told: the memory limit and the parameters that it knows by the same names."""
    given = dict(instance.get("redisConfigs") or {})
    gigabytes = float(given.pop("maxmemory-gb", instance["memorySizeGb"]))
    return {"maxmemory": str(int(gigabytes * _GIB)), "maxmemory-policy": DEFAULT_POLICY, **given}


def _faults(instance: Resource) -> Iterator[tuple[str, str]]:
    if instance.get("tier") not in {"BASIC", "STANDARD_HA"}:
        yield "tier", "The tier must be BASIC or STANDARD_HA."
    size = instance.get("memorySizeGb") or 0
    if not 1 <= size <= LARGEST_GB:
        yield "memory_size_gb", f"Memory size should be between 1 and {LARGEST_GB} GB, {size} was given."
    if not _NETWORK.fullmatch(instance["authorizedNetwork"]):
        yield (
            "authorized_network",
            (
                f"Invalid value for authorizedNetwork: {instance['authorizedNetwork']!r}. "
                "It must be of the form projects/PROJECT/global/networks/NETWORK."
            ),
        )
    if instance["redisVersion"] not in VERSIONS:
        yield "redis_version", f"Redis version {instance['redisVersion']} is not supported."
    if instance["tier"] == "BASIC" and instance.get("alternativeLocationId"):
        yield "alternative_location_id", "An alternative location is only applicable to the standard tier."
    if instance.get("alternativeLocationId") == instance["locationId"]:
        yield "alternative_location_id", "The alternative location must be a different zone."
    yield from _replicas(instance)
    yield from _configs(instance.get("redisConfigs") or {}, VERSIONS.index(instance["redisVersion"]), size)


def _replicas(instance: Resource) -> Iterator[tuple[str, str]]:
    count, reads = instance.get("replicaCount"), instance.get("readReplicasMode") == "READ_REPLICAS_ENABLED"
    if reads and instance["tier"] == "BASIC":
        yield "read_replicas_mode", "Read replicas need the STANDARD_HA tier."
    elif reads and (instance.get("memorySizeGb") or 0) < SMALLEST_WITH_REPLICAS_GB:
        yield "memory_size_gb", f"Read replicas need at least {SMALLEST_WITH_REPLICAS_GB} GB."
    allowed = range(1, 6) if reads else range(1, 2) if instance["tier"] == "STANDARD_HA" else range(1)
    if count is not None and count not in allowed:
        yield "replica_count", f"The replica count must be between {allowed[0]} and {allowed[-1]}."


def _configs(configs: Mapping[str, str], version: int, size: int) -> Iterator[tuple[str, str]]:
    for name, value in configs.items():
        if CONFIGS.get(name, len(VERSIONS)) > version:
            yield "redis_configs", f"Redis config {name} is not supported for this version."
        elif not _is_word(name, value, version):
            yield "redis_configs", f"Invalid value {value} for {name}."
        elif name == "maxmemory-gb" and not (_NUMBER.fullmatch(value) and 0 < float(value) <= size):
            yield "redis_configs", f"Invalid value {value} for {name}: the instance has {size} GB."
        elif name.startswith(("lfu-", "stream-")) and not value.isdigit():
            yield "redis_configs", f"Invalid value {value} for {name}."


def _is_word(name: str, value: str, version: int) -> bool:
    if name == "maxmemory-policy":
        return POLICIES.get(value, len(VERSIONS)) <= version
    return name != "activedefrag" or value in {"yes", "no"}
