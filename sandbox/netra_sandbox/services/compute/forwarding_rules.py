"""Global forwarding rules. https://cloud.google.com/compute/docs/reference/rest/v1/globalForwardingRules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.services.compute import addresses, methods, names, refusals
from netra_sandbox.services.compute.collections import Collection
from netra_sandbox.services.compute.methods import serve
from netra_sandbox.services.compute.references import Reference

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_HIGHEST_PORT = 65535
# The ports that a classic load balancer's proxies listen at; those of newer ones listen at any.
_CLASSIC = {"targetHttpProxies": {80, 8080}, "targetHttpsProxies": {443}}
_SCHEMES = ("EXTERNAL", "EXTERNAL_MANAGED")


def prepare(sandbox: Sandbox, resource: Resource, current: Resource | None) -> Resource:
    """Complete a rule and give it its address."""
    defaults: Resource = {
        "IPProtocol": "TCP",
        "loadBalancingScheme": "EXTERNAL",
        "networkTier": "PREMIUM",
        "labels": {},
    }
    made = defaults | resource
    if not made.get("target"):
        raise refusals.required("resource.target")
    if made["loadBalancingScheme"] not in _SCHEMES:
        raise refusals.unsupported(f"load balancers of scheme {made['loadBalancingScheme']}")
    low, high = _ports(made)
    if current is not None:
        return made
    made["portRange"] = f"{low}-{high}"
    made["IPAddress"] = _address(sandbox, made.get("IPAddress"))
    for other in sandbox.store.list(f"{names.KEY}projects/{sandbox.project}/global/forwardingRules/"):
        if other["IPAddress"] == made["IPAddress"] and covers(other, low, high):
            why = "Specified IP address is in-use and would result in a conflict."
            raise refusals.invalid("resource.IPAddress", made["IPAddress"], why)
    return made


def covers(rule: Resource, low: int, high: int) -> bool:
    """Tell whether a rule's ports and a range of ports have one in common."""
    first, last = (int(port) for port in rule["portRange"].split("-"))
    return first <= high and low <= last


def listening(sandbox: Sandbox, address: str, port: int) -> Resource | None:
    """Return the rule that takes connections to an address and a port."""
    rules = sandbox.store.list(f"{names.KEY}projects/{sandbox.project}/global/forwardingRules/")
    return next((rule for rule in rules if rule["IPAddress"] == address and covers(rule, port, port)), None)


def _ports(rule: Resource) -> tuple[int, int]:
    given = str(rule.get("portRange") or "")
    if not given:
        raise refusals.required("resource.portRange")
    found = _PORTS.fullmatch(given)
    low, high = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= low <= high <= _HIGHEST_PORT:
        raise refusals.invalid("resource.portRange", given, "Invalid port range.")
    classic = _CLASSIC.get(str(rule["target"]).split("/")[-2] if "/" in str(rule["target"]) else "")
    if classic and rule["loadBalancingScheme"] == "EXTERNAL" and not (low == high and low in classic):
        wanted = ", ".join(str(port) for port in sorted(classic))
        raise refusals.invalid("resource.portRange", given, f"Port range must be one of {wanted} for this target.")
    return low, high


def _address(sandbox: Sandbox, given: str | None) -> str:
    """Return the value of an address, given by itself or by the link of its resource; a new one when none is given."""
    if not given:
        return addresses.allocate(sandbox, sandbox.project)
    name = names.read(given, sandbox.project)
    if name is not None and names.collection_of(name) == "addresses" and names.scope_of(name) == "global":
        return str(methods.existing(sandbox, name)["address"])
    reserved = sandbox.store.list(f"{names.KEY}projects/{sandbox.project}/global/addresses/")
    if not any(entry["address"] == given for entry in reserved):
        raise refusals.invalid("resource.IPAddress", given, "Invalid IP address specified.")
    return given


COLLECTION = serve(
    Collection(
        "forwardingRules",
        "forwardingRule",
        "forwarding_rule",
        "forwardingRule",
        methods="globalForwardingRules",
        fingerprinted=True,
        labelled=True,
        references=(Reference("target", ("targetHttpProxies", "targetHttpsProxies")),),
        prepare=prepare,
    )
)
REGIONAL = serve(
    Collection(
        "forwardingRules",
        "forwardingRule",
        "forwarding_rule",
        "forwardingRule",
        regional=True,
        verbs=(),
    )
)


@handles("compute.globalForwardingRules.setTarget")
async def set_target(sandbox: Sandbox, call: Call) -> Resource:
    """Start an operation that lets a rule lead to another proxy."""
    given = call.body.get("target", "")
    return methods.change(sandbox, call, COLLECTION, "setTarget", lambda current: {**current, "target": given})
