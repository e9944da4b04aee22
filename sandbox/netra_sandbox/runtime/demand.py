"""Read from the stored services which instances their revisions need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netra_sandbox.runtime import scaling
from netra_sandbox.services.cloud_run import names, registry

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox


@dataclass(frozen=True)
class Demand:
    """The limits of a revision that requests can reach, and whether it has a share of the traffic."""

    bounds: scaling.Limits
    traffic: bool


def demands(sandbox: Sandbox) -> dict[str, Demand]:
    """Return revision → demand for every revision that traffic or a tag reaches."""
    found: dict[str, Demand] = {}
    for service in registry.services(sandbox):
        name = names.ServiceName.parse(service["name"])
        weights = registry.weights(service)
        for short in registry.reachable(service):
            revision = sandbox.store.get(name.revision_key(short)) or {}
            percent = weights.get(short, 0)
            # A tag alone keeps the revision's own minimum warm (Cloud Run: minimum instances and tags).
            found[name.revision(short)] = Demand(scaling.limits(revision, service, percent), short in weights)
    return found


def limits(sandbox: Sandbox, revision: str) -> scaling.Limits:
    """Return the limits of a revision, whether it is reached or not."""
    name, short = names.ServiceName.parse(revision), names.short_name(revision)
    service = sandbox.store.get(name.key) or {}
    return scaling.limits(
        sandbox.store.get(name.revision_key(short)) or {}, service, registry.weights(service).get(short, 0)
    )


def connector_states(sandbox: Sandbox) -> dict[str, str]:
    """Return connector → state."""
    found = sandbox.store.list(f"vpcaccess:{registry.location(sandbox)}/connectors/")
    return {connector["name"]: str(connector.get("state", "")) for connector in found}
