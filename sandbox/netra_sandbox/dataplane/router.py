"""From a host name to the revision that answers: services' addresses, tags and the weighted split."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from netra_sandbox.dataplane import affinity as affinities
from netra_sandbox.dataplane import origin
from netra_sandbox.services.cloud_run import names, registry
from netra_sandbox.services.cloud_run import traffic as traffics

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

INGRESS_ALL = "INGRESS_TRAFFIC_ALL"
_BALANCED = frozenset({INGRESS_ALL, "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"})
_INTERNAL = frozenset({*_BALANCED, "INGRESS_TRAFFIC_INTERNAL_ONLY"})
_RESERVED = frozenset({"/healthz", "/eventlog"})
_LEGACY = re.compile(r"^(?P<service>.+)-(?P<hash>[a-z0-9]{10})-(?P<code>[a-z]{2})\.a\.run\.app$")
_DETERMINISTIC = re.compile(r"^(?P<service>.+)-(?P<number>\d+)\.(?P<region>[a-z0-9-]+)\.run\.app$")


@dataclass(frozen=True)
class Address:
    """What a run.app host name says."""

    service: str
    tag: str = ""


@dataclass(frozen=True)
class Route:
    """Where a request goes: a revision by its full name, and what its template and service say about requests.

    `timeout` is in seconds; `preferred` begins the identity of the instance that the client is bound to.
    """

    revision: str
    timeout: float
    service_key: str = ""
    open_to_all: bool = False
    audiences: tuple[str, ...] = ()
    affinity: bool = False
    preferred: str = ""


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


def admits(service: dict[str, Any], *, balanced: bool, internal: bool = False) -> bool:
    """Tell whether a request may reach a service: through a load balancer, or at its own address, from inside or not.

    https://cloud.google.com/run/docs/securing/ingress: what is not admitted is not found.
    """
    ingress = service.get("ingress", INGRESS_ALL)
    if balanced:
        return ingress in _BALANCED
    return ingress in (_INTERNAL if internal else {INGRESS_ALL}) and not service.get("defaultUriDisabled")


def is_reserved(path: str) -> bool:
    """Tell whether Google's front end keeps a path for itself (Cloud Run: known issues, reserved URL paths)."""
    return path in _RESERVED or path.startswith("/_ah/")


def route_host(sandbox: Sandbox, request: web.BaseRequest) -> Route | None:
    """Find the revision behind a run.app host."""
    place = {"project": sandbox.project, "project_number": sandbox.project_number, "region": sandbox.region}
    address = parse_host(request.host, **place)
    if address is None or is_reserved(request.path):
        return None
    return _route(sandbox, address, request, balanced=False)


def route_service(sandbox: Sandbox, address: Address, request: web.BaseRequest) -> Route | None:
    """Find the revision for a request that a load balancer sends to a service, or to one of its tags."""
    return _route(sandbox, address, request, balanced=True)


def _route(sandbox: Sandbox, address: Address, request: web.BaseRequest, *, balanced: bool) -> Route | None:
    name = names.ServiceName(sandbox.project, sandbox.region, address.service)
    service = sandbox.store.get(name.key)
    if service is None or not _is_admitted(sandbox, service, request, balanced=balanced):
        return None
    bond = None if address.tag else _bond(service, request)
    short = bond.revision if bond else choose(service, address.tag, random.random())  # noqa: S311  a share of traffic
    revision = sandbox.store.get(name.revision_key(short)) if short else None
    if short is None or revision is None:
        return None
    affinity = bool(revision.get("sessionAffinity"))
    return Route(
        name.revision(short),
        float(revision["timeout"].removesuffix("s")),
        name.key,
        bool(service.get("invokerIamDisabled")),
        (*service.get("urls", []), service.get("uri", ""), *service.get("customAudiences", [])),
        affinity,
        bond.instance if bond and affinity else "",
    )


def _is_admitted(sandbox: Sandbox, service: dict[str, Any], request: web.BaseRequest, *, balanced: bool) -> bool:
    if admits(service, balanced=balanced):
        return True
    return admits(service, balanced=balanced, internal=True) and origin.is_internal(sandbox, request)


def _bond(service: dict[str, Any], request: web.BaseRequest) -> affinities.Bond | None:
    """Return what binds the client: it takes precedence over the split, while its revision has a share in it."""
    bond = affinities.read(request.cookies.get(affinities.COOKIE)) if "Cookie" in request.headers else None
    return bond if bond and bond.revision in registry.weights(service) else None
