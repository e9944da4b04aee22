# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Memorystore for Redis: instances, AUTH, operations, refusals, gcloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

HOST = "redis.googleapis.com"
REST = "https://cloud.google.com/memorystore/docs/redis/reference/rest/v1/projects.locations.instances"
LIMITS = pytest.mark.source("discovery", "redis v1: the descriptions of Instance's fields and of create")


class Instance:
    """A Redis instance that stays for the cases of this file; each leaves it as it was."""

    def __init__(self, target: Any) -> None:
        self.target, self.identifier = target, target.fresh("cache")
        self.parent = f"{HOST}/v1/{target.location}/instances"
        self.url = f"{self.parent}/{self.identifier}"
        body = {"tier": "BASIC", "memorySizeGb": 1, "labels": {"team": "netra"}}
        self.begun = target.call("POST", self.parent, body, instanceId=self.identifier)
        self.done = target.finished(self.begun, HOST)

    def get(self) -> dict[str, Any]:
        return dict(self.target.call("GET", self.url))

    def change(self, mask: str, **fields: Any) -> dict[str, Any]:
        operation = self.target.call("PATCH", self.url, fields, updateMask=mask)
        return dict(self.target.finished(operation, HOST)["response"])

    def auth_string(self) -> str | None:
        found: str | None = self.target.call("GET", f"{self.url}/authString").get("authString")
        return found


@pytest.fixture
def instance(target: Any) -> Iterator[Instance]:
    made = Instance(target)
    yield made
    made.target.call("DELETE", made.url)


@pytest.mark.source("public", REST)
def test_an_instance_is_made_by_an_operation_and_described_with_its_defaults(instance: Instance) -> None:
    kind = "type.googleapis.com/google.cloud.redis.v1"
    metadata = instance.begun["metadata"]
    assert (metadata["verb"], metadata["apiVersion"]) == ("create", "v1")
    assert metadata["target"].endswith(f"/instances/{instance.identifier}")
    assert instance.done["response"].pop("@type") == f"{kind}.Instance"
    made = instance.get()
    assert made == instance.done["response"]
    described = {
        field: made[field] for field in ("state", "tier", "connectMode", "transitEncryptionMode", "redisVersion")
    }
    assert described == {
        "state": "READY", "tier": "BASIC", "connectMode": "DIRECT_PEERING", "transitEncryptionMode": "DISABLED",
        "redisVersion": "REDIS_7_0",
    }  # fmt: skip
    assert (made["port"], made["authorizedNetwork"].rpartition("/")[2]) == (6379, "default")
    assert made["currentLocationId"] == made["locationId"] == made["nodes"][0]["zone"]


@pytest.mark.source("public", "https://cloud.google.com/memorystore/docs/redis/about-redis-auth")
def test_auth_has_a_string_of_its_own_each_time_it_is_switched_on(instance: Instance) -> None:
    assert instance.auth_string() is None
    assert instance.change("authEnabled", authEnabled=True)["authEnabled"] is True
    first = instance.auth_string()
    assert first
    assert first not in str(instance.get())
    instance.change("authEnabled", authEnabled=False)
    assert instance.auth_string() is None
    instance.change("auth_enabled", authEnabled=True)
    assert instance.auth_string() not in {None, first}


@pytest.mark.source("public", f"{REST}/patch")
def test_a_patch_changes_what_the_mask_names_and_nothing_else(instance: Instance) -> None:
    before = instance.get()
    changed = instance.change(
        "memorySizeGb,redisConfigs,labels", memorySizeGb=2, redisConfigs={"maxmemory-policy": "noeviction"},
        displayName="not in the mask",
    )  # fmt: skip
    assert (changed["memorySizeGb"], changed["redisConfigs"]) == (2, {"maxmemory-policy": "noeviction"})
    assert not {"labels", "displayName"} & set(changed)
    assert (changed["host"], changed["createTime"]) == (before["host"], before["createTime"])


@pytest.mark.source("public", "https://cloud.google.com/memorystore/docs/redis/product-constraints")
def test_one_operation_works_on_an_instance_at_a_time(instance: Instance, lasting: Any) -> None:
    with lasting("redis.projects.locations.instances.patch"):
        running = instance.target.call("PATCH", instance.url, {"memorySizeGb": 3}, updateMask="memorySizeGb")
        second = instance.target.refusal("PATCH", instance.url, {"memorySizeGb": 4}, updateMask="memorySizeGb")
    assert second["status"] == "FAILED_PRECONDITION"
    assert instance.target.finished(running, HOST)["response"]["memorySizeGb"] == 3


@pytest.mark.source("public", f"{REST}/upgrade")
def test_an_upgrade_goes_to_a_newer_version_only(instance: Instance) -> None:
    target = instance.target
    upgraded = target.finished(target.call("POST", f"{instance.url}:upgrade", {"redisVersion": "REDIS_7_2"}), HOST)
    assert upgraded["response"]["redisVersion"] == "REDIS_7_2"
    refused = target.refusal("POST", f"{instance.url}:upgrade", {"redisVersion": "REDIS_6_X"})
    assert refused["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("public", f"{REST}/failover")
def test_a_standard_instance_fails_over_to_its_other_zone(target: Any) -> None:
    name = target.fresh("cache")
    url = f"{HOST}/v1/{target.location}/instances"
    body = {"tier": "STANDARD_HA", "memorySizeGb": 1}
    made = target.finished(target.call("POST", url, body, instanceId=name), HOST)["response"]
    try:
        moved = target.finished(target.call("POST", f"{url}/{name}:failover", {}), HOST)["response"]
        assert (made["currentLocationId"], moved["currentLocationId"]) == (
            made["locationId"],
            made["alternativeLocationId"],
        )
        assert moved["host"] == made["host"]
    finally:
        target.call("DELETE", f"{url}/{name}")


@pytest.mark.source("public", f"{REST}/list")
def test_instances_are_listed_in_one_location_and_in_all(instance: Instance) -> None:
    every = instance.parent.replace(f"locations/{instance.target.region}", "locations/-")
    for url in (instance.parent, every):
        listed = instance.target.call("GET", url)["instances"]
        assert instance.identifier in {found["name"].rpartition("/")[2] for found in listed}


@LIMITS
@pytest.mark.parametrize(
    "wrong",
    [
        {"tier": None},
        {"memorySizeGb": None},
        {"memorySizeGb": 301},
        {"redisVersion": "REDIS_8_1"},
        {"redisConfigs": {"appendonly": "yes"}},
        {"redisConfigs": {"maxmemory-policy": "sometimes"}},
        {"replicaCount": 1},
        {"readReplicasMode": "READ_REPLICAS_ENABLED"},
        {"alternativeLocationId": "us-central1-f"},
        {"authorizedNetwork": "default"},
        {"memoryGb": 1},
    ],
    ids=str,
)
def test_an_instance_outside_the_limits_is_refused(target: Any, wrong: dict[str, Any]) -> None:
    body = {"tier": "BASIC", "memorySizeGb": 1, **wrong}
    name = target.fresh("cache")
    url = f"{HOST}/v1/{target.location}/instances"
    assert target.refusal("POST", url, body, instanceId=name)["status"] == "INVALID_ARGUMENT"
    assert target.send("GET", f"{url}/{name}").status_code == 404


@LIMITS
@pytest.mark.parametrize("name", ["Upper", "-a", "a-", "x" * 41, ""])
def test_a_name_outside_the_rules_is_refused(target: Any, name: str) -> None:
    body = {"tier": "BASIC", "memorySizeGb": 1}
    refused = target.refusal("POST", f"{HOST}/v1/{target.location}/instances", body, instanceId=name)
    assert refused["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("discovery", "redis v1: patch names the fields that its mask may hold")
def test_what_is_fixed_is_refused_and_the_instance_stays(instance: Instance) -> None:
    before = instance.get()
    refusals = [
        ("PATCH", "", {"tier": "STANDARD_HA"}, {"updateMask": "tier"}, "INVALID_ARGUMENT"),
        ("PATCH", "", {"redisVersion": "REDIS_7_2"}, {"updateMask": "redisVersion"}, "INVALID_ARGUMENT"),
        ("PATCH", "", {"authorizedNetwork": "x"}, {"updateMask": "authorizedNetwork"}, "INVALID_ARGUMENT"),
        ("PATCH", "", {"memorySizeGb": 2}, {}, "INVALID_ARGUMENT"),
        ("POST", ":failover", {}, {}, "FAILED_PRECONDITION"),
        ("POST", ":rescheduleMaintenance", {"rescheduleType": "IMMEDIATE"}, {}, "FAILED_PRECONDITION"),
    ]
    seen = [
        instance.target.refusal(verb, instance.url + path, body, **query) for verb, path, body, query, _ in refusals
    ]
    assert [error["status"] for error in seen] == [status for *_, status in refusals]
    taken = {"tier": "BASIC", "memorySizeGb": 1}
    again = instance.target.refusal("POST", instance.parent, taken, instanceId=instance.identifier)
    assert again["status"] == "ALREADY_EXISTS"
    assert instance.get() == before


@pytest.mark.source("public", "https://cloud.google.com/sdk/gcloud/reference/redis/instances")
def test_gcloud_describes_and_lists(target: Any, gcloud: Any) -> None:
    listed = gcloud("redis", "instances", "list", f"--region={target.region}")
    assert listed
    name = listed[0]["name"].rpartition("/")[2]
    described = gcloud("redis", "instances", "describe", name, f"--region={target.region}")
    assert (described["state"], described["host"]) == ("READY", listed[0]["host"])
