# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe the way to a load balancer's backends: address, forwarding rule, proxies, certificate and URL map.

https://cloud.google.com/load-balancing/docs/https/setup-global-ext-https-serverless
"""

from __future__ import annotations

from typing import Any

from netra_sandbox.terraform.resources.compute import compute_type
from netra_sandbox.terraform.schema import Block, optional, output, required, same_link, server_default


def _same_ports(one: Any, other: Any) -> bool:
    """Compare ranges of ports: 443 and 443-443 are the same."""

    def ends(ports: Any) -> tuple[str, str]:
        low, _separator, high = str(ports or "").partition("-")
        return low, high or low

    return ends(one) == ends(other)


def _same_links(one: Any, other: Any) -> bool:
    """Compare lists of links."""
    return len(one or []) == len(other or []) and all(map(same_link, one or [], other or []))


def _same_hosts(one: Any, other: Any) -> bool:
    """Compare sets of hosts, which have no order."""
    return sorted(map(str, one or [])) == sorted(map(str, other or []))


_HOST_RULE = Block(
    "host_rule",
    (
        required("hosts", "hosts", type=["set", "string"], same=_same_hosts),
        required("path_matcher", "pathMatcher"),
    ),
    api="hostRules",
    single=False,
)
_PATH_MATCHER = Block(
    "path_matcher",
    (required("name", "name"), optional("default_service", "defaultService", same=same_link)),
    api="pathMatchers",
    single=False,
)
_TEST = Block(
    "test",
    (required("host", "host"), required("path", "path"), optional("service", "service", same=same_link)),
    api="tests",
    single=False,
)
_REDIRECT = Block(
    "default_url_redirect",
    (
        optional("https_redirect", "httpsRedirect", type="bool", default=False),
        optional("redirect_response_code", "redirectResponseCode"),
        required("strip_query", "stripQuery", type="bool"),
    ),
    api="defaultUrlRedirect",
)
_MANAGED = Block(
    "managed",
    (required("domains", "domains", type=["list", "string"], immutable=True, same=_same_hosts),),
    api="managed",
)

GLOBAL_ADDRESS = compute_type(
    "google_compute_global_address",
    "GlobalAddress",
    "addresses",
    (
        server_default("address", "address", immutable=True),
        optional("address_type", "addressType", default="EXTERNAL", immutable=True),
    ),
)
MANAGED_SSL_CERTIFICATE = compute_type(
    "google_compute_managed_ssl_certificate",
    "ManagedSslCertificate",
    "sslCertificates",
    (
        optional("type", "type", default="MANAGED", immutable=True),
        output("certificate_id", "id", type="number"),
        output("expire_time", "expireTime"),
        output("subject_alternative_names", "subjectAlternativeNames", type=["list", "string"]),
    ),
    (_MANAGED,),
)
URL_MAP = compute_type(
    "google_compute_url_map",
    "UrlMap",
    "urlMaps",
    (optional("default_service", "defaultService", same=same_link), output("map_id", "id", type="number")),
    (_HOST_RULE, _PATH_MATCHER, _TEST, _REDIRECT),
)
TARGET_HTTP_PROXY = compute_type(
    "google_compute_target_http_proxy",
    "TargetHttpProxy",
    "targetHttpProxies",
    (required("url_map", "urlMap", same=same_link),),
)
TARGET_HTTPS_PROXY = compute_type(
    "google_compute_target_https_proxy",
    "TargetHttpsProxy",
    "targetHttpsProxies",
    (
        required("url_map", "urlMap", same=same_link),
        optional("ssl_certificates", "sslCertificates", type=["list", "string"], same=_same_links),
    ),
)
GLOBAL_FORWARDING_RULE = compute_type(
    "google_compute_global_forwarding_rule",
    "GlobalForwardingRule",
    "forwardingRules",
    (
        server_default("ip_address", "IPAddress", immutable=True),
        server_default("ip_protocol", "IPProtocol", immutable=True),
        optional("load_balancing_scheme", "loadBalancingScheme", default="EXTERNAL", immutable=True),
        optional("port_range", "portRange", immutable=True, same=_same_ports),
        required("target", "target", setter="setTarget", same=same_link),
    ),
)
