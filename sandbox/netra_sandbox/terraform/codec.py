# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Translate between the API's JSON and Terraform's attributes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netra_sandbox.terraform.schema import Attribute, Block, Object, Presence, ResourceType
from netra_sandbox.terraform.values import is_unknown


def read_path(tree: Any, path: str) -> Any:
    """Return what is at a dotted path, None when nothing is."""
    for step in path.split("."):
        if not isinstance(tree, Mapping):
            return None
        tree = tree.get(step)
    return tree


def write_path(tree: Object, path: str, value: Any) -> None:
    """Put a value at a dotted path."""
    *parents, last = path.split(".")
    for step in parents:
        tree = tree.setdefault(step, {})
    tree[last] = value


def state_from_api(resource: ResourceType, found: Object, prior: Mapping[str, Any] | None = None) -> Object:
    """Return the attributes of an API object, in the prior state's spelling where that means the same."""
    state = _read_block(resource.block, {**found, **resource.outputs(found)}, prior or {})
    state["id"] = resource.identifier(state)
    return state


def _read_block(block: Block, found: Any, prior: Mapping[str, Any]) -> Object:
    state: Object = {a.name: _read_attribute(a, found, prior.get(a.name)) for a in block.attributes}
    for nested in block.blocks:
        entries = read_path(found, nested.api)
        before = prior.get(nested.name) or []
        if not nested.single:
            state[nested.name] = [_read_entry(nested, entry, before) for entry in entries or []]
        elif entries is None:
            state[nested.name] = []
        else:
            state[nested.name] = [_read_block(nested, entries, before[0] if before else {})]
    return state


def same_block(block: Block, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two states of a block mean the same; what is not known yet may be anything."""
    return all(_same_value(a, one.get(a.name), other.get(a.name)) for a in block.attributes) and all(
        same_blocks(nested, one.get(nested.name) or [], other.get(nested.name) or []) for nested in block.blocks
    )


def same_blocks(block: Block, ones: Sequence[Object], others: Sequence[Object]) -> bool:
    """Tell whether two sets of blocks mean the same, in whatever order."""
    rest = list(others)
    for one in ones:
        match = next((other for other in rest if same_block(block, one, other)), None)
        if match is None:
            return False
        rest.remove(match)
    return not rest


def _same_value(attribute: Attribute, one: Any, other: Any) -> bool:
    return one == other or is_unknown(one) or is_unknown(other) or attribute.same(one, other)


def _read_entry(block: Block, entry: Any, before: Iterable[Object]) -> Object:
    state = _read_block(block, entry, {})
    return next((known for known in before if same_block(block, state, known)), state)


def _read_attribute(attribute: Attribute, found: Any, prior: Any) -> Any:
    if not attribute.api:
        return attribute.default if prior is None else prior
    value = read_path(found, attribute.api)
    if value is None:
        # An API leaves out what has its default; a secret that it never returns stays as it was given.
        return prior if attribute.sensitive else attribute.default
    if attribute.type == "number":
        value = int(value)
    if value in ({}, []) and attribute.presence is Presence.OPTIONAL and not prior:
        return prior
    return prior if prior is not None and attribute.same(value, prior) else value


def body_from_state(block: Block, state: Mapping[str, Any], names: Iterable[str] | None = None) -> Object:
    """Return the JSON of what a configuration sets, of only the named top-level parts if names are given."""
    chosen = None if names is None else set(names)
    body: Object = {}
    for attribute in block.attributes:
        value = state.get(attribute.name)
        if not attribute.in_body or (chosen is not None and attribute.name not in chosen):
            continue
        if value is not None and not is_unknown(value):
            write_path(body, attribute.api, str(value) if attribute.int64 else value)
    for nested in block.blocks:
        entries = [body_from_state(nested, entry) for entry in state.get(nested.name) or []]
        if (chosen is not None and nested.name not in chosen) or not entries:
            continue
        write_path(body, nested.api, entries[0] if nested.single else entries)
    return body


def null_state(block: Block) -> Object:
    """Return a state in which nothing is set."""
    return {**{a.name: None for a in block.attributes}, **{nested.name: [] for nested in block.blocks}}
