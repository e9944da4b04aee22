"""Cloud Armor's policies, by source addresses. https://cloud.google.com/compute/docs/reference/rest/v1/securityPolicies."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.services.compute import methods, refusals
from netra_sandbox.services.compute.collections import Collection
from netra_sandbox.services.compute.methods import serve

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
LOWEST_PRIORITY = 2_147_483_647
_ACTION = re.compile(r"allow|deny\((?:403|404|502)\)")
_DEFAULT_RULE: Resource = {
    "action": "allow",
    "description": "default rule",
    "match": {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}},
    "preview": False,
    "priority": LOWEST_PRIORITY,
}


def prepare(_sandbox: Sandbox, resource: Resource, _current: Resource | None) -> Resource:
    """Complete a policy: it always has a default rule, of the lowest priority."""
    made = {"type": "CLOUD_ARMOR", "labels": {}, **resource}
    if made["type"] != "CLOUD_ARMOR":
        raise refusals.unsupported(f"security policies of type {made['type']}")
    rules = [_completed(rule, f"resource.rules[{index}]") for index, rule in enumerate(made.get("rules", []))]
    priorities = [rule["priority"] for rule in rules]
    if len(set(priorities)) < len(priorities):
        raise refusals.invalid("resource.rules", "", "Cannot have rules with the same priorities.")
    if LOWEST_PRIORITY not in priorities:
        rules.append(dict(_DEFAULT_RULE))
    return {**made, "rules": sorted(rules, key=lambda rule: int(rule["priority"]))}


def decide(policy: Resource, address: str) -> int:
    """Return 0 when a policy lets a client pass, else the status that it is refused with."""
    client = ipaddress.ip_address(address)
    for rule in policy["rules"]:
        ranges = rule["match"].get("config", {}).get("srcIpRanges", [])
        if rule.get("preview") or not any(_inside(client, given) for given in ranges):
            continue
        return 0 if rule["action"] == "allow" else int(rule["action"][5:8])
    return 0


def _inside(client: ipaddress.IPv4Address | ipaddress.IPv6Address, given: str) -> bool:
    return given == "*" or client in ipaddress.ip_network(given, strict=False)


def _completed(rule: Resource, field: str) -> Resource:
    if "priority" not in rule:
        raise refusals.required(f"{field}.priority")
    if not 0 <= rule["priority"] <= LOWEST_PRIORITY:
        raise refusals.invalid(f"{field}.priority", rule["priority"], f"Must be between 0 and {LOWEST_PRIORITY}.")
    action = rule.get("action", "").replace("deny-", "deny(") + (")" if "deny-" in rule.get("action", "") else "")
    if not _ACTION.fullmatch(action):
        if action in {"throttle", "rate_based_ban", "redirect"}:
            raise refusals.unsupported(f"security policy rules with the action {action}")
        raise refusals.invalid(f"{field}.action", rule.get("action", ""), "Invalid action.")
    match = rule.get("match", {})
    if "expr" in match:
        raise refusals.unsupported("security policy rules with expressions")
    ranges = match.get("config", {}).get("srcIpRanges", [])
    if not ranges:
        raise refusals.required(f"{field}.match")
    for index, given in enumerate(ranges):
        _check_range(given, f"{field}.match.config.srcIpRanges[{index}]")
    return {"preview": False, **rule, "action": action}


def _check_range(given: str, field: str) -> None:
    if given == "*":
        return
    try:
        ipaddress.ip_network(given, strict=False)
    except ValueError:
        raise refusals.invalid(field, given, "Must be a valid IP CIDR range.") from None


COLLECTION = serve(
    Collection(
        "securityPolicies",
        "securityPolicy",
        "security_policy",
        "securityPolicy",
        fingerprinted=True,
        labelled=True,
        verbs=("insert", "patch", "delete"),
        prepare=prepare,
    )
)


def _rules(sandbox: Sandbox, call: Call) -> tuple[int, list[Resource]]:
    policy = methods.existing(sandbox, methods.name_in(call, COLLECTION))
    return int(call.parameters.get("priority", LOWEST_PRIORITY)), policy["rules"]


def _edited(sandbox: Sandbox, call: Call, verb: str, rules: list[Resource]) -> Resource:
    return methods.change(sandbox, call, COLLECTION, verb, lambda current: {**current, "rules": rules})


@handles("compute.securityPolicies.getRule")
async def get_rule(sandbox: Sandbox, call: Call) -> Resource:
    """Return the rule of a priority."""
    priority, rules = _rules(sandbox, call)
    return _of_priority(rules, priority)


@handles("compute.securityPolicies.addRule")
async def add_rule(sandbox: Sandbox, call: Call) -> Resource:
    """Start an operation that adds a rule."""
    _priority, rules = _rules(sandbox, call)
    return _edited(sandbox, call, "addRule", [*rules, call.body])


@handles("compute.securityPolicies.patchRule")
async def patch_rule(sandbox: Sandbox, call: Call) -> Resource:
    """Start an operation that changes the rule of a priority."""
    priority, rules = _rules(sandbox, call)
    changed = methods.merged(_of_priority(rules, priority), call.body)
    others = [rule for rule in rules if rule["priority"] != priority]
    return _edited(sandbox, call, "patchRule", [*others, changed])


@handles("compute.securityPolicies.removeRule")
async def remove_rule(sandbox: Sandbox, call: Call) -> Resource:
    """Start an operation that removes the rule of a priority; the default rule stays."""
    priority, rules = _rules(sandbox, call)
    _of_priority(rules, priority)
    if priority == LOWEST_PRIORITY:
        raise refusals.invalid("priority", priority, "The default rule cannot be removed.")
    return _edited(sandbox, call, "removeRule", [rule for rule in rules if rule["priority"] != priority])


def _of_priority(rules: list[Resource], priority: int) -> Resource:
    found = next((rule for rule in rules if rule["priority"] == priority), None)
    if found is None:
        raise refusals.invalid("priority", priority, "The priority does not match any of the rules.")
    return found
