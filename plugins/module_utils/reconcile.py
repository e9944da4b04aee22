# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide what must change and bring it about: action, mask, diff and check mode's answer come from one decision."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from ansible_collections.netra.remediation.plugins.module_utils.foundation import changes, intent, paths
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    BadInput,
    Conflict,
    UnsafeChange,
)

Kind = Literal["scalar", "ordered", "set", "keyed", "map", "owned_map"]
Action = Literal["none", "create", "update", "delete"]
T = TypeVar("T")
# What a full name has before the resource's own: a run's project and region are said once, in its plan.
_FULL_NAME = re.compile(r"projects/\S*/")


@dataclass(frozen=True)
class Field:
    """Tie an option to a place in the resource and say how two of its values compare.

    ``ordered`` lists compare by position, ``set`` lists without order, ``keyed`` lists of dictionaries by ``key``.
    A ``map`` is replaced as a whole; of an ``owned_map`` only the keys given are compared, and null removes one.
    ``default`` is what the server shows where nothing was asked for; ``canonical`` makes two spellings equal.
    """

    option: str
    path: str = ""
    kind: Kind = "scalar"
    key: str = "name"
    default: Any = None
    mask: str = ""
    immutable: bool = False
    required_on_create: bool = False
    canonical: Callable[[Any], Any] | None = None

    def settled(self, value: Any) -> Any:
        """Return the value in the form in which equal means equal: empty is null, null is the server's default."""
        if self.canonical and value is not None:
            value = self.canonical(value)
        if value in (None, "", [], {}, ()):
            return self.default
        if self.kind == "set":
            return sorted(value)
        if self.kind == "keyed":
            return sorted((_present(entry) for entry in value), key=lambda entry: str(entry.get(self.key)))
        return value

    def merged(self, wanted: Any, observed: Any) -> Any:
        """Return the value that results when what is wanted is applied to what is there."""
        if self.kind != "owned_map" or wanted is None:
            return wanted
        return _present({**(observed or {}), **wanted})


@dataclass(frozen=True)
class Plan:
    """Hold the decision: ``changes`` maps options to the value each must get, None meaning that it is cleared."""

    action: Action
    changes: dict[str, Any]
    update_mask: list[str]
    before: dict[str, Any]
    after: dict[str, Any]
    resource: str = "the resource"

    @property
    def changed(self) -> bool:
        """Say whether anything must be done."""
        return self.action != "none"

    @property
    def changed_fields(self) -> list[str]:
        """Return the options that change; of maps, which of their keys."""
        return sorted(
            name for option in self.changes for name in _names(option, self.before.get(option), self.after.get(option))
        )

    def as_result(self) -> dict[str, Any]:
        """Return the part of a task's result that follows from the decision alone."""
        diff = {"before": self.before, "after": self.after}
        return {"changed": self.changed, "changed_fields": self.changed_fields, "diff": diff}


def plan(
    fields: Iterable[Field],
    desired: Mapping[str, Any] | None,
    observed: Mapping[str, Any] | None,
    resource: str = "the resource",
) -> Plan:
    """Compare what is wanted with what is there, both as option → value; None stands for "not there".

    An option that is absent from ``desired`` is left alone, one that is null is cleared.
    """
    fields = tuple(fields)
    if desired is None:
        before = _present(observed or {})
        return Plan("delete" if observed is not None else "none", {}, [], before, {}, resource)
    if observed is None:
        return _creation(fields, desired, resource)
    wanted_values: dict[str, Any] = {}
    for field in fields:
        if field.option not in desired:
            continue
        there = observed.get(field.option)
        wanted = field.merged(desired[field.option], there)
        if field.settled(wanted) == field.settled(there):
            continue
        if field.immutable:
            raise UnsafeChange(
                f"Could not change {field.option} of {resource}: it is fixed at creation. "
                "Create a new one or leave the option out.",
                option=field.option,
                before=there,
                after=wanted,
            )
        wanted_values[field.option] = wanted
    masks = sorted({field.mask or field.path or field.option for field in fields if field.option in wanted_values})
    before = _present(observed)
    after = _present({**before, **wanted_values})
    return Plan("update" if wanted_values else "none", wanted_values, masks, before, after, resource)


def _creation(fields: tuple[Field, ...], desired: Mapping[str, Any], resource: str) -> Plan:
    missing = [field.option for field in fields if field.required_on_create and desired.get(field.option) is None]
    if missing:
        raise BadInput(
            f"Could not create {resource}: it does not exist yet and {', '.join(missing)} must be given.",
            option=missing[0],
        )
    wanted = {field.option: field.merged(desired.get(field.option), None) for field in fields}
    return Plan("create", _present(wanted), [], {}, _present(wanted), resource)


def view(fields: Iterable[Field], resource: Mapping[str, Any]) -> dict[str, Any]:
    """Read each field's value at its path: the resource as option → value."""
    return {field.option: paths.read(resource, field.path or field.option) for field in fields}


def body(fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Write each value at its field's path: the resource to send; None is written, so that a mask clears it."""
    resource: dict[str, Any] = {}
    for field in fields:
        if field.option in values:
            paths.write(resource, field.path or field.option, values[field.option])
    return resource


class Resource(Protocol[T]):
    """Read one resource and apply a decision to it."""

    def read(self) -> T | None:
        """Return the resource as it is now, None where it does not exist."""

    def shown(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return option → value as people may see it, the same for the same state."""

    def preview(self, decision: Plan, observed: T | None) -> T | None:
        """Return what applying would give, without applying; ask the server where it can tell."""

    def apply(self, decision: Plan, observed: T | None) -> T | None:
        """Make the change against the state that was observed, wait for it and return the outcome."""


def converge(resource: Resource[T], decide: Callable[[T | None], Plan], *, check_mode: bool) -> tuple[Plan, T | None]:
    """Read, decide and apply; when someone else was faster, read and decide once more."""
    try:
        return _converge_once(resource, decide, check_mode)
    except Conflict:
        return _converge_once(resource, decide, check_mode)


def _converge_once(
    resource: Resource[T], decide: Callable[[T | None], Plan], check_mode: bool
) -> tuple[Plan, T | None]:
    observed = resource.read()
    decision = decide(observed)
    if not decision.changed:
        return decision, observed
    change = _declared(resource, decision, observed)
    act = resource.preview if check_mode else resource.apply
    try:
        return decision, act(decision, observed)
    except Conflict:
        intent.withdraw(change)
        raise


def _declared(resource: Resource[T], decision: Plan, observed: T | None) -> changes.Change:
    """Say what is about to be done, in the words of the decision."""
    etag = str(observed.get("etag") or "") if isinstance(observed, Mapping) else ""
    before, after = resource.shown(decision.before), resource.shown(decision.after)
    name = _FULL_NAME.sub("", decision.resource)
    change = changes.change_of(name, decision.action, before, after, etag)
    intent.declare(change)
    return change


def _present(entries: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entries.items() if value is not None}


def _names(option: str, before: Any, after: Any) -> list[str]:
    if not isinstance(before, Mapping | None) or not isinstance(after, Mapping | None) or not (before or after):
        return [option]
    before, after = before or {}, after or {}
    return [f"{option}.{key}" for key in {*before, *after} if before.get(key) != after.get(key)]
