"""References between resources: where bodies have them, whether they lead somewhere, and who refers to whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netra_sandbox.services.compute import names, refusals

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]


@dataclass(frozen=True)
class Reference:
    """A field that holds links: `path` with `[]` behind lists, and the collections that it may lead to."""

    path: str
    collections: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """One value of a reference and where it stands, so that it can be replaced."""

    field: str
    value: str
    holder: Any
    key: Any


def places(resource: Resource, reference: Reference) -> list[Place]:
    """Return the values that a resource has for a reference, with their fields as error messages name them."""
    return list(_walk(resource, reference.path.split("."), "resource"))


def resolve(sandbox: Sandbox, project: str, resource: Resource, references: tuple[Reference, ...]) -> None:
    """Replace every reference by the link of the resource it leads to; refuse one that leads nowhere."""
    for reference in references:
        for place in places(resource, reference):
            name = names.read(place.value, project)
            if name is None or names.collection_of(name) not in reference.collections:
                raise refusals.invalid(place.field, place.value, "The URL is malformed.")
            if sandbox.store.get(names.KEY + name) is None:
                raise refusals.not_found(name)
            place.holder[place.key] = names.link(name)


def _walk(value: Any, parts: list[str], field: str) -> Iterator[Place]:
    part, rest = parts[0], parts[1:]
    key = part.removesuffix("[]")
    if not isinstance(value, dict) or not value.get(key):
        return
    if part == key:
        if rest:
            yield from _walk(value[key], rest, f"{field}.{key}")
        else:
            yield Place(f"{field}.{key}", str(value[key]), value, key)
        return
    for index, item in enumerate(value[key]):
        where = f"{field}.{key}[{index}]"
        if rest:
            yield from _walk(item, rest, where)
        else:
            yield Place(where, str(item), value[key], index)
