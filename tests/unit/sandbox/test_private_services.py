# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redis instances and connectors: what they may look like, and what reaches the server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, ResponseError

from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.servers import home
from netra_sandbox.servers.redis import RedisServer
from netra_sandbox.services.redis import rules as redis_rules
from netra_sandbox.services.vpc_access import rules as connector_rules

INSTANCE: dict[str, Any] = {
    "tier": "BASIC",
    "memorySizeGb": 5,
    "redisVersion": "REDIS_7_2",
    "authorizedNetwork": "projects/p/global/networks/n",
    "locationId": "us-central1-a",
}
STANDARD = {"tier": "STANDARD_HA", "alternativeLocationId": "us-central1-b"}
READS = {**STANDARD, "readReplicasMode": "READ_REPLICAS_ENABLED"}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"tier": "TIER_UNSPECIFIED"}, "tier"),
        ({"memorySizeGb": 0}, "memory_size_gb"),
        ({"memorySizeGb": 301}, "memory_size_gb"),
        ({"authorizedNetwork": "n"}, "authorized_network"),
        ({"redisVersion": "REDIS_8_0"}, "redis_version"),
        ({"alternativeLocationId": "us-central1-b"}, "alternative_location_id"),
        ({**STANDARD, "alternativeLocationId": "us-central1-a"}, "alternative_location_id"),
        ({"replicaCount": 1}, "replica_count"),
        ({**STANDARD, "replicaCount": 2}, "replica_count"),
        ({**READS, "replicaCount": 6}, "replica_count"),
        ({**READS, "memorySizeGb": 4}, "memory_size_gb"),
        ({"readReplicasMode": "READ_REPLICAS_ENABLED"}, "read_replicas_mode"),
        ({"redisConfigs": {"appendonly": "yes"}}, "redis_configs"),
        ({"redisConfigs": {"maxmemory-policy": "never"}}, "redis_configs"),
        ({"redisConfigs": {"maxmemory-gb": "6"}}, "redis_configs"),
        ({"redisConfigs": {"maxmemory-gb": "0"}}, "redis_configs"),
        ({"redisConfigs": {"lfu-decay-time": "soon"}}, "redis_configs"),
        ({"redisVersion": "REDIS_3_2", "redisConfigs": {"activedefrag": "yes"}}, "redis_configs"),
        ({"redisVersion": "REDIS_3_2", "redisConfigs": {"maxmemory-policy": "allkeys-lfu"}}, "redis_configs"),
    ],
)
def test_an_instance_outside_the_limits_is_refused_by_the_field_at_fault(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(ApiError) as refused:
        redis_rules.refuse({**INSTANCE, **fields})
    assert refused.value.details[0]["fieldViolations"][0]["field"] == f"instance.{named}"


@pytest.mark.parametrize(
    "fields",
    [{}, STANDARD, {**READS, "replicaCount": 5}, {"redisConfigs": {"maxmemory-gb": "4.5", "activedefrag": "yes"}}],
)
def test_an_instance_within_the_limits_is_taken(fields: dict[str, Any]) -> None:
    redis_rules.refuse({**INSTANCE, **fields})


def test_the_server_is_told_the_memory_the_policy_and_the_parameters() -> None:
    assert redis_rules.settings(INSTANCE) == {"maxmemory": str(5 * 1024**3), "maxmemory-policy": "volatile-lru"}
    configs = {"maxmemory-gb": "2", "maxmemory-policy": "noeviction", "notify-keyspace-events": "Ex"}
    told = redis_rules.settings({**INSTANCE, "redisConfigs": configs})
    expected = {"maxmemory": str(2 * 1024**3), "maxmemory-policy": "noeviction", "notify-keyspace-events": "Ex"}
    assert told == expected


@pytest.mark.parametrize("version", ["REDIS_7_2", "REDIS_6_X", "REDIS_9"])
def test_an_upgrade_goes_up(version: str) -> None:
    redis_rules.refuse_upgrade({**INSTANCE, "redisVersion": "REDIS_7_0"}, "REDIS_7_2")
    with pytest.raises(ApiError):
        redis_rules.refuse_upgrade(INSTANCE, version)


def test_a_server_asks_for_its_password_and_does_not_have_what_memorystore_blocks(tmp_path: Path) -> None:
    async def story() -> list[str]:
        server = RedisServer(home.make_home(tmp_path) / "redis", tmp_path / "redis.log")
        await server.start()
        seen = []
        try:
            client = Redis(unix_socket_path=str(server.socket))
            client.set("a", "1")
            with pytest.raises(ResponseError, match="unknown command"):
                client.execute_command("CONFIG", "GET", "maxmemory")
            await server.command("CONFIG", "SET", "maxmemory", "1")
            await server.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
            with pytest.raises(ResponseError, match="command not allowed when used memory"):
                client.set("b", "2")
            await server.command("CONFIG", "SET", "maxmemory", str(1024**3))
            await server.require("open sesame")
            with pytest.raises(AuthenticationError):
                Redis(unix_socket_path=str(server.socket)).get("a")
            seen.append(Redis(unix_socket_path=str(server.socket), password="open sesame").get("a"))
            await server.require("")
            seen.append(Redis(unix_socket_path=str(server.socket)).get("a"))
        finally:
            await server.stop()
            home.remove_home(tmp_path)
        return seen

    assert asyncio.run(story()) == [b"1", b"1"]


CONNECTOR: dict[str, Any] = {
    "name": "projects/p/locations/l/connectors/a",
    "network": "n",
    "ipCidrRange": "10.8.0.0/28",
    "machineType": "e2-micro",
    "minInstances": 2,
    "maxInstances": 3,
}


@pytest.mark.parametrize(
    "fields",
    [
        {"network": ""},
        {"ipCidrRange": ""},
        {"ipCidrRange": "10.8.0.0/27"},
        {"ipCidrRange": "10.8.0.1/28"},
        {"ipCidrRange": "everywhere"},
        {"subnet": {"name": "s"}},
        {"machineType": "n1-standard-1"},
        {"minInstances": 1},
        {"minInstances": 3},
        {"maxInstances": 11},
    ],
)
def test_a_connector_outside_the_rules_is_refused(fields: dict[str, Any]) -> None:
    connector_rules.refuse(CONNECTOR)
    with pytest.raises(ApiError):
        connector_rules.refuse({**CONNECTOR, **fields})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (2, 10, 200, 1000)),
        ({"maxInstances": 4}, (2, 4, 200, 400)),
        ({"minThroughput": 300, "maxThroughput": 500}, (3, 5, 300, 500)),
        ({"maxInstances": 4, "maxThroughput": 900}, (2, 4, 200, 400)),
    ],
)
def test_instances_and_throughput_follow_from_each_other(given: dict[str, int], expected: tuple[int, ...]) -> None:
    assert tuple(connector_rules.sized(given, {}).values())[::2] == (expected[0], expected[1])
    assert tuple(connector_rules.sized(given, {}).values())[1::2] == (expected[2], expected[3])


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"name": "b"}, True),
        ({"name": "b", "ipCidrRange": "10.8.0.16/28"}, False),
        ({"name": "b", "network": "projects/p/global/networks/n"}, True),
        ({"name": "b", "network": "m"}, False),
        ({}, False),
    ],
)
def test_ranges_overlap_within_a_network(other: dict[str, Any], expected: bool) -> None:
    assert connector_rules.overlaps(CONNECTOR, [{**CONNECTOR, **other}]) is expected
