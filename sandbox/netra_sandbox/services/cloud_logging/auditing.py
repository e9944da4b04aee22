"""Admin Activity audit logs: every call that may change something, whether it was allowed or not.

https://cloud.google.com/logging/docs/audit. `methodName` is the method's name in the discovery document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.clock import format_time
from netra_sandbox.services.cloud_logging.entries import record

if TYPE_CHECKING:
    from netra_sandbox.identity.access.audit import Decision
    from netra_sandbox.sandbox import Sandbox

_PERMISSION_DENIED = 7
# What a permission ends with when it only reads; such calls are Data Access, which projects have switched off.
_READS = frozenset({"get", "list", "access", "getIamPolicy", "use", "invoke", "getAccessToken", "getOpenIdToken"})
# Where permissions say `create` but nothing is administered.
_DATA = ("logging.logEntries.", "errorreporting.errorEvents.", "storage.objects.", "monitoring.timeSeries.")


def listen(sandbox: Sandbox) -> None:
    """Record decisions from now on."""
    sandbox.access.audit.listeners.append(lambda decision: decided(sandbox, decision))


def decided(sandbox: Sandbox, decision: Decision) -> None:
    """Write the entry of a decision, if it is one of Admin Activity."""
    if is_activity(decision.permission):
        record(sandbox, entry(sandbox.project, decision))


def is_activity(permission: str) -> bool:
    """Tell whether a permission is one to change something."""
    return permission.rpartition(".")[2] not in _READS and not permission.startswith(_DATA)


def entry(project: str, decision: Decision) -> dict[str, Any]:
    """Return the entry of a decision."""
    service = f"{decision.method.partition('.')[0]}.googleapis.com"
    told = {"resource": decision.resource, "permission": decision.permission, "granted": decision.granted}
    denied = {"code": _PERMISSION_DENIED, "message": f"Permission '{decision.permission}' denied."}
    return {
        "logName": f"projects/{project}/logs/cloudaudit.googleapis.com%2Factivity",
        "resource": {
            "type": "audited_resource",
            "labels": {"project_id": project, "service": service, "method": decision.method},
        },
        "timestamp": format_time(decision.time),
        "severity": "NOTICE" if decision.granted else "ERROR",
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "serviceName": service,
            "methodName": decision.method,
            "resourceName": decision.resource,
            "authenticationInfo": {"principalEmail": decision.principal},
            "authorizationInfo": [told],
            **({} if decision.granted else {"status": denied}),
        },
    }
