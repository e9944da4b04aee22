"""Faults of a Cloud Run revision's instances, or of all revisions of a service: named by their short names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netra_sandbox.faults.rules import FaultError
from netra_sandbox.runtime.disturbances import Disturbance
from netra_sandbox.services.cloud_run import registry

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Values = dict[str, Any]
Options = Mapping[str, Any]


async def crash(sandbox: Sandbox, target: str, options: Options) -> Values:
    """Kill each instance a while after it has started."""
    return _disturb(sandbox, target, Disturbance(crash_after=float(options["seconds"])))


async def start_late(sandbox: Sandbox, target: str, options: Options) -> Values:
    """Let each process start late, within what its start-up probe allows or beyond it."""
    return _disturb(sandbox, target, Disturbance(start_delay=float(options["seconds"])))


async def listen_elsewhere(sandbox: Sandbox, target: str, options: Options) -> Values:  # noqa: ARG001
    """Give each process another port than the one that is probed."""
    return _disturb(sandbox, target, Disturbance(wrong_port=True))


async def lower_memory(sandbox: Sandbox, target: str, options: Options) -> Values:
    """Enforce less memory than the template's limit."""
    return _disturb(sandbox, target, Disturbance(memory_mib=int(options["mib"])))


async def calm(sandbox: Sandbox, target: str, before: Options) -> None:  # noqa: ARG001
    """Let the next instances be as their template says."""
    sandbox.supervisor.disturb(_full_name(sandbox, target), None)


def _disturb(sandbox: Sandbox, target: str, disturbance: Disturbance) -> Values:
    sandbox.supervisor.disturb(_full_name(sandbox, target), disturbance)
    return {}


def _full_name(sandbox: Sandbox, target: str) -> str:
    for service in registry.services(sandbox):
        for resource in (service, *registry.revisions(sandbox, service["name"])):
            if resource["name"].endswith(f"/{target}"):
                return str(resource["name"])
    raise FaultError(f"There is no service or revision {target}.")
