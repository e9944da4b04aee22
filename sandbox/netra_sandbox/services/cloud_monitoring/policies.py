"""Alert policies and notification channels: kept and checked; no policy is evaluated, no channel is notified.

https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import field_mask
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services import longrunning
from netra_sandbox.services.cloud_logging import filters as log_filters
from netra_sandbox.services.cloud_monitoring import filters
from netra_sandbox.services.cloud_monitoring.filters import refusal
from netra_sandbox.services.cloud_monitoring.named import counted_page, numbered
from netra_sandbox.telemetry.query.selecting import metric_type

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "monitoring.projects.alertPolicies"
KEY = "monitoring:alertPolicies/"
MOST_CONDITIONS = 6  # https://cloud.google.com/monitoring/quotas
_KINDS = (
    *("conditionThreshold", "conditionAbsent", "conditionMatchedLog", "conditionMonitoringQueryLanguage"),
    *("conditionPrometheusQueryLanguage", "conditionSql"),
)
_METRIC_KINDS = ("conditionThreshold", "conditionAbsent")


@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Make a policy."""
    name = f"projects/{sandbox.project}/alertPolicies/{_number()}"
    mutation = _mutation(sandbox, call)
    policy = {
        "enabled": True,
        **_checked(sandbox, call.body, name),
        "creationRecord": mutation,
        "mutationRecord": mutation,
    }
    sandbox.store.put(KEY + name, policy)
    return policy


@handles(f"{METHODS}.list")
async def list_policies(sandbox: Sandbox, call: Call) -> Resource:
    """Return the policies."""
    return counted_page(sandbox.store.list(KEY), "alertPolicies", call)


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a policy."""
    return _policy(sandbox, call)


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change a policy; without a mask all of it is replaced."""
    policy = _policy(sandbox, call)
    mask = call.parameters.get("updateMask")
    given = field_mask.apply(policy, call.body, mask) if mask else {"enabled": True, **call.body}
    changed = {
        **_checked(sandbox, given, policy["name"]),
        "creationRecord": policy["creationRecord"],
        "mutationRecord": _mutation(sandbox, call),
    }
    sandbox.store.put(KEY + policy["name"], changed)
    return changed


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Remove a policy."""
    sandbox.store.delete(KEY + _policy(sandbox, call)["name"])
    return {}


def users_of(sandbox: Sandbox, channel: str) -> list[Resource]:
    """Return the policies that notify a channel."""
    return [policy for policy in sandbox.store.list(KEY) if channel in policy.get("notificationChannels", [])]


def _policy(sandbox: Sandbox, call: Call) -> Resource:
    name = numbered(sandbox, call.parameters["name"])
    found = sandbox.store.get(KEY + name)
    if found is None:
        raise ApiError("NOT_FOUND", f"The alert policy {name} could not be found.")
    return found


def _checked(sandbox: Sandbox, given: Resource, name: str) -> Resource:
    """Return a policy with names for its conditions; refuse one that cannot be."""
    policy = {**given, "name": name}
    if not policy.get("displayName"):
        raise refusal("", "a display name is required.", "alert_policy.display_name")
    if policy.get("combiner", "COMBINE_UNSPECIFIED") == "COMBINE_UNSPECIFIED":
        raise refusal("", "must specify a combiner.", "alert_policy.combiner")
    conditions = policy.get("conditions", [])
    if not 0 < len(conditions) <= MOST_CONDITIONS:
        raise refusal(str(len(conditions)), "a policy has 1 to 6 conditions.", "alert_policy.conditions")
    policy["conditions"] = [
        _condition(condition, name, f"alert_policy.conditions[{number}]") for number, condition in enumerate(conditions)
    ]
    for channel in policy.get("notificationChannels", []):
        if sandbox.store.get(f"monitoring:notificationChannels/{numbered(sandbox, channel)}") is None:
            raise ApiError("NOT_FOUND", f"The notification channel {channel} could not be found.")
    return policy


def _condition(condition: Resource, policy: str, field: str) -> Resource:
    kinds = [kind for kind in _KINDS if kind in condition]
    if len(kinds) != 1:
        raise refusal("", "a condition has one kind.", field)
    kind = kinds[0]
    content = condition[kind]
    if kind in _METRIC_KINDS:
        where = f"{field}.{_snake(kind)}.filter"
        tree, _ = filters.read(content.get("filter", ""), where)
        if not metric_type(tree):
            words = 'must specify a restriction on "metric.type" in the filter.'
            raise refusal(content.get("filter", ""), words, where)
    if kind == "conditionMatchedLog":
        log_filters.read(content.get("filter", ""))
    if not condition.get("displayName"):
        raise refusal("", "a display name is required.", f"{field}.display_name")
    return {**condition, "name": condition.get("name") or f"{policy}/conditions/{_number()}"}


def _mutation(sandbox: Sandbox, call: Call) -> Resource:
    return {"mutateTime": longrunning.timestamp(sandbox), "mutatedBy": call.principal}


def _number() -> str:
    return str(secrets.randbelow(9 * 10**18) + 10**18)


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name)
