# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say on which state a plan was made: of each resource that it would change, what an observation shows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.foresight import NOUNS

# Of a service: what somebody asked for. How Cloud Run is doing with it comes and goes.
OF_SERVICE = ("template", "traffic", "annotations", "labels", "ingress", "generation")
TERRAFORM, FILE = "terraform", "file"


def baseline_of(
    observation: Mapping[str, Any], contents: Mapping[str, str | None], resources: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Return resource → field → value of what is there; ``contents`` are fingerprints of files."""
    return {
        resource: dict(_flat("", found))
        for resource in dict.fromkeys(resources)
        if (found := _found(observation, contents, *resource.split(" ", 1))) is not None
    }


def _found(
    observation: Mapping[str, Any], contents: Mapping[str, str | None], noun: str, name: str
) -> Mapping[str, Any] | None:
    """Return what is known of a resource, empty where it is not there, None where nothing of it is observed."""
    if noun == "service":
        service = (observation.get("services") or {}).get(name) or {}
        return {part: service[part] for part in OF_SERVICE if part in service}
    if noun == "secret":
        return {"versions": ((observation.get("secrets") or {}).get(name) or {}).get("versions")}
    if noun == FILE:
        return {"content": contents.get(name)}
    if noun == TERRAFORM:
        return {"state": (observation.get(TERRAFORM) or {}).get("state")}
    return _infrastructure(observation, f"{noun} {name}")


def _infrastructure(observation: Mapping[str, Any], resource: str) -> Mapping[str, Any] | None:
    for part, noun in NOUNS.items():
        if resource.startswith(f"{noun} "):
            return (observation.get("infrastructure") or {}).get(part) or {}
    return None


def _flat(above: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Return each value of nested mappings by its path; what is empty is not there."""
    if isinstance(value, Mapping):
        for name, entry in value.items():
            yield from _flat(f"{above}.{name}" if above else str(name), entry)
    elif value not in (None, "", [], ()):
        yield above, value
