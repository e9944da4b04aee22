"""Roles: the predefined ones of `roles.yml`, and the project's own in the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from netra_sandbox.kernel.store import Store

CUSTOM = "iam:"


@dataclass(frozen=True)
class Role:
    """One role; `name` begins with `roles/`."""

    name: str
    title: str
    permissions: frozenset[str]
    stage: str = "GA"


def read(document: Mapping[str, Any]) -> dict[str, Role]:
    """Return the roles of a document in the form of `roles.yml`, by name."""
    return {
        name: Role(name, entry["title"], _permissions(document, name), entry.get("stage", "GA"))
        for name, entry in document.items()
    }


@cache
def predefined() -> dict[str, Role]:
    """Return the roles that came with the sandbox, by name."""
    text = resources.files(__package__).joinpath("roles.yml").read_text(encoding="utf-8")
    return read(YAML(typ="safe").load(text))


def permissions(store: Store, name: str) -> frozenset[str]:
    """Return what a role allows; nothing for one that is unknown, deleted or disabled."""
    known = predefined().get(name)
    if known is not None:
        return known.permissions
    own = store.get(CUSTOM + name) if name.startswith("projects/") else None
    if own is None or own.get("deleted") or own.get("stage") == "DISABLED":
        return frozenset()
    return frozenset(own.get("includedPermissions", ()))


def _permissions(document: Mapping[str, Any], name: str) -> frozenset[str]:
    entry = document[name]
    listed = entry.get("permissions", {})
    own = {f"{resource}.{verb}" for resource, verbs in listed.items() for verb in verbs.split()}
    return frozenset(own.union(*(_permissions(document, other) for other in entry.get("includes", ()))))
