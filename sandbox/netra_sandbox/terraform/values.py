# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Terraform's values as msgpack (the protocol's "object wire format") and the marker for a value not known yet."""

from __future__ import annotations

import json
from typing import Any, Final

import msgpack

# An extension value means "unknown until apply"; type 12 carries refinements, which say more about what is not known.
UNKNOWN: Final = msgpack.ExtType(0, b"\0")


def is_unknown(value: Any) -> bool:
    """Tell whether a value is decided only by the apply."""
    return isinstance(value, msgpack.ExtType)


def unpack(dynamic_value: dict[str, Any] | None) -> Any:
    """Decode a DynamicValue; no value is null."""
    if not dynamic_value:
        return None
    if "json" in dynamic_value and "msgpack" not in dynamic_value:
        return json.loads(dynamic_value["json"])
    return _whole_numbers(msgpack.unpackb(dynamic_value["msgpack"], raw=False, strict_map_key=False))


def pack(value: Any) -> dict[str, bytes]:
    """Encode a value as a DynamicValue."""
    return {"msgpack": msgpack.packb(value, use_bin_type=True)}


def _whole_numbers(value: Any) -> Any:
    # A number may arrive as a float (1.0); APIs want the integer, and both must compare equal.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    return value
