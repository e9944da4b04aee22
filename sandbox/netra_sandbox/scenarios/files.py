"""Scenario files: found by name or path, read strictly, turned into a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from netra_sandbox.scenarios import breakages, plan
from netra_sandbox.scenarios.breakages import BreakageError

Resource = dict[str, Any]
ROOT = Path(__file__).parents[3]
FOLDER = Path(__file__).parent
CONTRACT = ROOT / "inventory" / "sandbox" / "group_vars" / "all" / "contract.yml"
APPLICATION = ROOT / "sandbox" / "application"
_KEYS: Mapping[str, type] = {
    "title": str,
    "story": str,
    "environment": dict,
    "broken": list,
    "seen": list,
    "hints": list,
}
_ENVIRONMENT: Mapping[str, type] = {
    "contract": str,
    "application": str,
    "services": list,
    "secrets": list,
    "infrastructure": dict,
    "config_files": list,
    "hosts": dict,
    "revisions": dict,
}
_SEEN: Mapping[str, type] = {"host": str, "as": str}
HOST_STATES = ("down", "slow", "wrong-certificate")


class ScenarioError(ValueError):
    """A scenario that is not there or not written as one; the words are for its author."""


@dataclass(frozen=True)
class Scenario:
    """A scenario as its file has it; `seen` tells which hosts do not answer as they should, all others are healthy."""

    name: str
    title: str
    story: str
    application: Path
    contract: Resource
    revisions: Mapping[str, list[str]]
    broken: tuple[tuple[str, Resource], ...]
    seen: Mapping[str, str] = field(default_factory=dict)
    hints: tuple[str, ...] = ()

    def plan(self) -> plan.Plan:
        """Return what the scenario makes; raise ScenarioError for a breakage that does not fit."""
        made = plan.whole(self.contract, self.revisions)
        for name, options in self.broken:
            try:
                made = breakages.break_plan(made, name, options)
            except BreakageError as error:
                raise ScenarioError(f"{self.name}: {error}") from None
        return made


def names() -> list[str]:
    """Return the names of the scenarios that come with the sandbox."""
    return sorted(path.stem for path in FOLDER.glob("*.yml"))


def is_path(name: str) -> bool:
    """Tell whether a scenario is named by its file."""
    return name.endswith((".yml", ".yaml"))


def find(name: str) -> Scenario:
    """Read a scenario by its name or by the path of its file; raise ScenarioError."""
    if not is_path(name) and name not in names():
        raise ScenarioError(f"There is no scenario {name}; there are {', '.join(names())}, or the path of a .yml file.")
    path = Path(name) if is_path(name) else FOLDER / f"{name}.yml"
    try:
        return read(name, _yaml(path), path.parent)
    except OSError as error:
        raise ScenarioError(f"The scenario {path} cannot be read: {error.strerror}.") from None


def read(name: str, document: Any, folder: Path) -> Scenario:
    """Return the scenario that a document describes; its paths are relative to `folder`."""
    top = _mapping(document, _KEYS, name)
    environment = _mapping(top.get("environment", {}), _ENVIRONMENT, f"{name}: environment")
    contract = _contract(environment, folder)
    seen = [_mapping(entry, _SEEN, f"{name}: seen") for entry in top.get("seen", [])]
    for entry in seen:
        if set(entry) != set(_SEEN) or entry["as"] not in HOST_STATES:
            raise ScenarioError(f"{name}: seen: an entry has a host, and as: one of {', '.join(HOST_STATES)}.")
    scenario = Scenario(
        name=name,
        title=str(top.get("title", name)),
        story=" ".join(str(top.get("story", "")).split()),
        application=(folder / environment["application"]).resolve() if "application" in environment else APPLICATION,
        contract=contract,
        revisions=environment.get("revisions", {}),
        broken=tuple(_breakages(top.get("broken", []), name)),
        seen={entry["host"]: entry["as"] for entry in seen},
        hints=tuple(str(hint) for hint in top.get("hints", [])),
    )
    scenario.plan()
    return scenario


def _breakages(given: list[Any], name: str) -> Iterator[tuple[str, Resource]]:
    """Read a list of names, each alone or with its options."""
    for entry in given:
        if isinstance(entry, str):
            yield entry, {}
        elif isinstance(entry, dict) and len(entry) == 1:
            ((breakage, options),) = entry.items()
            if not isinstance(options, dict):
                raise ScenarioError(f"{name}: broken: the options of {breakage} are not a mapping.")
            yield str(breakage), options
        else:
            raise ScenarioError(f"{name}: broken: an entry is a breakage's name, alone or with its options below it.")


def _contract(environment: Resource, folder: Path) -> Resource:
    """Return the contract, with what the scenario says of services, secrets, infrastructure and hosts in its place."""
    contract: Resource = _yaml(folder / environment["contract"] if "contract" in environment else CONTRACT)
    for part in ("services", "secrets", "infrastructure", "config_files"):
        if part in environment:
            contract[f"remediation_{part}"] = environment[part]
    for host, service in environment.get("hosts", {}).items():
        found = [entry for entry in contract["remediation_services"] if entry["name"] == service]
        if not found:
            raise ScenarioError(f"The host {host} leads to {service}, which is no service of the environment.")
        found[0]["host"] = host
    return contract


def _mapping(given: Any, known: Mapping[str, type], where: str) -> Resource:
    """Check a mapping's keys and the types of its values."""
    if not isinstance(given, dict):
        raise ScenarioError(f"{where} is not a mapping.")
    for key, value in given.items():
        if key not in known:
            raise ScenarioError(f"{where} has a key {key}, which there is not; there are {', '.join(known)}.")
        if not isinstance(value, known[key]):
            raise ScenarioError(f"{where}: {key} is not a {known[key].__name__}.")
    return given


def _yaml(path: Path) -> Any:
    try:
        return YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise ScenarioError(f"{path} is not YAML: {getattr(error, 'problem', '') or type(error).__name__}.") from None
