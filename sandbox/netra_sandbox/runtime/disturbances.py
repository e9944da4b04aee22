"""What may be wrong with the instances of a revision, on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from netra_sandbox.runtime import processes
from netra_sandbox.runtime.instances import Launch
from netra_sandbox.runtime.memory import MIB


@dataclass(frozen=True)
class Disturbance:
    """A fault of a revision's instances.

    Each instance is killed `crash_after` seconds after it has started (None: it is not), starts `start_delay` seconds
    late, listens on another port than it is told to (`wrong_port`), or has `memory_mib` MiB instead of its limit.
    """

    crash_after: float | None = None
    start_delay: float = 0.0
    wrong_port: bool = False
    memory_mib: int = 0


NOTHING = Disturbance()


def find(disturbances: Mapping[str, Disturbance], revision: str) -> Disturbance:
    """Return what is wrong with a revision: its own row, else its service's; keys are full names."""
    return disturbances.get(revision) or disturbances.get(revision.partition("/revisions/")[0]) or NOTHING


def disturbed(launch: Launch, disturbance: Disturbance) -> Launch:
    """Return how an instance starts under a disturbance."""
    if disturbance.wrong_port:
        launch = replace(launch, environment={**launch.environment, "PORT": str(processes.free_port())})
    if disturbance.start_delay:
        waiting = ["/bin/sh", "-c", f'sleep {disturbance.start_delay:g}; exec "$@"', "sh"]
        launch = replace(launch, command=[*waiting, *launch.command])
    if disturbance.memory_mib:
        launch = replace(launch, memory=disturbance.memory_mib * MIB)
    return launch
