# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe a resource type once: its Terraform attributes, where each is in the API's JSON and how it may change."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from netra_sandbox.terraform.wire import Message

Object = dict[str, Any]
NESTING_LIST, NESTING_SET = 2, 3


class Presence(Enum):
    """Who decides an attribute's value."""

    REQUIRED = auto()
    OPTIONAL = auto()  # the configuration, or its default
    SERVER_DEFAULT = auto()  # the configuration, or else the server ("optional" and "computed")
    OUTPUT = auto()  # the server alone


@dataclass(frozen=True)
class Attribute:
    """One attribute; ``api`` is its dotted path in the API's JSON ("" for one that the API does not have)."""

    name: str
    api: str = ""
    presence: Presence = Presence.OPTIONAL
    type: Any = "string"
    default: Any = None
    immutable: bool = False  # a new value replaces the resource
    in_path: bool = False  # said by the request's path, not by its body
    sensitive: bool = False
    volatile: bool = False  # every update changes it
    int64: bool = False  # a number that Google's JSON writes as a string
    setter: str = ""  # the custom method that changes it, where the API's PATCH does not
    same: Callable[[Any, Any], bool] = operator.eq  # whether two spellings mean the same

    @property
    def is_input(self) -> bool:
        """Tell whether a configuration may set it."""
        return self.presence is not Presence.OUTPUT

    @property
    def in_body(self) -> bool:
        """Tell whether the body of a request carries it."""
        return self.is_input and bool(self.api) and not self.in_path


@dataclass(frozen=True)
class Block:
    """Attributes and nested blocks; ``api`` is the block's path in the JSON of the block around it."""

    name: str
    attributes: tuple[Attribute, ...]
    blocks: tuple[Block, ...] = ()
    api: str = ""
    required: bool = False
    single: bool = True  # at most one of its kind


def _none(_found: Object) -> Object:
    return {}


def _never(_found: Mapping[str, Any]) -> bool:
    return False


@dataclass(frozen=True)
class ResourceType:
    """One resource type: its attributes and its place in an API."""

    name: str
    label: str  # what errors call it
    block: Block
    api: str
    endpoint: str
    collection: str  # path template of the collection
    identifier: Callable[[Mapping[str, Any]], str]  # attributes → Terraform's id
    outputs: Callable[[Object], Object] = _none  # attributes that are computed from several fields of the API's object
    recognises: Callable[[Mapping[str, Any]], bool] = _never
    id_parameter: str = ""  # query parameter with the new resource's name; without one the name is in the body
    name_attribute: str = "name"  # the attribute that is the last part of the path
    sends_mask: bool = True
    has_operations: bool = True  # False: the API answers when it is done
    is_member: bool = False  # one member of one role in the IAM policy of `collection`

    def address(self, attributes: Mapping[str, Any]) -> str:
        """Return the resource's path below the endpoint."""
        return f"{self.collection.format_map(attributes)}/{attributes[self.name_attribute]}"


def required(name: str, api: str = "", **options: Any) -> Attribute:
    """Describe an attribute that each configuration must set."""
    return Attribute(name, api, Presence.REQUIRED, **options)


def optional(name: str, api: str = "", **options: Any) -> Attribute:
    """Describe an attribute that is its default when the configuration does not set it."""
    return Attribute(name, api, Presence.OPTIONAL, **options)


def server_default(name: str, api: str = "", **options: Any) -> Attribute:
    """Describe an attribute that the server fills in when the configuration does not set it."""
    return Attribute(name, api, Presence.SERVER_DEFAULT, **options)


def output(name: str, api: str = "", **options: Any) -> Attribute:
    """Describe an attribute that only the server sets."""
    return Attribute(name, api, Presence.OUTPUT, **options)


def same_network(one: Any, other: Any) -> bool:
    """Compare networks by name: APIs accept and return short names, paths and links for the same network."""
    return str(one or "").rsplit("/", 1)[-1] == str(other or "").rsplit("/", 1)[-1]


def same_link(one: Any, other: Any) -> bool:
    """Compare resources of Compute Engine: a link and the path at its end are the same resource."""
    return str(one or "").rpartition("/compute/v1/")[2] == str(other or "").rpartition("/compute/v1/")[2]


def schema_message(block: Block) -> Message:
    """Return the protocol's Schema of a block."""
    return {"block": _block_message(block)}


def _block_message(block: Block) -> Message:
    return {
        "attributes": [_attribute_message(attribute) for attribute in block.attributes],
        "block_types": [_nested_message(nested) for nested in block.blocks],
    }


def _attribute_message(attribute: Attribute) -> Message:
    return {
        "name": attribute.name,
        "type": json.dumps(attribute.type).encode(),
        "required": attribute.presence is Presence.REQUIRED,
        "optional": attribute.presence in {Presence.OPTIONAL, Presence.SERVER_DEFAULT},
        "computed": attribute.presence in {Presence.SERVER_DEFAULT, Presence.OUTPUT},
        "sensitive": attribute.sensitive,
    }


def _nested_message(block: Block) -> Message:
    return {
        "type_name": block.name,
        "block": _block_message(block),
        "nesting": NESTING_LIST if block.single else NESTING_SET,
        "min_items": int(block.required),
        "max_items": int(block.single),
    }
