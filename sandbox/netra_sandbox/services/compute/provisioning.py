"""How a managed certificate comes to be signed: by what DNS and the load balancer show of its domains.

https://cloud.google.com/load-balancing/docs/ssl-certificates/troubleshooting
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from netra_sandbox.dataplane import dns
from netra_sandbox.services.compute import forwarding_rules, names
from netra_sandbox.services.compute.collections import users

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
SECONDS = 0.4
PROVISIONING, ACTIVE, RENEWAL_FAILED = "PROVISIONING", "ACTIVE", "RENEWAL_FAILED"
NOT_VISIBLE = "FAILED_NOT_VISIBLE"
_HTTPS = 443


def advance(sandbox: Sandbox, name: str, managed: Resource, row: Resource) -> Resource:
    """Return the `managed` part of a certificate as it is by now; `row` says since when it is being provisioned."""
    if managed["status"] != PROVISIONING:
        return managed
    waited = (sandbox.now() - datetime.fromisoformat(row["since"])).total_seconds()
    visible = [domain for domain in managed["domains"] if is_visible(sandbox, name, domain)]
    return decide(managed, visible, waited)


def decide(managed: Resource, visible: list[str], waited: float) -> Resource:
    """Return what becomes of domains after a time in seconds: those that can be seen are signed, others retried."""
    if waited < SECONDS:
        return managed
    status = {
        domain: ACTIVE if before == ACTIVE or domain in visible else NOT_VISIBLE
        for domain, before in managed["domainStatus"].items()
    }
    complete = all(state == ACTIVE for state in status.values())
    return {**managed, "domainStatus": status, "status": ACTIVE if complete else PROVISIONING}


def is_visible(sandbox: Sandbox, name: str, domain: str) -> bool:
    """Tell whether a domain leads to a load balancer that a certificate is attached to, at port 443."""
    address = dns.address_of(sandbox, domain)
    rule = forwarding_rules.listening(sandbox, address, _HTTPS) if address else None
    return rule is not None and rule["target"].removeprefix(names.ROOT) in users(sandbox, name)
