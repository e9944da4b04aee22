"""Conditions, v2 → v1: states become True, False and Unknown, and reasons CamelCase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Resource = dict[str, Any]
_STATUS = {"CONDITION_SUCCEEDED": "True", "CONDITION_FAILED": "False"}
_SEVERITY = {"INFO": "Info", "WARNING": "Warning", "ERROR": "Error"}
_REASONS = ("reason", "revisionReason", "executionReason")


def to_v1(condition: Mapping[str, Any]) -> Resource:
    """Return one condition as v1 has it."""
    result: Resource = {
        "type": condition["type"],
        "status": _STATUS.get(condition["state"], "Unknown"),
        "lastTransitionTime": condition["lastTransitionTime"],
    }
    reason = next((condition[key] for key in _REASONS if condition.get(key)), "")
    if reason:
        result["reason"] = camel(reason)
    if condition.get("message"):
        result["message"] = condition["message"]
    if condition.get("severity"):
        result["severity"] = _SEVERITY[condition["severity"]]
    return result


def camel(reason: str) -> str:
    """Write HEALTH_CHECK_CONTAINER_ERROR as HealthCheckContainerError."""
    return "".join(word.capitalize() for word in reason.split("_"))
