# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Compute Engine refuses, with which code, reason and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from compute_engine import REFERENCE, Compute

CONCEPTS = "https://cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts"
PROVIDER = "https://github.com/hashicorp/terraform-provider-google/issues"
NAME_RULE = "(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)"


@pytest.fixture
def compute(target: Any) -> Iterator[Compute]:
    made = Compute(target)
    yield made
    made.clear()


def told(error: dict[str, Any]) -> tuple[int, str, str]:
    """Return code, reason and message of an error; the list says what the error says."""
    assert error["errors"][0]["message"] == error["message"]
    assert error["errors"][0]["domain"] == "global"
    return error["code"], error["errors"][0]["reason"], error["message"]


def case(kind: str, reference: str, *values: Any, name: str) -> Any:
    return pytest.param(*values, marks=pytest.mark.source(kind, reference), id=name)


@dataclass(frozen=True)
class Refused:
    """A body for an insert and what is said of it; PROJECT in the message stands for the project."""

    collection: str
    body: dict[str, Any]
    message: str = ""
    reason: str = "invalid"
    code: int = 400


TIMEOUT = "Timeout sec is not supported for a backend service with Serverless network endpoint groups."
PORT_NAME = "Port name is not supported for a backend service with Serverless network endpoint groups."
HEALTH = "A backend service cannot have a healthcheck with Serverless network endpoint group backends."
MODE = "Balancing mode is not supported for Serverless network endpoint groups."
CHECK = "projects/any/global/healthChecks/any"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        case(
            "observed",
            "https://github.com/terraform-google-modules/terraform-google-lb-http/pull/358",
            {"timeoutSec": 86400},
            f"Invalid value for field 'resource.timeoutSec': '86400'. {TIMEOUT}",
            name="timeout",
        ),
        case(
            "observed",
            f"{CONCEPTS}#backend-service-limitations",
            {"portName": "https", "protocol": "HTTPS"},
            f"Invalid value for field 'resource.portName': 'https'. {PORT_NAME}",
            name="port-name",
        ),
        case(
            "observed",
            f"{PROVIDER}/7311",
            {"healthChecks": [CHECK]},
            f"Invalid value for field 'resource.healthChecks': ''. {HEALTH}",
            name="health-check",
        ),
    ],
)
def test_a_serverless_backend_service_refuses(compute: Compute, fields: dict[str, Any], message: str) -> None:
    group = compute.group()
    body = {"name": compute.target.fresh("backend"), "backends": [{"group": group["selfLink"]}], **fields}
    error = compute.refusal("POST", compute.path("backendServices"), body)
    assert told(error) == (400, "invalid", message)


@pytest.mark.source("observed", "https://github.com/GoogleCloudPlatform/cloud-foundation-fabric/pull/1801")
def test_a_serverless_backend_has_no_balancing_mode(compute: Compute) -> None:
    backend = {"group": compute.group()["selfLink"], "balancingMode": "RATE"}
    body = {"name": compute.target.fresh("backend"), "backends": [backend]}
    error = compute.refusal("POST", compute.path("backendServices"), body)
    assert told(error)[2] == f"Invalid value for field 'resource.backends[0].balancingMode': 'RATE'. {MODE}"


@pytest.mark.source("public", f"{CONCEPTS}#backend-service-limitations")
def test_the_time_out_of_a_serverless_backend_service_stays(compute: Compute) -> None:
    backend = compute.backend(compute.group())
    path = compute.path("backendServices", backend["name"])
    error = compute.refusal("PATCH", path, {"timeoutSec": 3600})
    assert told(error) == (400, "invalid", f"Invalid value for field 'resource.timeoutSec': '3600'. {TIMEOUT}")
    compute.change("PUT", path, {**backend, "description": "what was read can be sent back"})


@pytest.mark.source("public", f"{CONCEPTS}#backend-service-limitations")
def test_a_region_has_one_serverless_group_of_a_backend_service(compute: Compute) -> None:
    backends = [{"group": compute.group()["selfLink"]}, {"group": compute.group()["selfLink"]}]
    body = {"name": compute.target.fresh("backend"), "backends": backends}
    assert told(compute.refusal("POST", compute.path("backendServices"), body))[:2] == (400, "invalid")


@pytest.mark.parametrize(
    "refused",
    [
        case(
            "public",
            "https://cloud.google.com/compute/docs/naming-resources",
            Refused(
                "addresses",
                {"name": "Upper"},
                f"Invalid value for field 'resource.name': 'Upper'. Must be a match of regex '{NAME_RULE}'",
            ),
            name="name",
        ),
        case(
            "public",
            "https://cloud.google.com/compute/docs/naming-resources",
            Refused("addresses", {"name": "a" * 64}),
            name="long-name",
        ),
        case(
            "public",
            f"{REFERENCE}/globalAddresses/insert",
            Refused("addresses", {"description": "none"}, "Required field 'resource.name' not specified", "required"),
            name="no-name",
        ),
        case(
            "public",
            f"{REFERENCE}/urlMaps",
            Refused("urlMaps", {"name": "conformance-map", "defaultService": "nonsense"}),
            name="malformed-link",
        ),
        case(
            "public",
            f"{REFERENCE}/urlMaps",
            Refused(
                "urlMaps",
                {"name": "conformance-map", "defaultService": "global/backendServices/conformance-none"},
                "The resource 'projects/PROJECT/global/backendServices/conformance-none' was not found",
                "notFound",
                404,
            ),
            name="missing-reference",
        ),
        case(
            "public",
            f"{REFERENCE}/urlMaps",
            Refused("urlMaps", {"name": "conformance-map"}, reason="required"),
            name="map-without-default",
        ),
        case(
            "public",
            f"{REFERENCE}/urlMaps",
            Refused(
                "urlMaps",
                {
                    "name": "conformance-map",
                    "defaultUrlRedirect": {"httpsRedirect": True},
                    "defaultService": "global/backendServices/any",
                },
            ),
            name="redirect-and-service",
        ),
        case(
            "observed",
            f"{PROVIDER}/21069",
            Refused(
                "urlMaps",
                {
                    "name": "conformance-map",
                    "defaultUrlRedirect": {"httpsRedirect": True},
                    "hostRules": [{"hosts": ["a.example.com"], "pathMatcher": "c"}],
                },
                "Invalid value for field 'resource.hostRules[0].pathMatcher': 'c'. "
                "Bad path matcher name specified in host rule",
            ),
            name="unknown-path-matcher",
        ),
        case(
            "discovery",
            "compute v1: PathRule.paths",
            Refused(
                "urlMaps",
                {
                    "name": "conformance-map",
                    "defaultUrlRedirect": {"httpsRedirect": True},
                    "hostRules": [{"hosts": ["*"], "pathMatcher": "c"}],
                    "pathMatchers": [
                        {
                            "name": "c",
                            "defaultUrlRedirect": {"httpsRedirect": True},
                            "pathRules": [{"paths": ["/a*"], "urlRedirect": {"httpsRedirect": True}}],
                        }
                    ],
                },
            ),
            name="star-in-path",
        ),
        case(
            "public",
            f"{REFERENCE}/targetHttpsProxies",
            Refused(
                "targetHttpsProxies", {"name": "conformance-proxy", "urlMap": "global/urlMaps/any"}, "", "required"
            ),
            name="proxy-without-certificate",
        ),
        case(
            "observed",
            "https://github.com/kubernetes/ingress-gce/issues/294",
            Refused(
                "sslCertificates",
                {"name": "conformance-certificate", "certificate": "no PEM", "privateKey": "no PEM"},
                "The SSL certificate could not be parsed.",
                "sslCertificateCouldNotParseCert",
            ),
            name="certificate",
        ),
        case(
            "public",
            "https://cloud.google.com/load-balancing/docs/ssl-certificates/google-managed-certs",
            Refused(
                "sslCertificates",
                {"name": "conformance-certificate", "type": "MANAGED", "managed": {"domains": ["*.example.com"]}},
            ),
            name="managed-wildcard",
        ),
        case(
            "discovery",
            "compute v1: BackendService.affinityCookieTtlSec",
            Refused("backendServices", {"name": "conformance-backend", "affinityCookieTtlSec": 1209601}),
            name="cookie-lifetime",
        ),
        case(
            "public",
            f"{REFERENCE}/securityPolicies",
            Refused(
                "securityPolicies",
                {
                    "name": "conformance-policy",
                    "rules": [
                        {
                            "priority": 1,
                            "action": "allow",
                            "match": {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["300.0.0.0/8"]}},
                        }
                    ],
                },
            ),
            name="address-range",
        ),
        case(
            "public",
            f"{REFERENCE}/regionNetworkEndpointGroups",
            Refused("networkEndpointGroups", {"name": "conformance-group", "networkEndpointType": "SERVERLESS"}),
            name="group-without-target",
        ),
    ],
)
def test_an_insert_is_refused(compute: Compute, refused: Refused) -> None:
    error = compute.refusal("POST", compute.path(refused.collection), refused.body)
    code, reason, message = told(error)
    assert (code, reason) == (refused.code, refused.reason)
    if refused.message:
        assert message == refused.message.replace("PROJECT", compute.target.project)


@pytest.mark.source("observed", "https://github.com/GoogleCloudPlatform/k8s-config-connector/issues/322")
@pytest.mark.parametrize(
    ("zone", "message"),
    [
        (
            "{region}-a",
            "Invalid value for field 'resource.networkEndpointType': 'SERVERLESS'. "
            "Network endpoint of type SERVERLESS is only allowed in regional scope.",
        ),
        ("{region}", "Invalid value for field 'zone': '{region}'. Unknown zone."),
    ],
)
def test_a_serverless_group_is_regional(compute: Compute, zone: str, message: str) -> None:
    region = compute.target.region
    path = f"projects/{compute.target.project}/zones/{zone.format(region=region)}/networkEndpointGroups"
    body = {"name": "conformance-group", "networkEndpointType": "SERVERLESS", "cloudRun": {"service": "any"}}
    assert told(compute.refusal("POST", path, body)) == (400, "invalid", message.format(region=region))


@pytest.mark.source("public", "https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-api-errors")
def test_a_name_is_taken_once(compute: Compute) -> None:
    address = compute.make("addresses")
    name = compute.path("addresses", address["name"])
    error = compute.refusal("POST", compute.path("addresses"), {"name": address["name"]})
    assert told(error) == (409, "alreadyExists", f"The resource '{name}' already exists")


@pytest.mark.source("public", "https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-api-errors")
@pytest.mark.parametrize(
    "collection", ["addresses", "backendServices", "urlMaps", "sslCertificates", "forwardingRules"]
)
@pytest.mark.parametrize("http_method", ["GET", "DELETE"])
def test_what_is_not_there_is_not_found(compute: Compute, collection: str, http_method: str) -> None:
    name = compute.path(collection, "conformance-none")
    assert told(compute.refusal(http_method, name)) == (404, "notFound", f"The resource '{name}' was not found")


@pytest.mark.source("observed", "https://github.com/GoogleCloudPlatform/click-to-deploy/issues/487")
def test_what_is_referred_to_stays(compute: Compute) -> None:
    group = compute.group()
    backend = compute.backend(group)
    url_map = compute.make("urlMaps", defaultService=backend["selfLink"])
    proxy = compute.make("targetHttpProxies", urlMap=url_map["selfLink"])
    body = {"target": proxy["selfLink"], "portRange": "80", "loadBalancingScheme": "EXTERNAL_MANAGED"}
    address = compute.make("addresses")
    rule = compute.make("forwardingRules", IPAddress=address["address"], **body)
    path = compute.path
    chain = [
        ("network_endpoint_group", path("networkEndpointGroups", group["name"]), "backendServices", backend),
        ("backend_service", path("backendServices", backend["name"]), "urlMaps", url_map),
        ("url_map", path("urlMaps", url_map["name"]), "targetHttpProxies", proxy),
        ("target_http_proxy", path("targetHttpProxies", proxy["name"]), "forwardingRules", rule),
        ("address", path("addresses", address["name"]), "forwardingRules", rule),
    ]
    for word, used, collection, user in chain:
        message = f"The {word} resource '{used}' is already being used by '{path(collection, user['name'])}'"
        assert told(compute.refusal("DELETE", used)) == (400, "resourceInUseByAnotherResource", message)


@pytest.mark.source("observed", "https://github.com/kubernetes/ingress-gce/issues")
def test_an_address_and_port_belong_to_one_rule(compute: Compute) -> None:
    backend = compute.backend()
    url_map = compute.make("urlMaps", defaultService=backend["selfLink"])
    proxy = compute.make("targetHttpProxies", urlMap=url_map["selfLink"])
    body = {"target": proxy["selfLink"], "portRange": "80", "loadBalancingScheme": "EXTERNAL_MANAGED"}
    address = compute.make("addresses")["address"]
    compute.make("forwardingRules", IPAddress=address, **body)
    second = {"name": compute.target.fresh("rule"), "IPAddress": address, **body}
    assert told(compute.refusal("POST", compute.path("forwardingRules"), second)) == (
        400,
        "invalid",
        f"Invalid value for field 'resource.IPAddress': '{address}'. "
        "Specified IP address is in-use and would result in a conflict.",
    )


@pytest.mark.source("observed", "https://github.com/hashicorp/terraform/issues/19231")
def test_an_address_that_nobody_reserved_is_invalid(compute: Compute) -> None:
    url_map = compute.make("urlMaps", defaultService=compute.backend()["selfLink"])
    proxy = compute.make("targetHttpProxies", urlMap=url_map["selfLink"])
    body = {"name": compute.target.fresh("rule"), "target": proxy["selfLink"], "portRange": "80"}
    error = compute.refusal("POST", compute.path("forwardingRules"), {**body, "IPAddress": "104.155.164.219"})
    message = "Invalid value for field 'resource.IPAddress': '104.155.164.219'. Invalid IP address specified."
    assert told(error) == (400, "invalid", message)


@pytest.mark.source("discovery", "compute v1: BackendService.fingerprint")
@pytest.mark.parametrize("http_method", ["PATCH", "PUT"])
def test_a_stale_fingerprint_is_refused(compute: Compute, http_method: str) -> None:
    backend = compute.backend()
    path = compute.path("backendServices", backend["name"])
    compute.change("PATCH", path, {"description": "newer", "fingerprint": backend["fingerprint"]})
    error = compute.refusal(http_method, path, {**backend, "description": "stale"})
    assert told(error) == (412, "conditionNotMet", "Invalid fingerprint.")


@pytest.mark.source("observed", "https://github.com/ansible-collections/google.cloud/issues/342")
@pytest.mark.parametrize("collection", ["backendServices", "urlMaps"])
def test_an_update_needs_the_fingerprint(compute: Compute, collection: str) -> None:
    made = compute.backend()
    if collection == "urlMaps":
        made = compute.make("urlMaps", defaultService=made["selfLink"])
    body = {key: value for key, value in made.items() if key != "fingerprint"}
    error = compute.refusal("PUT", compute.path(collection, made["name"]), body)
    assert told(error) == (400, "required", "Required field 'resource.fingerprint' not specified")


@pytest.mark.source("public", f"{REFERENCE}/backendServices/patch")
@pytest.mark.parametrize("fields", [{"name": "conformance-other"}, {"loadBalancingScheme": "EXTERNAL"}])
def test_what_a_backend_service_is_cannot_be_changed(compute: Compute, fields: dict[str, Any]) -> None:
    backend = compute.backend()
    error = compute.refusal("PATCH", compute.path("backendServices", backend["name"]), fields)
    assert told(error)[:2] == (400, "invalid")


@pytest.mark.source("public", f"{REFERENCE}/globalAddresses/list")
@pytest.mark.parametrize("query", [{"maxResults": 501}, {"filter": "name ="}, {"pageToken": "nonsense"}])
def test_a_list_refuses_what_it_does_not_understand(compute: Compute, query: dict[str, Any]) -> None:
    assert told(compute.refusal("GET", compute.path("addresses"), **query))[:2] == (400, "invalid")


@pytest.mark.source("public", "https://cloud.google.com/load-balancing/docs/features")
@pytest.mark.parametrize("ports", ["443", "80-81", "nonsense"])
def test_a_classic_http_proxy_listens_at_its_ports(compute: Compute, ports: str) -> None:
    backend = compute.make("backendServices", loadBalancingScheme="EXTERNAL")
    url_map = compute.make("urlMaps", defaultService=backend["selfLink"])
    proxy = compute.make("targetHttpProxies", urlMap=url_map["selfLink"])
    body = {"name": compute.target.fresh("rule"), "target": proxy["selfLink"], "portRange": ports}
    assert told(compute.refusal("POST", compute.path("forwardingRules"), body))[:2] == (400, "invalid")
