# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide what a configuration changes about a resource, as the Google provider's SDK does. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netra_sandbox.terraform.codec import same_blocks
from netra_sandbox.terraform.schema import Attribute, Block, Object, Presence
from netra_sandbox.terraform.values import UNKNOWN, is_unknown

Path = tuple[str | int, ...]


@dataclass
class Planned:
    """What a resource is to become."""

    state: Object
    replaces: list[Path] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)  # top-level attributes and blocks


def plan(block: Block, prior: Mapping[str, Any] | None, config: Mapping[str, Any]) -> Planned:
    """Plan a creation (no prior state) or an update."""
    if prior is None:
        return Planned(_created(block, config))
    planned = Planned({})
    planned.state = _updated(block, prior, config, (), planned.replaces)
    names = [a.name for a in block.attributes] + [nested.name for nested in block.blocks]
    planned.changed = [name for name in names if planned.state.get(name) != prior.get(name)]
    if planned.changed:
        _forget_volatile(block, planned.state)
    return planned


def _created(block: Block, config: Mapping[str, Any]) -> Object:
    state: Object = {}
    for attribute in block.attributes:
        value = config.get(attribute.name)
        if value is None:
            decided_by_server = attribute.presence in {Presence.SERVER_DEFAULT, Presence.OUTPUT}
            value = UNKNOWN if decided_by_server else attribute.default
        state[attribute.name] = value
    for nested in block.blocks:
        state[nested.name] = [_created(nested, entry) for entry in config.get(nested.name) or []]
    return state


def _updated(
    block: Block, prior: Mapping[str, Any], config: Mapping[str, Any], path: Path, replaces: list[Path]
) -> Object:
    state: Object = {}
    for attribute in block.attributes:
        before = prior.get(attribute.name)
        after = _updated_value(attribute, before, config.get(attribute.name))
        if attribute.immutable and after != before:
            replaces.append((*path, attribute.name))
        state[attribute.name] = after
    for nested in block.blocks:
        before, wanted = prior.get(nested.name) or [], config.get(nested.name) or []
        state[nested.name] = _updated_blocks(nested, before, wanted, (*path, nested.name), replaces)
    return state


def _updated_value(attribute: Attribute, before: Any, wanted: Any) -> Any:
    if not attribute.is_input:
        return before
    if wanted is None:
        return before if attribute.presence is Presence.SERVER_DEFAULT else attribute.default
    if is_unknown(wanted) or before is None:
        return wanted
    return before if attribute.same(before, wanted) else wanted


def _updated_blocks(block: Block, before: list[Object], wanted: list[Object], path: Path, replaces: list[Path]) -> Any:
    if not wanted:
        return before  # the server's defaults, which the configuration leaves alone
    if block.single:
        return [_updated(block, before[0] if before else {}, wanted[0], (*path, 0), replaces)]
    # A set has no order: the prior state's order stays when nothing but the order differs.
    created = [_created(block, entry) for entry in wanted]
    return before if same_blocks(block, before, created) else created


def _forget_volatile(block: Block, state: Object) -> None:
    for attribute in block.attributes:
        if attribute.volatile:
            state[attribute.name] = UNKNOWN
    for nested in block.blocks:
        for entry in state[nested.name]:
            _forget_volatile(nested, entry)
