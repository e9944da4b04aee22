# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where parts are planned: regions, address ranges, and the names of certificates, from the contract and Terraform."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.resources.json_resource import network_name
from ansible_collections.netra.remediation.plugins.module_utils.resources.load_balancer import SERVERLESS
from ansible_collections.netra.remediation.plugins.module_utils.terraform.documents import Document, KnownResource

ONLY_TIMEOUT = 30
Range: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"
# Cloud SQL and the hosts of Cloud Build keep it for themselves: https://cloud.google.com/sql/docs/postgres/configure-private-ip
DOCKER_BRIDGE = "172.17.0.0/16"
REGIONAL = (
    "google_redis_instance",
    "google_vpc_access_connector",
    "google_sql_database_instance",
    "google_compute_region_network_endpoint_group",
    "google_cloud_run_v2_service",
)


@dataclass(frozen=True)
class Placed:
    """An address range, what has it, and in which network."""

    what: str
    range: Range
    network: str


def has_serverless_groups(document: Document) -> bool:
    """Tell whether Terraform makes serverless groups: with them, no backend service of the chain takes a time-out."""
    groups = document.of_type("google_compute_region_network_endpoint_group")
    return any(group.values.get("network_endpoint_type", SERVERLESS) == SERVERLESS for group in groups)


def certificate_names(document: Document) -> list[str]:
    """Return the domains of all managed certificates."""
    blocks = [
        block
        for resource in document.of_type("google_compute_managed_ssl_certificate")
        for block in resource.values.get("managed") or ()
    ]
    return sorted({str(domain) for block in blocks for domain in block.get("domains") or ()})


def regions(contract: Mapping[str, Any], resources: Iterable[KnownResource]) -> dict[str, str]:
    """Return what says a region → the region: Terraform's variables and resources, full names in the contract."""
    found: dict[str, str] = {}
    variables = (contract["infrastructure"].get("terraform") or {}).get("variables") or {}
    if variables.get("region"):
        found["Terraform's variable region"] = str(variables["region"])
    for service in contract["services"]:
        location = _location(str(service.get("vpc_connector") or ""))
        if location:
            found[f"the connector of {service['name']}"] = location
    for resource in resources:
        region = resource.values.get("region") or resource.values.get("location")
        if resource.type in REGIONAL and region:
            found[resource.address] = str(region)
    return found


def ranges(contract: Mapping[str, Any], observation: Observation, resources: Iterable[KnownResource]) -> list[Placed]:
    """Return the ranges that the contract and Terraform plan, then those that are taken already."""
    connector = contract["infrastructure"].get("connector") or {}
    network = connector.get("network") or (observation.infrastructure.get("connector") or {}).get("network")
    planned = [(f"connector {connector.get('name')}", connector.get("ip_cidr_range"), network)]
    for resource in resources:
        if resource.type == "google_compute_subnetwork":
            planned.append(
                (
                    _subnet(resource.values.get("name")),
                    resource.values.get("ip_cidr_range"),
                    resource.values.get("network"),
                )
            )
        elif resource.type == "google_vpc_access_connector":
            planned.append(
                (
                    f"connector {resource.values.get('name')}",
                    resource.values.get("ip_cidr_range"),
                    resource.values.get("network"),
                )
            )
    taken = [
        (_subnet(subnet.get("name")), subnet.get("ipCidrRange"), subnet.get("network"))
        for subnet in observation.load_balancer.get("subnetworks") or ()
    ]
    for part, noun, key, network in (
        ("connector", "connector", "ipCidrRange", "network"),
        ("redis", "Redis instance", "reservedIpRange", "authorizedNetwork"),
    ):
        listed = observation.listed.get(part)
        for item in listed.items if listed else ():
            taken.append((f"{noun} {str(item.get('name')).rpartition('/')[2]}", item.get(key), item.get(network)))
    placed: dict[tuple[str, str], Placed] = {}
    for what, text, network_of in (*planned, *taken):
        found = parsed_range(text)
        if found is not None:
            placed.setdefault((what, str(found)), Placed(what, found, network_name(str(network_of or "default"))))
    return list(placed.values())


def overlaps(placed: Iterable[Placed]) -> list[tuple[Placed, Placed]]:
    """Return the pairs of one network whose ranges overlap, and what takes the range that Google's hosts have."""
    everywhere = Placed("Docker's bridge", ipaddress.ip_network(DOCKER_BRIDGE), "")
    known = list(placed)
    pairs = [
        (first, second)
        for first, second in itertools.combinations(known, 2)
        if first.network == second.network and first.what != second.what and _overlap(first.range, second.range)
    ]
    return pairs + [(entry, everywhere) for entry in known if _overlap(entry.range, everywhere.range)]


def parsed_range(text: object) -> Range | None:
    """Read an address range in CIDR notation; None for what is none."""
    try:
        return ipaddress.ip_network(str(text)) if text else None
    except ValueError:
        return None


def _overlap(first: Range, second: Range) -> bool:
    return first.version == second.version and first.overlaps(second)


def _location(name: str) -> str:
    return name.partition("/locations/")[2].partition("/")[0]


def _subnet(name: object) -> str:
    return f"subnetwork {name}"
