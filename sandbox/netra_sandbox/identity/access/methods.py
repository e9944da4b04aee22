"""The permission that each API method asks for, as `methods.yml` says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ruamel.yaml import YAML

_NONE = "none"


@dataclass(frozen=True)
class Table:
    """Rows of `methods.yml`: verbs that permissions spell otherwise, collections, and single methods."""

    verbs: Mapping[str, str]
    collections: Mapping[str, str]
    methods: Mapping[str, str]

    def permission(self, method: str, version: str = "") -> str | None:
        """Return a method's permission, None for one that asks for none; raise KeyError for one without a row."""
        own = self.methods.get(f"{method}@{version}") or self.methods.get(method)
        if own is not None:
            return None if own == _NONE else own
        collection, _, verb = method.rpartition(".")
        if verb == "testIamPermissions" and collection in self.collections:
            return None  # documented for every API: it tells the caller what the caller may do
        return f"{self.collections[collection]}.{self.verbs.get(verb, verb)}"


@cache
def table() -> Table:
    """Return the table that came with the sandbox."""
    text = resources.files(__package__).joinpath("methods.yml").read_text(encoding="utf-8")
    return Table(**YAML(typ="safe").load(text))
