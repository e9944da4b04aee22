"""The chain that a request follows: address → forwarding rule → target proxy → URL map → backend service → service.

https://cloud.google.com/load-balancing/docs/https. Every link is looked up when a request comes, so the chain is
always what the resources say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netra_sandbox.dataplane import dns
from netra_sandbox.services.compute import endpoint_groups, forwarding_rules, names, routing

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
HTTP_PORT, HTTPS_PORT = 80, 443


@dataclass(frozen=True)
class Front:
    """What takes a connection: the forwarding rule, its proxy and whether that one speaks TLS."""

    address: str
    rule: Resource
    proxy: Resource
    secure: bool


def front(sandbox: Sandbox, host: str, port: int) -> Front | None:
    """Return what listens where a host name leads, None when nothing does."""
    address = dns.address_of(sandbox, host)
    rule = forwarding_rules.listening(sandbox, address, port) if address else None
    proxy = follow(sandbox, rule["target"]) if rule else None
    if address is None or rule is None or proxy is None:
        return None
    return Front(address, rule, proxy, secure=proxy["kind"] == "compute#targetHttpsProxy")


def follow(sandbox: Sandbox, link: str | None) -> Resource | None:
    """Return the resource that a link leads to."""
    return sandbox.store.get(names.KEY + link.removeprefix(names.ROOT)) if link else None


def service_of(sandbox: Sandbox, backend_service: Resource, host: str, path: str) -> tuple[str, str] | None:
    """Return the Cloud Run service and tag behind a backend service, None when it has no backend that would take it."""
    for backend in backend_service.get("backends", []):
        group = follow(sandbox, backend["group"])
        found = endpoint_groups.service_of(group, host, path) if group else None
        if found is not None and names.scope_of(endpoint_groups.name_of(backend)) == f"regions/{sandbox.region}":
            return found
    return None


def urls(sandbox: Sandbox) -> dict[str, str]:
    """Return the address of each service that a host name leads to over HTTPS, by the service's name."""
    found: dict[str, str] = {}
    for host in dns.hosts(sandbox):
        service = _service_at(sandbox, host)
        if service is not None:
            found.setdefault(service, f"https://{host}")
    return found


def _service_at(sandbox: Sandbox, host: str) -> str | None:
    listening = front(sandbox, host, HTTPS_PORT)
    url_map = follow(sandbox, listening.proxy["urlMap"]) if listening else None
    chosen = routing.choose(url_map, routing.Request("https", host, "/")) if url_map else None
    if not isinstance(chosen, routing.Service):
        return None
    backend_service = follow(sandbox, chosen.link)
    found = service_of(sandbox, backend_service, host, "/") if backend_service else None
    return found[0] if found else None
