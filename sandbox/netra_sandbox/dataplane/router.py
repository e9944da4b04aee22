"""From a host name to the revision that answers: services' addresses, tags and the weighted split."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netra_sandbox.services.cloud_run import names, registry
from netra_sandbox.services.cloud_run import traffic as traffics

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

_DIRECT = frozenset({"INGRESS_TRAFFIC_ALL"})
_BALANCED = frozenset({"INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"})
_LEGACY = re.compile(r"^(?P<service>.+)-(?P<hash>[a-z0-9]{10})-(?P<code>[a-z]{2})\.a\.run\.app$")
_DETERMINISTIC = re.compile(r"^(?P<service>.+)-(?P<number>\d+)\.(?P<region>[a-z0-9-]+)\.run\.app$")


@dataclass(frozen=True)
class Address:
    """What a run.app host name says."""

    service: str
    tag: str = ""


@dataclass(frozen=True)
class Route:
    """The revision that a request goes to, by its full name; `timeout` is its template's, in seconds."""

    revision: str
    timeout: float


def parse_host(host: str, *, project: str, project_number: str, region: str) -> Address | None:
    """Read both forms of a service's address, with or without a tag; None for another project's or no address."""
    name = host.partition(":")[0].lower()
    legacy, deterministic = _LEGACY.match(name), _DETERMINISTIC.match(name)
    if legacy and (legacy["hash"], legacy["code"]) == (names.address_hash(project), names.region_code(region)):
        label = legacy["service"]
    elif deterministic and (deterministic["number"], deterministic["region"]) == (project_number, region):
        label = deterministic["service"]
    else:
        return None
    tag, separator, service = label.partition("---")
    return Address(service, tag) if separator else Address(label)


def choose(service: dict[str, Any], tag: str, point: float) -> str | None:
    """Return the short name of the revision for a request, None when the address leads nowhere."""
    if tag:
        return registry.tags(service).get(tag)
    return traffics.pick(registry.weights(service), point)


def route_host(sandbox: Sandbox, host: str) -> Route | None:
    """Find the revision behind a run.app host."""
    address = parse_host(host, project=sandbox.project, project_number=sandbox.project_number, region=sandbox.region)
    return None if address is None else _route(sandbox, address.service, address.tag, _DIRECT)


def route_service(sandbox: Sandbox, service: str) -> Route | None:
    """Find the revision for a request that a load balancer sends to a service."""
    return _route(sandbox, service, "", _BALANCED)


def _route(sandbox: Sandbox, service_id: str, tag: str, admitted: frozenset[str]) -> Route | None:
    name = names.ServiceName(sandbox.project, sandbox.region, service_id)
    service = sandbox.store.get(name.key)
    if service is None or service.get("ingress") not in admitted:
        return None
    short = choose(service, tag, random.random())  # noqa: S311  a share of traffic, not a secret
    revision = sandbox.store.get(name.revision_key(short)) if short else None
    if short is None or revision is None:
        return None
    return Route(name.revision(short), float(revision["timeout"].removesuffix("s")))
