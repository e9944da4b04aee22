"""Addresses, global and regional. https://cloud.google.com/compute/docs/reference/rest/v1/globalAddresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services.compute import names, refusals
from netra_sandbox.services.compute.collections import Collection
from netra_sandbox.services.compute.methods import serve
from netra_sandbox.services.compute.references import Reference

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
# Addresses for documentation (RFC 5737) lead to nobody; private service access takes its ranges from 10.200.0.0/14.
_EXTERNAL = tuple(ipaddress.ip_network(network) for network in ("203.0.113.0/24", "198.51.100.0/24"))
_INTERNAL = ipaddress.ip_network("10.200.0.0/14")
_PURPOSES = {"VPC_PEERING", "PRIVATE_SERVICE_CONNECT"}
_SHORTEST_PREFIX, _LONGEST_PREFIX = 8, 30


def allocate(sandbox: Sandbox, project: str) -> str:
    """Return an external address that no resource of the project has."""
    taken = {entry["address"] for entry in sandbox.store.list(f"{names.KEY}projects/{project}/", "addresses")}
    taken |= {
        rule.get("IPAddress") for rule in sandbox.store.list(f"{names.KEY}projects/{project}/", "forwardingRules")
    }
    found = first_free((str(host) for network in _EXTERNAL for host in network.hosts()), taken)
    if found is None:
        message = "Quota 'STATIC_ADDRESSES' exceeded. Limit: 508.0 globally."
        raise ApiError("PERMISSION_DENIED", message, reason="quotaExceeded")
    return found


def first_free(candidates: Iterable[str], taken: set[Any]) -> str | None:
    """Return the first candidate that is not taken."""
    return next((candidate for candidate in candidates if candidate not in taken), None)


def prepare(sandbox: Sandbox, resource: Resource, current: Resource | None) -> Resource:
    """Give a new address its value."""
    if current is not None:
        return resource
    kind = resource.get("addressType", "EXTERNAL")
    made = {"addressType": kind, "ipVersion": "IPV4", "labels": {}, **resource}
    if made["ipVersion"] != "IPV4":
        raise refusals.unsupported("IPv6 addresses")
    if kind == "EXTERNAL":
        if "address" in made:
            raise refusals.invalid("resource.address", made["address"], "The IP address is not available.")
        tier = {"networkTier": "PREMIUM"}
        return {**tier, **made, "address": allocate(sandbox, sandbox.project), "status": "RESERVED"}
    return {**made, "address": _range(sandbox, made), "status": "RESERVED"}


def view(sandbox: Sandbox, address: Resource) -> Resource:
    """Show an address with the forwarding rules that use it."""
    project = names.name_of(address).split("/")[1]
    users = [
        rule["selfLink"]
        for rule in sandbox.store.list(f"{names.KEY}projects/{project}/", "forwardingRules")
        if rule.get("IPAddress") == address["address"]
    ]
    return {**address, "status": "IN_USE", "users": users} if users else address


def _range(sandbox: Sandbox, made: Resource) -> str:
    if made.get("purpose") not in _PURPOSES:
        raise refusals.required("resource.purpose")
    if not made.get("network"):
        raise refusals.required("resource.network")
    length = made.get("prefixLength", _LONGEST_PREFIX)
    if not _SHORTEST_PREFIX <= length <= _LONGEST_PREFIX:
        raise refusals.invalid("resource.prefixLength", length, "Must be between 8 and 30.")
    if "address" in made:
        return str(made["address"])
    taken = {entry["address"] for entry in sandbox.store.list(names.KEY, "addresses")}
    size = max(length, _INTERNAL.prefixlen)
    free = first_free((str(network.network_address) for network in _INTERNAL.subnets(new_prefix=size)), taken)
    return free or str(_INTERNAL.network_address)


def _check_users(sandbox: Sandbox, address: Resource) -> None:
    for user in view(sandbox, address).get("users", []):
        name = names.name_of(address)
        raise refusals.in_use("address", name, user.removeprefix(names.ROOT))


_SHARED: dict[str, Any] = {
    "plural": "addresses",
    "kind": "address",
    "word": "address",
    "parameter": "address",
    "labelled": True,
    "references": (Reference("network", ("networks",)), Reference("subnetwork", ("subnetworks",))),
    "output_only": frozenset({"status", "users"}),
    "prepare": prepare,
    "view": view,
    "deletable": _check_users,
}
GLOBAL = serve(Collection(methods="globalAddresses", **_SHARED))
REGIONAL = serve(Collection(regional=True, **_SHARED))
