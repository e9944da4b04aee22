"""Read the stored services: who serves what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.services.cloud_run import names
from netra_sandbox.services.cloud_run import traffic as traffics

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

Resource = dict[str, Any]


def location(sandbox: Sandbox) -> str:
    """Return the parent of the sandbox's services."""
    return f"projects/{sandbox.project}/locations/{sandbox.region}"


def services(sandbox: Sandbox, parent: str | None = None) -> list[Resource]:
    """Return the services of a location."""
    prefix = f"{names.API}{parent or location(sandbox)}/services/"
    return [value for value in sandbox.store.list(prefix) if "/revisions/" not in value["name"]]


def revisions(sandbox: Sandbox, service: str) -> list[Resource]:
    """Return the revisions of a service, by its full name."""
    return sandbox.store.list(f"{names.API}{service}/revisions/")


def latest_ready(service: Resource) -> str:
    """Return the short name of the revision that LATEST stands for, empty before the first is ready."""
    return names.short_name(service.get("latestReadyRevision", ""))


def weights(service: Resource) -> dict[str, int]:
    """Return revision → percent as it is served."""
    return traffics.weights(service.get("trafficStatuses", []), latest_ready(service))


def tags(service: Resource) -> dict[str, str]:
    """Return tag → revision as it is served."""
    return traffics.tagged(service.get("trafficStatuses", []), latest_ready(service))


def reachable(service: Resource) -> set[str]:
    """Return the revisions that traffic or a tag reaches."""
    return traffics.reachable(service.get("trafficStatuses", []), latest_ready(service))
