"""What a collection of Compute Engine is to the methods that serve it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netra_sandbox.services.compute import names
from netra_sandbox.services.compute.references import Reference, places

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
Prepare = Callable[["Sandbox", Resource, "Resource | None"], Resource]
Effect = Callable[["Sandbox", Resource], None]
View = Callable[["Sandbox", Resource], Resource]


def _as_given(_sandbox: Sandbox, resource: Resource, _current: Resource | None) -> Resource:
    return resource


def _nothing(_sandbox: Sandbox, _resource: Resource) -> None:
    return


def _as_stored(_sandbox: Sandbox, resource: Resource) -> Resource:
    return resource


@dataclass(frozen=True)
class Collection:
    """A kind of resource in one scope.

    `prepare` gets a resource as it shall be (and as it is, None for a new one), completes it or refuses it before an
    operation begins; references are resolved after it. `created` and `deleted` follow a change, `deletable` refuses a
    removal that references do not forbid; `view` is how answers show a resource.
    """

    plural: str
    kind: str
    word: str
    parameter: str
    methods: str = ""
    regional: bool = False
    aggregated: bool = True
    fingerprinted: bool = False
    labelled: bool = False
    verbs: tuple[str, ...] = ("insert", "delete")
    references: tuple[Reference, ...] = ()
    output_only: frozenset[str] = frozenset()
    prepare: Prepare = _as_given
    created: Effect = _nothing
    deletable: Effect = _nothing
    deleted: Effect = _nothing
    view: View = _as_stored

    @property
    def api(self) -> str:
        """Return the name of the collection's methods in the discovery document."""
        return f"compute.{self.methods or self.plural}"

    def parent(self, project: str, region: str) -> str:
        """Return the name of the collection in its scope."""
        scope = f"regions/{region}" if self.regional else "global"
        return f"projects/{project}/{scope}/{self.plural}"

    def all(self, sandbox: Sandbox, parent: str) -> list[Resource]:
        """Return the resources below a parent as answers show them."""
        return [self.view(sandbox, resource) for resource in sandbox.store.list(f"{names.KEY}{parent}/")]


COLLECTIONS: dict[tuple[str, bool], Collection] = {}


def of_name(name: str) -> Collection | None:
    """Return the collection that a resource's name is in."""
    return COLLECTIONS.get((names.collection_of(name), names.scope_of(name) != "global"))


def users(sandbox: Sandbox, name: str) -> list[str]:
    """Return the names of the resources that refer to one, found by the references of their collections."""
    wanted, found = names.link(name), []
    for (plural, _regional), collection in COLLECTIONS.items():
        targets = [entry for entry in collection.references if names.collection_of(name) in entry.collections]
        project = name.split("/")[1]
        for resource in sandbox.store.list(f"{names.KEY}projects/{project}/", plural) if targets else []:
            if any(place.value == wanted for entry in targets for place in places(resource, entry)):
                found.append(names.name_of(resource))
    return sorted(set(found))
