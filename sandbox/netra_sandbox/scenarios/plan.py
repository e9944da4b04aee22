"""What a scenario will make, before anything is made: the contract's environment, from which breakages take away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Resource = dict[str, Any]


@dataclass(frozen=True)
class DropPackage:
    """The ignore file keeps a folder out of every image."""

    package: str


@dataclass(frozen=True)
class DropLines:
    """A source file lacks the lines that hold one of these words."""

    path: str
    words: tuple[str, ...]


Edit = DropPackage | DropLines


@dataclass(frozen=True)
class RevisionPlan:
    """A revision as it differs from what the contract says of its service.

    `variables` are templates over the infrastructure's outputs; in `secrets` (variable → `secret[:version]`) None
    unbinds one. A `clean` revision was built from sources without the plan's edits, an `unchecked` one was taken for
    ready without a start-up probe, and one that is `crashing` has crashed before.
    """

    name: str
    clean: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str | None] = field(default_factory=dict)
    floating: bool = False
    connected: bool = True
    unchecked: bool = False
    crashing: bool = False


@dataclass(frozen=True)
class ServicePlan:
    """A service with its revisions, oldest first; traffic goes to the one that `pinned` names, else to the latest."""

    name: str
    revisions: tuple[RevisionPlan, ...]
    pinned: str = ""


@dataclass(frozen=True)
class ErrorsPlan:
    """Errors of the last half hour."""

    service: str
    revision: str
    message: str
    count: int


@dataclass(frozen=True)
class Plan:
    """An environment: its contract and what of it is otherwise.

    `secrets` maps the contract's names to those they are stored under, None for one that is not there. The certificate
    does not name the hosts that are `uncovered`; the URL map leads those that are `misled` to these services.
    """

    contract: Resource
    services: Mapping[str, ServicePlan] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    secrets: Mapping[str, str | None] = field(default_factory=dict)
    config_complete: bool = True
    has_cache: bool = True
    has_connector: bool = True
    connector_network: str = ""
    tier: str = ""
    uncovered: tuple[str, ...] = ()
    misled: dict[str, str] = field(default_factory=dict)
    errors: tuple[ErrorsPlan, ...] = ()
    faults: tuple[Resource, ...] = ()

    def change_latest(self, service: str, change: Callable[[RevisionPlan], RevisionPlan]) -> Plan:
        """Return the plan with another latest revision of a service."""
        *older, latest = self.services[service].revisions
        changed = replace(self.services[service], revisions=(*older, change(latest)))
        return replace(self, services={**self.services, service: changed})


def whole(contract: Resource, revisions: Mapping[str, list[str]]) -> Plan:
    """Return the plan of an environment in which everything is as its contract says."""
    services = {}
    for service in contract["remediation_services"]:
        name = service["name"]
        named = revisions.get(name) or [f"{name}-00001-aaa"]
        services[name] = ServicePlan(name, tuple(RevisionPlan(revision) for revision in named))
    secrets = {entry["name"]: entry["name"] for entry in contract["remediation_secrets"]}
    tier = contract["remediation_infrastructure"].get("sql", {}).get("tier", "")
    return Plan(contract, services, secrets=secrets, tier=tier)
