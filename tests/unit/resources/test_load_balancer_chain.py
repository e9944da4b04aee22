# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chain of a load balancer, followed from its collections as a request for a host passes it."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.resources.load_balancer import chain_of, is_at_port

LINK = "https://www.googleapis.com/compute/v1/projects/p/global/x/"
PARTS = {
    "forwarding_rules": [
        {"name": "plain", "target": f"{LINK}plain-proxy", "portRange": "80-80"},
        {"name": "secure", "target": f"{LINK}proxy", "portRange": "443-443"},
    ],
    "https_proxies": [{"name": "proxy", "urlMap": f"{LINK}map", "sslCertificates": [f"{LINK}cert"]}],
    "url_maps": [
        {
            "name": "map",
            "defaultService": f"{LINK}web",
            "hostRules": [{"hosts": ["api.example.com"], "pathMatcher": "api"}],
            "pathMatchers": [{"name": "api", "defaultService": f"{LINK}api"}],
        }
    ],
    "certificates": [{"name": "cert", "managed": {"domains": ["api.example.com"]}}],
    "backend_services": [
        {"name": "api", "backends": [{"group": f"{LINK}api-neg"}]},
        {"name": "web", "backends": []},
    ],
    "endpoint_groups": [{"name": "api-neg", "networkEndpointType": "SERVERLESS", "cloudRun": {"service": "api"}}],
}


def test_a_host_is_followed_to_its_service():
    chain = chain_of(PARTS, "api.example.com")
    assert (chain.rule["name"], chain.backend["name"], chain.services) == ("secure", "api", ["api"])
    assert chain.is_serverless
    assert chain.certified_names == ["api.example.com"]


def test_a_host_that_no_rule_names_gets_the_default():
    chain = chain_of(PARTS, "other.example.com")
    assert (chain.backend["name"], chain.services, chain.is_serverless) == ("web", [], False)


@pytest.mark.parametrize("pattern", ["*", "*.example.com"])
def test_patterns_name_a_host_too(pattern):
    parts = copy.deepcopy(PARTS)
    parts["url_maps"][0]["hostRules"][0]["hosts"] = [pattern]
    assert chain_of(parts, "other.example.com").services == ["api"]


@pytest.mark.parametrize(
    ("missing", "last"),
    [("forwarding_rules", "host"), ("https_proxies", "rule"), ("url_maps", "proxy"), ("backend_services", "url_map")],
)
def test_a_broken_chain_ends_where_it_is_broken(missing, last):
    chain = chain_of({**PARTS, missing: []}, "api.example.com")
    order = ("host", "rule", "proxy", "url_map", "backend")
    there = [part for part in order if getattr(chain, part) is not None]
    assert there[-1] == last


def test_of_two_load_balancers_the_one_counts_that_names_the_host():
    parts = copy.deepcopy(PARTS)
    parts["forwarding_rules"].insert(0, {"name": "else", "target": f"{LINK}else-proxy", "portRange": "443"})
    parts["https_proxies"].append({"name": "else-proxy", "urlMap": f"{LINK}else-map"})
    parts["url_maps"].append({"name": "else-map", "defaultService": f"{LINK}web"})
    assert chain_of(parts, "api.example.com").rule["name"] == "secure"
    assert chain_of(parts, "other.example.com").rule["name"] == "else"


@pytest.mark.parametrize(
    ("ports", "found"), [("443", True), ("443-443", True), ("1-1000", True), ("80", False), ("", False)]
)
def test_ports_of_a_rule(ports, found):
    assert is_at_port({"portRange": ports}, 443) is found
