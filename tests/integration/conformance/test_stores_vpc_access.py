# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serverless VPC Access: connectors, their sizes and ranges, refusals, gcloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

HOST = "vpcaccess.googleapis.com"
REST = "https://cloud.google.com/vpc/docs/reference/vpcaccess/rest/v1/projects.locations.connectors"
GUIDE = "https://cloud.google.com/vpc/docs/configure-serverless-vpc-access"
BODY = {"network": "default", "ipCidrRange": "10.77.0.0/28", "minInstances": 2, "maxInstances": 3}


class Connector:
    """A connector of the case's own."""

    def __init__(self, target: Any, **fields: Any) -> None:
        self.target, self.identifier = target, f"conf-{target.fresh('c')[-8:]}"
        self.parent = f"{HOST}/v1/{target.location}/connectors"
        self.url = f"{self.parent}/{self.identifier}"
        self.begun = target.call("POST", self.parent, {**BODY, **fields}, connectorId=self.identifier)
        self.done = target.finished(self.begun, HOST)

    def remove(self) -> None:
        self.target.finished(self.target.call("DELETE", self.url), HOST)


@pytest.fixture
def connector(target: Any) -> Iterator[Connector]:
    made = Connector(target)
    yield made
    made.remove()


@pytest.mark.source("public", REST)
def test_a_connector_is_made_by_an_operation_and_sized_by_its_instances(connector: Connector) -> None:
    assert connector.begun["metadata"]["target"].endswith(f"/connectors/{connector.identifier}")
    assert connector.done["response"]["@type"] == "type.googleapis.com/google.cloud.vpcaccess.v1.Connector"
    made = connector.target.call("GET", connector.url)
    sizes = ("state", "machineType", "minInstances", "maxInstances", "minThroughput", "maxThroughput")
    assert [made[field] for field in sizes] == ["READY", "e2-micro", 2, 3, 200, 300]
    everywhere = connector.parent.replace(f"locations/{connector.target.region}", "locations/-")
    for url in (connector.parent, everywhere):
        assert made in connector.target.call("GET", url)["connectors"]


@pytest.mark.source("public", f"{REST}/patch")
def test_a_patch_changes_the_size(connector: Connector, lasting: Any) -> None:
    with lasting("vpcaccess.projects.locations.connectors.patch"):
        operation = connector.target.call("PATCH", connector.url, {"maxInstances": 7}, updateMask="maxInstances")
        assert connector.target.call("GET", connector.url)["state"] == "UPDATING"
    changed = connector.target.finished(operation, HOST)["response"]
    assert (changed["maxInstances"], changed["maxThroughput"], changed["state"]) == (7, 700, "READY")


@pytest.mark.source("observed", "https://github.com/GoogleCloudPlatform/magic-modules/pull/8766")
def test_a_range_that_is_taken_leaves_a_connector_in_error(connector: Connector) -> None:
    second = Connector(connector.target)
    try:
        error = second.done["error"]
        assert (error["code"], "It conflicts with an existing subnetwork" in error["message"]) == (3, True)
        assert connector.target.call("GET", second.url)["state"] == "ERROR"
    finally:
        second.remove()


@pytest.mark.source("public", GUIDE)
@pytest.mark.parametrize(
    "wrong",
    [
        {"ipCidrRange": "10.77.0.0/27"},
        {"ipCidrRange": "10.77.0.0/29"},
        {"ipCidrRange": "10.77.0.3/28"},
        {"ipCidrRange": None},
        {"network": None},
        {"minInstances": 1},
        {"minInstances": 3},
        {"maxInstances": 11},
        {"machineType": "n1-standard-1"},
        {"subnet": {"name": "a-subnet"}},
    ],
    ids=str,
)
def test_a_connector_outside_the_rules_is_refused(target: Any, wrong: dict[str, Any]) -> None:
    url = f"{HOST}/v1/{target.location}/connectors"
    refused = target.refusal("POST", url, {**BODY, **wrong}, connectorId="conformance-none")
    assert refused["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("observed", "https://github.com/hashicorp/terraform-provider-google/issues/5854")
def test_a_name_is_at_most_25_characters_long(target: Any) -> None:
    url = f"{HOST}/v1/{target.location}/connectors"
    assert target.refusal("POST", url, BODY, connectorId="c" * 26)["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("public", f"{REST}/patch")
@pytest.mark.parametrize("field", ["network", "ipCidrRange", "subnet", "name", "connectedProjects"])
def test_what_is_fixed_is_refused(target: Any, field: str) -> None:
    url = f"{HOST}/v1/{target.location}/connectors"
    existing = target.call("GET", url)["connectors"][0]
    refused = target.refusal("PATCH", f"{HOST}/v1/{existing['name']}", {}, updateMask=field)
    assert refused["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("discovery", "vpcaccess v1 and redis v1: projects.locations.list")
@pytest.mark.parametrize("host", ["vpcaccess.googleapis.com", "redis.googleapis.com"])
def test_locations_are_listed(target: Any, host: str) -> None:
    listed = target.call("GET", f"{host}/v1/projects/{target.project}/locations")["locations"]
    assert target.region in {location["locationId"] for location in listed}


@pytest.mark.source("public", "https://cloud.google.com/sdk/gcloud/reference/compute/networks/vpc-access/connectors")
def test_gcloud_lists_and_describes(target: Any, gcloud: Any) -> None:
    command = ("compute", "networks", "vpc-access", "connectors")
    listed = gcloud(*command, "list", f"--region={target.region}")
    assert listed
    name = listed[0]["name"].rpartition("/")[2]
    assert gcloud(*command, "describe", name, f"--region={target.region}")["state"] == listed[0]["state"]
