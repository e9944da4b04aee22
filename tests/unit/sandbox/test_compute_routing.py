# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What URL maps, certificates, policies, filters and provisioning decide."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra_sandbox.dataplane.handshakes import choose as choose_certificate
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services.compute import (
    backend_services,
    endpoint_groups,
    filters,
    listing,
    material,
    names,
    provisioning,
    routing,
    security_policies,
)

HOSTS = [
    {"hosts": ["example.com", "*.example.com"], "pathMatcher": "wide"},
    {"hosts": ["api.example.com"], "pathMatcher": "api"},
    {"hosts": ["*-v2.example.com"], "pathMatcher": "second"},
]
MATCHERS = [
    {"name": "wide", "defaultService": "wide"},
    {"name": "second", "defaultService": "second"},
    {
        "name": "api",
        "defaultService": "api",
        "pathRules": [
            {"paths": ["/video", "/video/*"], "service": "video"},
            {"paths": ["/video/hd/*"], "service": "hd"},
        ],
    },
]
URL_MAP = {"defaultService": "default", "hostRules": HOSTS, "pathMatchers": MATCHERS}


@pytest.mark.parametrize(
    ("host", "path", "service"),
    [
        ("example.com", "/", "wide"),
        ("a.b.example.com", "/", "wide"),
        ("other.org", "/", "default"),
        ("api.example.com", "/", "api"),
        ("api.example.com", "/video", "video"),
        ("api.example.com", "/video/", "video"),
        ("api.example.com", "/videos", "api"),
        ("api.example.com", "/video/hd/1", "hd"),
        ("api.example.com", "/video/hd", "video"),
        ("x-v2.example.com", "/", "second"),
    ],
)
def test_the_most_specific_rule_wins(host: str, path: str, service: str) -> None:
    chosen = routing.choose(URL_MAP, routing.Request("https", host, path))
    assert isinstance(chosen, routing.Service)
    assert (chosen.link, chosen.path) == (service, path)


def route(*rules: dict[str, Any]) -> dict[str, Any]:
    matcher = {"name": "m", "defaultService": "default", "routeRules": list(rules)}
    return {"defaultService": "none", "hostRules": [{"hosts": ["*"], "pathMatcher": "m"}], "pathMatchers": [matcher]}


@pytest.mark.parametrize(
    ("match", "path", "query", "headers", "matches"),
    [
        ({"prefixMatch": "/a"}, "/ab", "", {}, True),
        ({"fullPathMatch": "/a"}, "/ab", "", {}, False),
        ({"fullPathMatch": "/A", "ignoreCase": True}, "/a", "", {}, True),
        ({"prefixMatch": "/", "headerMatches": [{"headerName": "x", "exactMatch": "1"}]}, "/", "", {"x": "1"}, True),
        ({"prefixMatch": "/", "headerMatches": [{"headerName": "x", "exactMatch": "1"}]}, "/", "", {}, False),
        ({"prefixMatch": "/", "headerMatches": [{"headerName": "x", "presentMatch": True}]}, "/", "", {"x": ""}, True),
        (
            {"prefixMatch": "/", "headerMatches": [{"headerName": "x", "prefixMatch": "a", "invertMatch": True}]},
            "/",
            "",
            {"x": "ab"},
            False,
        ),
        ({"prefixMatch": "/", "queryParameterMatches": [{"name": "q", "exactMatch": "1"}]}, "/", "q=1", {}, True),
        ({"prefixMatch": "/", "queryParameterMatches": [{"name": "q", "presentMatch": True}]}, "/", "", {}, False),
    ],
)
def test_route_rules_match(
    match: dict[str, Any], path: str, query: str, headers: dict[str, str], matches: bool
) -> None:
    url_map = route({"priority": 1, "matchRules": [match], "service": "matched"})
    chosen = routing.choose(url_map, routing.Request("https", "h", path, query, headers))
    assert isinstance(chosen, routing.Service)
    assert (chosen.link == "matched") is matches


def test_route_rules_go_by_priority_and_rewrite() -> None:
    late = {"priority": 2, "matchRules": [{"prefixMatch": "/"}], "service": "late"}
    rewrite = {"urlRewrite": {"pathPrefixRewrite": "/", "hostRewrite": "inner"}}
    early = {"priority": 1, "matchRules": [{"prefixMatch": "/a/"}], "service": "early", "routeAction": rewrite}
    chosen = routing.choose(route(late, early), routing.Request("https", "h", "/a/b"))
    assert chosen == routing.Service("early", "/b", "inner")


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=5).filter(any), st.floats(0, 1, exclude_max=True))
def test_a_service_without_weight_gets_nothing(weights: list[int], point: float) -> None:
    services = [{"backendService": str(index), "weight": weight} for index, weight in enumerate(weights)]
    url_map = {"defaultRouteAction": {"weightedBackendServices": services}}
    chosen = routing.choose(url_map, routing.Request("https", "h", "/"), point)
    assert isinstance(chosen, routing.Service)
    assert weights[int(chosen.link)] > 0


@pytest.mark.parametrize(
    ("name", "host", "covered"),
    [
        ("example.com", "EXAMPLE.com.", True),
        ("*.example.com", "a.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("*.example.com", ".example.com", False),
    ],
)
def test_a_wildcard_stands_for_one_label(name: str, host: str, covered: bool) -> None:
    assert material.covers(name, host) is covered


@pytest.mark.parametrize(
    ("name", "expected"), [("a.example.com", 1), ("b.example.com", 2), ("x.org", 0), ("", 0), ("A.EXAMPLE.com", 1)]
)
def test_the_certificate_of_a_name_or_the_first(name: str, expected: int) -> None:
    found = [{"names": ["first.org"]}, {"names": ["a.example.com"]}, {"names": ["*.example.com"]}]
    assert choose_certificate(found, name) is found[expected]
    assert choose_certificate([], name) is None


@pytest.mark.parametrize(
    ("visible", "waited", "status", "domains"),
    [
        ([], 0.1, "PROVISIONING", ["PROVISIONING", "PROVISIONING"]),
        (["a", "b"], 0.1, "PROVISIONING", ["PROVISIONING", "PROVISIONING"]),
        (["a"], 1, "PROVISIONING", ["ACTIVE", "FAILED_NOT_VISIBLE"]),
        (["a", "b"], 1, "ACTIVE", ["ACTIVE", "ACTIVE"]),
    ],
)
def test_provisioning_goes_by_what_is_visible(
    visible: list[str], waited: float, status: str, domains: list[str]
) -> None:
    managed = {"domains": ["a", "b"], "status": "PROVISIONING", "domainStatus": dict.fromkeys("ab", "PROVISIONING")}
    after = provisioning.decide(managed, visible, waited)
    assert after["status"] == status
    assert list(after["domainStatus"].values()) == domains


@pytest.mark.parametrize(("address", "status"), [("10.0.0.1", 403), ("10.1.0.1", 0), ("192.0.2.1", 404)])
def test_the_first_rule_that_matches_decides(address: str, status: int) -> None:
    def rule(action: str, *ranges: str, **more: Any) -> dict[str, Any]:
        return {"action": action, "match": {"config": {"srcIpRanges": list(ranges)}}, **more}

    previewed = rule("deny(502)", "*", preview=True)
    policy = {
        "rules": [previewed, rule("deny(403)", "10.0.0.0/16"), rule("allow", "10.0.0.0/8"), rule("deny(404)", "*")]
    }
    assert security_policies.decide(policy, address) == status


@pytest.mark.parametrize(
    ("target", "url", "expected"),
    [
        ({"service": "s", "tag": "t"}, "any.host/", ("s", "t")),
        ({"urlMask": "example.com/<service>"}, "example.com/login/x", ("login", "")),
        ({"urlMask": "<service>.example.com"}, "login.example.com/", ("login", "")),
        ({"urlMask": "<tag>.example.com/<service>"}, "v1.example.com/login", ("login", "v1")),
        ({"urlMask": "/<service>"}, "any.host/login?x", ("login", "")),
        ({"urlMask": "example.com/<service>"}, "other.com/login", None),
    ],
)
def test_a_group_names_a_service(target: dict[str, Any], url: str, expected: tuple[str, str] | None) -> None:
    host, _, path = url.partition("/")
    assert endpoint_groups.service_of({"cloudRun": target}, host, f"/{path}") == expected


GROUP = {"group": f"{names.ROOT}projects/p/regions/r/networkEndpointGroups/n"}
ITEM = {"name": "web-1", "size": 3, "labels": {"env": "prod"}, "users": ["a", "b"], "enabled": True}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ('name = "web-1"', True),
        ("name=web-1", True),
        ("name != web-1", False),
        ("name = web*", True),
        ("name : EB", True),
        ("name eq web-.*", True),
        ("name ne web-.*", False),
        ("labels.env = prod AND name : web", True),
        ("(labels.env = prod) (name = x)", False),
        ("name = x OR labels.env = prod", True),
        ("name = x AND name = y OR labels.env = prod", False),
        ("NOT name = x", True),
        ("description : *", False),
        ("users : a", True),
        ("enabled = true", True),
        ("size >= 3", True),
        ("size < 3", False),
    ],
)
def test_a_filter_chooses(text: str, matches: bool) -> None:
    assert filters.read(text)(ITEM) is matches


@pytest.mark.parametrize("text", ["name", "name =", "= x", "(name = x", "name = x)", "name eq [", "name = x OR"])
def test_a_filter_that_nobody_can_read_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="Invalid list filter expression"):
        filters.read(text)


@given(st.integers(1, 500), st.integers(0, 40))
def test_pages_are_the_whole(size: int, count: int) -> None:
    everything = [{"name": f"n{index:03}"} for index in range(count)]
    seen, token = [], ""
    while True:
        chosen, token = listing.page({"maxResults": size, "pageToken": token}, everything)
        seen += chosen
        if not token:
            break
    assert seen == everything


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("https://www.googleapis.com/compute/v1/projects/p/global/urlMaps/u", "projects/p/global/urlMaps/u"),
        ("https://compute.googleapis.com/compute/v1/projects/p/global/urlMaps/u", "projects/p/global/urlMaps/u"),
        ("projects/q/regions/r/addresses/a", "projects/q/regions/r/addresses/a"),
        ("global/urlMaps/u", "projects/p/global/urlMaps/u"),
        ("u", None),
        ("https://example.com/projects/p/global/urlMaps/u", None),
    ],
)
def test_references_have_full_and_partial_forms(reference: str, name: str | None) -> None:
    assert names.read(reference, "p") == name


@pytest.mark.parametrize("fields", [{}, {"timeoutSec": 30}, {"portName": "http"}])
def test_serverless_backends_take_the_defaults(fields: dict[str, Any]) -> None:
    backend_services.check_serverless({"backends": [GROUP], **fields})


@pytest.mark.parametrize("fields", [{"timeoutSec": 31}, {"portName": "x"}, {"healthChecks": ["x"]}])
def test_serverless_backends_limit_their_service(fields: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="Serverless network endpoint group"):
        backend_services.check_serverless({"backends": [GROUP], **fields})
