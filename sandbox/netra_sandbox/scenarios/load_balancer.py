"""The load balancer of the environment: an address, a certificate for every host, and a chain to each service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netra_sandbox.dataplane import dns
from netra_sandbox.services.compute import (
    addresses,
    backend_services,
    certificates,
    endpoint_groups,
    forwarding_rules,
    names,
    networks,
    security_policies,
    target_proxies,
    url_maps,
)
from netra_sandbox.services.compute.methods import put

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
ADDRESS, CERTIFICATE, POLICY = "staging-lb-ip", "staging-cert", "staging-security-policy"
URL_MAP, REDIRECT_MAP = "staging-url-map", "staging-http-redirect"
HTTPS_PROXY, HTTP_PROXY = "staging-https-proxy", "staging-http-proxy"
HTTPS_RULE, HTTP_RULE = "staging-https-rule", "staging-http-rule"
COOKIE_SECONDS = 86400
_SCHEME = {"loadBalancingScheme": "EXTERNAL_MANAGED"}


def make_networks(sandbox: Sandbox, *wanted: str) -> None:
    """Make networks, each with a subnetwork that leaves 10.1.0.0/28 to a connector, as Google demands."""
    for number, name in enumerate(wanted):
        network = put(sandbox, networks.NETWORKS, {"name": name})
        subnetwork = {
            "name": f"{name}-subnet",
            "network": network["selfLink"],
            "ipCidrRange": f"10.{128 + number}.0.0/20",
        }
        put(sandbox, networks.SUBNETWORKS, subnetwork, sandbox.region)


def make(sandbox: Sandbox, hosts: dict[str, str], certified: Sequence[str]) -> None:
    """Make the chain for hosts and the Cloud Run services behind them, and let DNS lead the hosts to it.

    Its certificate names the hosts that are `certified`.
    """
    address = put(sandbox, addresses.GLOBAL, {"name": ADDRESS})["address"]
    for host in hosts:
        dns.point(sandbox, host, address)
    policy = put(sandbox, security_policies.COLLECTION, {"name": POLICY})
    backends = {service: _backend_service(sandbox, service, policy) for service in hosts.values()}
    url_map = put(sandbox, url_maps.COLLECTION, _url_map(hosts, backends))
    certificate = certificates.seed_managed(sandbox, CERTIFICATE, list(certified))
    secure = {"urlMap": url_map["selfLink"], "sslCertificates": [certificate["selfLink"]]}
    proxy = put(sandbox, target_proxies.HTTPS, {"name": HTTPS_PROXY, **secure})
    redirect = {"defaultUrlRedirect": {"httpsRedirect": True, "redirectResponseCode": "MOVED_PERMANENTLY_DEFAULT"}}
    redirect_map = put(sandbox, url_maps.COLLECTION, {"name": REDIRECT_MAP, **redirect})
    plain = put(sandbox, target_proxies.HTTP, {"name": HTTP_PROXY, "urlMap": redirect_map["selfLink"]})
    for name, target, port in ((HTTPS_RULE, proxy, "443"), (HTTP_RULE, plain, "80")):
        rule = {"name": name, "target": target["selfLink"], "portRange": port, "IPAddress": address}
        put(sandbox, forwarding_rules.COLLECTION, {**rule, **_SCHEME})


def _backend_service(sandbox: Sandbox, service: str, policy: Resource) -> Resource:
    target = {"networkEndpointType": endpoint_groups.SERVERLESS, "cloudRun": {"service": service}}
    group = put(sandbox, endpoint_groups.COLLECTION, {"name": f"{service}-neg", **target}, sandbox.region)
    affinity = {"sessionAffinity": "GENERATED_COOKIE", "affinityCookieTtlSec": COOKIE_SECONDS}
    body = {"name": f"{service}-backend", "backends": [{"group": group["selfLink"]}], **affinity, **_SCHEME}
    made = put(sandbox, backend_services.COLLECTION, body)
    protected = {**made, "securityPolicy": policy["selfLink"]}
    sandbox.store.put(names.KEY + names.name_of(made), protected)
    return protected


def _url_map(hosts: dict[str, str], backends: dict[str, Resource]) -> Resource:
    first = next(iter(backends.values()))
    return {
        "name": URL_MAP,
        "defaultService": first["selfLink"],
        "hostRules": [{"hosts": [host], "pathMatcher": service} for host, service in hosts.items()],
        "pathMatchers": [
            {"name": service, "defaultService": backend["selfLink"]} for service, backend in backends.items()
        ],
    }
