"""What a connector may look like: https://cloud.google.com/vpc/docs/configure-serverless-vpc-access."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import Any

from netra_sandbox.kernel.errors import invalid

Resource = dict[str, Any]
IDENTIFIER = re.compile(r"[a-z][-a-z0-9]{0,23}[a-z0-9]")
PATCHABLE = frozenset({"machineType", "minInstances", "maxInstances", "minThroughput", "maxThroughput"})
MACHINES = ("e2-micro", "e2-standard-4", "f1-micro")
_PREFIX_LENGTH = 28
_MBPS_PER_INSTANCE = 100
_LEAST_MINIMUM, _GREATEST_MAXIMUM = 2, 10
_DEFAULT_SIZE = {"minInstances": 2, "maxInstances": 10}


def sized(given: Resource, current: Resource) -> Resource:
    """Return a connector's numbers of instances and its throughputs, each from the other; instances take precedence."""
    result: Resource = {}
    for bound in ("min", "max"):
        instances, throughput = given.get(f"{bound}Instances"), given.get(f"{bound}Throughput")
        if instances is None and throughput is not None:
            if throughput % _MBPS_PER_INSTANCE:
                raise invalid(f"{bound}_throughput must be a multiple of 100.", field=f"connector.{bound}_throughput")
            instances = throughput // _MBPS_PER_INSTANCE
        number = instances if instances is not None else {**_DEFAULT_SIZE, **current}[f"{bound}Instances"]
        result |= {f"{bound}Instances": number, f"{bound}Throughput": number * _MBPS_PER_INSTANCE}
    return result


def refuse(connector: Resource) -> None:
    """Raise INVALID_ARGUMENT for the first thing wrong with a connector, its defaults filled in."""
    for field, message in _faults(connector):
        raise invalid(message, field=f"connector.{field}")


def refuse_mask(mask: list[str]) -> None:
    """Refuse a change of nothing, and one of what is fixed when a connector is made."""
    wrong = [path for path in mask if path not in PATCHABLE]
    if wrong or not mask:
        raise invalid(f"Invalid update mask: {', '.join(wrong) or 'empty'}", field="update_mask")


def overlaps(connector: Resource, others: Iterable[Resource]) -> bool:
    """Tell whether a connector's range is, in part, that of another one in the same network."""
    if not connector.get("ipCidrRange"):
        return False
    own = ipaddress.ip_network(connector["ipCidrRange"])
    return any(
        other["name"] != connector["name"]
        and other.get("ipCidrRange")
        and _network(other) == _network(connector)
        and own.overlaps(ipaddress.ip_network(other["ipCidrRange"]))
        for other in others
    )


def _network(connector: Resource) -> str:
    return str(connector.get("network", "")).rpartition("/")[2]


def _faults(connector: Resource) -> Iterator[tuple[str, str]]:
    subnet, network, given = connector.get("subnet"), connector.get("network"), connector.get("ipCidrRange")
    if not subnet and not (network and given):
        yield "network", "Either a subnet, or a network with an IP CIDR range, must be given."
    if subnet and (given or not subnet.get("name")):
        yield "subnet", "A subnet has a name and takes the place of an IP CIDR range."
    if given and _prefix_length(given) != _PREFIX_LENGTH:
        yield "ip_cidr_range", f"The IP CIDR range {given} is not an unused /28 range."
    if connector["machineType"] not in MACHINES:
        yield "machine_type", f"The machine type {connector['machineType']} is not one of {', '.join(MACHINES)}."
    least, most = connector["minInstances"], connector["maxInstances"]
    if not _LEAST_MINIMUM <= least < most <= _GREATEST_MAXIMUM:
        yield "", f"Invalid instances: min {least}, max {most}; 2 <= min < max <= 10 is required."


def _prefix_length(given: str) -> int | None:
    try:
        return ipaddress.IPv4Network(given).prefixlen
    except ValueError:
        return None
