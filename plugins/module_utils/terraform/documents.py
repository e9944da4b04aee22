# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what Terraform knows, offline: a state file, or what ``terraform show -json`` prints of a state or a plan.

https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

STATE_VERSION = 4  # of a state file; the output of "show" has format_version instead


@dataclass(frozen=True)
class KnownResource:
    """One resource that Terraform manages, with its attributes; they may hold secrets and are never shown whole."""

    address: str
    type: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A state or a plan: what kind it is, its serial (of a state), its managed resources."""

    kind: str
    serial: int | None
    resources: tuple[KnownResource, ...]

    def of_type(self, kind: str) -> list[KnownResource]:
        """Return the resources of a type."""
        return [resource for resource in self.resources if resource.type == kind]


def read_document(content: Any) -> Document:
    """Return a document, or raise ValueError in words for what is none."""
    if not isinstance(content, Mapping):
        raise ValueError("it is not a JSON object")
    if content.get("version") == STATE_VERSION and "lineage" in content:
        return Document("state", content.get("serial"), tuple(_of_state(content)))
    if "format_version" not in content:
        raise ValueError('it is neither a state file (version 4) nor the output of "terraform show -json"')
    if "planned_values" in content:
        root = (content["planned_values"] or {}).get("root_module") or {}
        return Document("plan", None, tuple(_of_module(root)))
    return Document("state", None, tuple(_of_module((content.get("values") or {}).get("root_module") or {})))


def _of_state(content: Mapping[str, Any]) -> Iterator[KnownResource]:
    for resource in content.get("resources") or ():
        if resource.get("mode") != "managed":
            continue
        module = f"{resource['module']}." if resource.get("module") else ""
        for instance in resource.get("instances") or ():
            key = instance.get("index_key")
            index = "" if key is None else f"[{key!r}]" if isinstance(key, int) else f'["{key}"]'
            address = f"{module}{resource.get('type')}.{resource.get('name')}{index}"
            yield KnownResource(address, str(resource.get("type")), instance.get("attributes") or {})


def _of_module(module: Mapping[str, Any]) -> Iterator[KnownResource]:
    for resource in module.get("resources") or ():
        if resource.get("mode", "managed") == "managed":
            yield KnownResource(str(resource.get("address")), str(resource.get("type")), resource.get("values") or {})
    for child in module.get("child_modules") or ():
        yield from _of_module(child)
