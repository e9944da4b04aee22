# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Know the chain of an external application load balancer: rule, proxy, URL map, backend service, serverless group.

https://cloud.google.com/load-balancing/docs/https/setup-global-ext-https-serverless
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session

Item = Mapping[str, Any]
# What is listed, and where each collection lives below the project; one call a collection.
COLLECTIONS = {
    "addresses": "global/addresses",
    "forwarding_rules": "global/forwardingRules",
    "https_proxies": "global/targetHttpsProxies",
    "url_maps": "global/urlMaps",
    "backend_services": "global/backendServices",
    "endpoint_groups": "regions/{region}/networkEndpointGroups",
    "certificates": "global/sslCertificates",
    "security_policies": "global/securityPolicies",
    "subnetworks": "regions/{region}/subnetworks",
}
SERVERLESS = "SERVERLESS"
HTTPS_PORT = 443
# A path matcher of a URL map ends in "any host": https://cloud.google.com/load-balancing/docs/url-map-concepts
ANY_HOST = "*"


def list_collection(session: Session, collection: str) -> list[dict[str, Any]]:
    """Return all resources of one collection as the API has them."""
    place = COLLECTIONS[collection].format(region=session.region)
    return list(
        session.json("compute").paged(
            f"/compute/v1/projects/{session.project}/{place}",
            "items",
            attempt=f"list the {collection.replace('_', ' ')}",
        )
    )


def short(reference: object) -> str:
    """Return the last part of a self link."""
    return str(reference or "").rpartition("/")[2]


@dataclass(frozen=True)
class Chain:
    """What a request for one host passes, as far as it gets; a part that is not there is None or empty."""

    host: str
    rule: Item | None = None
    proxy: Item | None = None
    url_map: Item | None = None
    certificates: Sequence[Item] = field(default_factory=tuple)
    backend: Item | None = None
    groups: Sequence[Item] = field(default_factory=tuple)

    @property
    def is_serverless(self) -> bool:
        """Tell whether the backend service is in front of serverless groups."""
        return any(group.get("networkEndpointType") == SERVERLESS for group in self.groups)

    @property
    def services(self) -> list[str]:
        """Return the Cloud Run services that the groups lead to."""
        named = (str((group.get("cloudRun") or {}).get("service") or "") for group in self.groups)
        return [service for service in named if service]

    @property
    def certified_names(self) -> list[str]:
        """Return every name of the proxy's certificates."""
        return [name for certificate in self.certificates for name in certificate_names(certificate)]


def certificate_names(certificate: Item) -> list[str]:
    """Return the names of a certificate resource; a managed one that is not issued yet has only its domains."""
    issued = certificate.get("subjectAlternativeNames") or ()
    return list(issued or (certificate.get("managed") or {}).get("domains") or ())


def chain_of(parts: Mapping[str, Sequence[Item]], host: str) -> Chain:
    """Follow a host from the rule at port 443 whose URL map names it (else the first such rule) to its groups."""
    chains = [
        _from_rule(parts, rule, host) for rule in parts.get("forwarding_rules", ()) if is_at_port(rule, HTTPS_PORT)
    ]
    named = [chain for chain in chains if chain.url_map is not None and _matcher(chain.url_map, host)[0]]
    return next(iter([*named, *chains]), Chain(host))


def is_at_port(rule: Item, port: int) -> bool:
    """Tell whether a forwarding rule listens at a port: ``portRange`` is FIRST-LAST or one number."""
    first, _dash, last = str(rule.get("portRange") or "").partition("-")
    return first.isdigit() and int(first) <= port <= int(last or first)


def _from_rule(parts: Mapping[str, Sequence[Item]], rule: Item, host: str) -> Chain:
    proxy = _named(parts.get("https_proxies", ()), rule.get("target"))
    if proxy is None:
        return Chain(host, rule)
    certificates = [
        found
        for reference in proxy.get("sslCertificates") or ()
        if (found := _named(parts.get("certificates", ()), reference)) is not None
    ]
    url_map = _named(parts.get("url_maps", ()), proxy.get("urlMap"))
    backend = _named(parts.get("backend_services", ()), _matcher(url_map or {}, host)[1])
    groups = [
        found
        for entry in (backend or {}).get("backends") or ()
        if (found := _named(parts.get("endpoint_groups", ()), entry.get("group"))) is not None
    ]
    return Chain(host, rule, proxy, url_map, certificates, backend, groups)


def _matcher(url_map: Item, host: str) -> tuple[bool, str]:
    """Tell whether a host rule names the host, and return the default backend service of what it leads to."""
    matchers = {matcher.get("name"): matcher for matcher in url_map.get("pathMatchers") or ()}
    rules = list(url_map.get("hostRules") or ())
    for wanted in (host, ANY_HOST):
        for rule in rules:
            if any(_host_matches(pattern, wanted, host) for pattern in rule.get("hosts") or ()):
                matcher = matchers.get(rule.get("pathMatcher")) or {}
                return True, str(matcher.get("defaultService") or "")
    return False, str(url_map.get("defaultService") or "")


def _host_matches(pattern: str, wanted: str, host: str) -> bool:
    if wanted == ANY_HOST:
        return pattern == ANY_HOST or (pattern.startswith("*.") and host.endswith(pattern[1:]))
    return pattern.lower() == host.lower()


def _named(items: Iterable[Item], reference: object) -> Item | None:
    wanted = short(reference)
    return next((item for item in items if wanted and item.get("name") == wanted), None)
