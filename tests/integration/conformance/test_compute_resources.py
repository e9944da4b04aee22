# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compute Engine's resources and operations: what a load balancer is made of."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from compute_engine import REFERENCE, ROOT, Compute


@pytest.fixture
def compute(target: Any) -> Iterator[Compute]:
    made = Compute(target)
    yield made
    made.clear()


def make_anything(compute: Compute, collection: str) -> dict[str, Any]:
    """Make a resource of a collection with what it needs."""
    if collection in STANDALONE:
        return compute.make(collection, **STANDALONE[collection])
    made = compute.backend()
    if collection != "backendServices":
        made = compute.make("urlMaps", defaultService=made["selfLink"])
    if collection in {"targetHttpProxies", "forwardingRules"}:
        made = compute.make("targetHttpProxies", urlMap=made["selfLink"])
    if collection == "forwardingRules":
        rule = {"target": made["selfLink"], "portRange": "80", "loadBalancingScheme": "EXTERNAL_MANAGED"}
        made = compute.make("forwardingRules", **rule)
    return made


STANDALONE: dict[str, dict[str, Any]] = {
    "addresses": {},
    "networkEndpointGroups": {"networkEndpointType": "SERVERLESS", "cloudRun": {"service": "hello"}},
    "securityPolicies": {"description": "none"},
    "sslCertificates": {"type": "MANAGED", "managed": {"domains": ["conformance.example.com"]}},
}
KINDS = {
    "addresses": "compute#address",
    "networkEndpointGroups": "compute#networkEndpointGroup",
    "securityPolicies": "compute#securityPolicy",
    "sslCertificates": "compute#sslCertificate",
    "backendServices": "compute#backendService",
    "urlMaps": "compute#urlMap",
    "targetHttpProxies": "compute#targetHttpProxy",
    "forwardingRules": "compute#forwardingRule",
}


@pytest.mark.source("discovery", "compute v1: id, kind, selfLink, creationTimestamp of every resource")
@pytest.mark.parametrize("collection", KINDS)
def test_a_resource_is_made_listed_and_removed(compute: Compute, collection: str) -> None:
    made = make_anything(compute, collection)
    name = compute.path(collection, made["name"])
    assert made["kind"] == KINDS[collection]
    assert made["selfLink"] == ROOT + name
    assert re.fullmatch(r"[1-9]\d{15,19}", made["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[-+]\d\d:\d\d", made["creationTimestamp"])
    listed = compute.call("GET", compute.path(collection), filter=f'name = "{made["name"]}"')
    assert [item["id"] for item in listed["items"]] == [made["id"]]
    compute.change("DELETE", name)
    assert compute.refusal("GET", name)["message"] == f"The resource '{name}' was not found"


@pytest.mark.source("public", f"{REFERENCE}/globalOperations")
def test_an_operation_tells_what_it_does_to_what_and_for_whom(compute: Compute) -> None:
    name = compute.target.fresh("address")
    operation = compute.call("POST", compute.path("addresses"), {"name": name})
    compute.made.append(compute.path("addresses", name))
    assert operation["kind"] == "compute#operation"
    assert operation["status"] in {"PENDING", "RUNNING"}
    assert operation["progress"] < 100
    done = compute.done(operation)
    made = compute.get("addresses", name)
    assert (done["status"], done["progress"]) == ("DONE", 100)
    assert (done["operationType"], done["targetLink"], done["targetId"]) == ("insert", made["selfLink"], made["id"])
    assert "@" in done["user"]
    assert done["insertTime"] <= done["endTime"]


@pytest.mark.source("public", f"{REFERENCE}/regionOperations")
def test_a_regional_resource_has_regional_operations(compute: Compute) -> None:
    group = compute.group()
    path = compute.path("networkEndpointGroups", group["name"])
    operation = compute.done(compute.call("DELETE", path))
    assert operation["region"] == f"{ROOT}projects/{compute.target.project}/regions/{compute.target.region}"
    scope = f"projects/{compute.target.project}/regions/{compute.target.region}/operations"
    listed = compute.call("GET", scope, filter=f'name = "{operation["name"]}"')
    assert listed["items"][0]["targetLink"] == group["selfLink"]
    assert compute.call("GET", f"{scope}/{operation['name']}")["status"] == "DONE"


@pytest.mark.source("public", f"{REFERENCE}/globalOperations/get")
def test_an_operation_is_found_in_its_own_scope_only(compute: Compute) -> None:
    address = compute.make("addresses")
    operation = compute.done(compute.call("DELETE", compute.path("addresses", address["name"])))
    elsewhere = f"projects/{compute.target.project}/regions/{compute.target.region}/operations/{operation['name']}"
    assert compute.refusal("GET", elsewhere)["code"] == 404


@pytest.mark.source("public", "https://cloud.google.com/compute/docs/api/how-tos/api-requests-responses")
def test_of_two_that_take_a_name_at_once_one_fails(compute: Compute) -> None:
    body = {"name": compute.target.fresh("address")}
    compute.made.append(compute.path("addresses", body["name"]))

    def insert(_: int) -> dict[str, Any]:
        answer = compute.target.send("POST", f"compute.googleapis.com/compute/v1/{compute.path('addresses')}", body)
        return dict(answer.json())

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(insert, range(2)))
    ended = [answer if "error" in answer else compute.done(answer) for answer in answers]
    failed = [answer for answer in ended if "error" in answer]
    assert len(failed) == 1
    assert 409 in {failed[0]["error"].get("code"), failed[0].get("httpErrorStatusCode")}


@pytest.mark.source("public", f"{REFERENCE}/globalAddresses/list")
def test_lists_come_in_pages(compute: Compute) -> None:
    prefix = compute.target.fresh("page")
    for number in range(3):
        compute.make("addresses", name=f"{prefix}-{number}")
    query = {"maxResults": 2, "filter": f"name eq {prefix}-.*"}
    first = compute.call("GET", compute.path("addresses"), **query)
    second = compute.call("GET", compute.path("addresses"), **query, pageToken=first["nextPageToken"])
    assert [item["name"] for item in first["items"] + second["items"]] == [f"{prefix}-{number}" for number in range(3)]
    assert "nextPageToken" not in second


@pytest.mark.source("public", f"{REFERENCE}/globalAddresses/list")
def test_filters_choose(compute: Compute) -> None:
    prefix = compute.target.fresh("filter")
    compute.make("addresses", name=f"{prefix}-a", description="first")
    compute.make("addresses", name=f"{prefix}-b", description="second")
    expected = {
        f'name = "{prefix}-a"': "a",
        f"(name = {prefix}-a) (description = second)": "",
        f"name = {prefix}-a OR name = {prefix}-b": "ab",
        f"name eq {prefix}-[ab]": "ab",
        f"name = {prefix}* AND description != first": "b",
    }
    for query, letters in expected.items():
        found = compute.call("GET", compute.path("addresses"), filter=query).get("items", [])
        assert [item["name"] for item in found] == [f"{prefix}-{letter}" for letter in letters], query


@pytest.mark.source("public", f"{REFERENCE}/backendServices/aggregatedList")
@pytest.mark.parametrize("collection", ["backendServices", "urlMaps", "addresses", "networkEndpointGroups"])
def test_an_aggregated_list_has_the_scopes(compute: Compute, collection: str) -> None:
    made = make_anything(compute, collection)
    region = f"regions/{compute.target.region}"
    path = f"projects/{compute.target.project}/aggregated/{collection}"
    items = compute.call("GET", path, includeAllScopes="true", returnPartialSuccess="true")["items"]
    scope = region if collection == "networkEndpointGroups" else "global"
    assert made["id"] in {item["id"] for item in items[scope][collection]}
    assert all(collection in found or found["warning"]["code"] == "NO_RESULTS_ON_PAGE" for found in items.values())


@pytest.mark.source("public", f"{REFERENCE}/backendServices")
def test_a_change_gives_a_new_fingerprint(compute: Compute) -> None:
    backend = compute.backend()
    path = compute.path("backendServices", backend["name"])
    assert len(base64.urlsafe_b64decode(backend["fingerprint"])) == 8
    either = backend["fingerprint"].replace("-", "+").replace("_", "/")
    compute.change("PATCH", path, {"description": "changed", "fingerprint": either})
    changed = compute.call("GET", path)
    assert changed["description"] == "changed"
    assert changed["fingerprint"] != backend["fingerprint"]
    assert changed["id"] == backend["id"]


@pytest.mark.source("public", f"{REFERENCE}/backendServices/patch")
def test_a_patch_merges_and_an_update_replaces(compute: Compute) -> None:
    backend = compute.backend(description="before", logConfig={"enable": True, "sampleRate": 0.5})
    path = compute.path("backendServices", backend["name"])
    compute.change("PATCH", path, {"logConfig": {"sampleRate": 1.0}})
    patched = compute.call("GET", path)
    assert patched["logConfig"]["enable"] is True
    assert patched["description"] == "before"
    body = {"loadBalancingScheme": "EXTERNAL_MANAGED", "fingerprint": patched["fingerprint"], "name": backend["name"]}
    compute.change("PUT", path, body)
    assert "description" not in compute.call("GET", path)


@pytest.mark.source("public", f"{REFERENCE}/backendServices")
def test_a_backend_service_has_the_documented_defaults(compute: Compute) -> None:
    backend = compute.make("backendServices")
    expected = {"protocol": "HTTP", "sessionAffinity": "NONE", "timeoutSec": 30, "loadBalancingScheme": "EXTERNAL"}
    assert {key: backend[key] for key in expected} == expected


@pytest.mark.source("public", "https://cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts")
def test_nobody_knows_the_health_of_a_serverless_backend(compute: Compute) -> None:
    group = compute.group()
    backend = compute.backend(group)
    path = f"{compute.path('backendServices', backend['name'])}/getHealth"
    health = compute.call("POST", path, {"group": group["selfLink"]})
    assert health == {"kind": "compute#backendServiceGroupHealth"}


@pytest.mark.source("public", f"{REFERENCE}/globalAddresses")
def test_an_address_knows_who_uses_it(compute: Compute) -> None:
    address = compute.make("addresses")
    assert address["status"] == "RESERVED"
    backend = compute.backend()
    url_map = compute.make("urlMaps", defaultService=backend["selfLink"])
    proxy = compute.make("targetHttpProxies", urlMap=url_map["selfLink"])
    body = {"target": proxy["selfLink"], "portRange": "80", "loadBalancingScheme": "EXTERNAL_MANAGED"}
    rule = compute.make("forwardingRules", IPAddress=address["selfLink"], **body)
    assert rule["IPAddress"] == address["address"]
    assert rule["portRange"] == "80-80"
    used = compute.get("addresses", address["name"])
    assert (used["status"], used["users"]) == ("IN_USE", [rule["selfLink"]])


@pytest.mark.source("public", "https://cloud.google.com/compute/docs/labeling-resources")
def test_labels_are_replaced_under_their_own_fingerprint(compute: Compute) -> None:
    address = compute.make("addresses", labels={"a": "1"})
    path = f"{compute.path('addresses', address['name'])}/setLabels"
    compute.change("POST", path, {"labels": {"b": "2"}, "labelFingerprint": address["labelFingerprint"]})
    changed = compute.get("addresses", address["name"])
    assert changed["labels"] == {"b": "2"}
    error = compute.refusal("POST", path, {"labels": {}, "labelFingerprint": address["labelFingerprint"]})
    assert (error["code"], error["errors"][0]["reason"]) == (412, "conditionNotMet")


@pytest.mark.source("public", f"{REFERENCE}/urlMaps/validate")
@pytest.mark.parametrize(("path", "passes"), [("/", True), ("/api/v1", False)])
def test_a_url_map_is_validated_with_its_tests(compute: Compute, path: str, passes: bool) -> None:
    web, api = compute.backend()["selfLink"], compute.backend()["selfLink"]
    url_map = {
        "name": "any",
        "defaultService": web,
        "hostRules": [{"hosts": ["*"], "pathMatcher": "all"}],
        "pathMatchers": [{"name": "all", "defaultService": web, "pathRules": [{"paths": ["/api/*"], "service": api}]}],
        "tests": [{"host": "example.com", "path": path, "service": web}],
    }
    result = compute.call("POST", f"{compute.path('urlMaps', 'any')}/validate", {"resource": url_map})["result"]
    assert result["loadSucceeded"] is True
    assert result["testPassed"] is passes
    if not passes:
        assert result["testFailures"][0]["actualService"] == api


@pytest.mark.source("public", f"{REFERENCE}/securityPolicies")
def test_a_security_policy_keeps_its_rules_by_priority(compute: Compute) -> None:
    policy = compute.make("securityPolicies")
    path = compute.path("securityPolicies", policy["name"])
    assert [rule["priority"] for rule in policy["rules"]] == [2147483647]
    match = {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["198.51.100.0/24"]}}
    compute.change("POST", f"{path}/addRule", {"priority": 10, "action": "deny(403)", "match": match})
    assert compute.call("GET", f"{path}/getRule", priority=10)["action"] == "deny(403)"
    compute.change("POST", f"{path}/patchRule", {"action": "deny(404)"}, priority=10)
    assert [rule["action"] for rule in compute.call("GET", path)["rules"]] == ["deny(404)", "allow"]
    compute.change("POST", f"{path}/removeRule", priority=10)
    assert len(compute.call("GET", path)["rules"]) == 1
