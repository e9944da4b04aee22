# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The messages of Terraform's provider protocol, version 6, as dicts and as bytes.

Names and numbers are those of the public protocol description (docs/plugin-protocol in Terraform's repository); only
the fields that this provider reads or writes are listed, and unknown ones are skipped, as protobuf does. Written by
hand because importing a protobuf runtime would add a tenth of a second to each process that one plan starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]

# message: "field=number:kind", kind being int, text, bytes or a message's name; "*" marks a repeated field.
_TABLE = {
    "Empty": "",
    "DynamicValue": "msgpack=1:bytes json=2:bytes",
    "Step": "attribute_name=1:text element_key_string=2:text element_key_int=3:int",
    "AttributePath": "steps=1:Step*",
    "Diagnostic": "severity=1:int summary=2:text detail=3:text attribute=4:AttributePath",
    "RawState": "json=1:bytes",
    "SchemaAttribute": "name=1:text type=2:bytes required=4:int optional=5:int computed=6:int sensitive=7:int",
    "SchemaBlock": "version=1:int attributes=2:SchemaAttribute* block_types=3:NestedBlock*",
    "NestedBlock": "type_name=1:text block=2:SchemaBlock nesting=3:int min_items=4:int max_items=5:int",
    "Schema": "version=1:int block=2:SchemaBlock",
    "NamedSchema": "key=1:text value=2:Schema",
    "Capabilities": "plan_destroy=1:int get_provider_schema_optional=2:int",
    "TypeName": "type_name=1:text",
    "GetMetadata.Response": "server_capabilities=1:Capabilities diagnostics=2:Diagnostic* resources=4:TypeName*",
    "GetProviderSchema.Response": "provider=1:Schema resource_schemas=2:NamedSchema* diagnostics=4:Diagnostic*"
    " server_capabilities=6:Capabilities",
    "ValidateProviderConfig.Request": "config=1:DynamicValue",
    "ValidateProviderConfig.Response": "diagnostics=2:Diagnostic*",
    "ValidateResourceConfig.Request": "type_name=1:text config=2:DynamicValue",
    "ValidateResourceConfig.Response": "diagnostics=1:Diagnostic*",
    "UpgradeResourceState.Request": "type_name=1:text version=2:int raw_state=3:RawState",
    "UpgradeResourceState.Response": "upgraded_state=1:DynamicValue diagnostics=2:Diagnostic*",
    "ConfigureProvider.Request": "terraform_version=1:text config=2:DynamicValue",
    "ConfigureProvider.Response": "diagnostics=1:Diagnostic*",
    "ReadResource.Request": "type_name=1:text current_state=2:DynamicValue private=3:bytes",
    "ReadResource.Response": "new_state=1:DynamicValue diagnostics=2:Diagnostic* private=3:bytes",
    "PlanResourceChange.Request": "type_name=1:text prior_state=2:DynamicValue proposed_new_state=3:DynamicValue"
    " config=4:DynamicValue prior_private=5:bytes",
    "PlanResourceChange.Response": "planned_state=1:DynamicValue requires_replace=2:AttributePath*"
    " planned_private=3:bytes diagnostics=4:Diagnostic* legacy_type_system=5:int",
    "ApplyResourceChange.Request": "type_name=1:text prior_state=2:DynamicValue planned_state=3:DynamicValue"
    " config=4:DynamicValue planned_private=5:bytes",
    "ApplyResourceChange.Response": "new_state=1:DynamicValue private=2:bytes diagnostics=3:Diagnostic*"
    " legacy_type_system=4:int",
    "ImportResourceState.Request": "type_name=1:text id=2:text",
    "ImportedResource": "type_name=1:text state=2:DynamicValue private=3:bytes",
    "ImportResourceState.Response": "imported_resources=1:ImportedResource* diagnostics=2:Diagnostic*",
    "GetFunctions.Response": "diagnostics=2:Diagnostic*",
    "StopProvider.Response": "error=1:text",
}

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SEVEN_BITS, _CONTINUED = 0x7F, 0x80
_FIXED_SIZES = {_FIXED64: 8, _FIXED32: 4}


@dataclass(frozen=True)
class _Field:
    name: str
    number: int
    kind: str
    repeated: bool


def _parse(description: str) -> list[_Field]:
    fields = []
    for word in description.split():
        name, _, rest = word.partition("=")
        number, _, kind = rest.partition(":")
        fields.append(_Field(name, int(number), kind.rstrip("*"), kind.endswith("*")))
    return fields


MESSAGES = {message: _parse(description) for message, description in _TABLE.items()}


def _varint(number: int) -> bytes:
    encoded = bytearray()
    remaining = number & 0xFFFF_FFFF_FFFF_FFFF
    while remaining > _SEVEN_BITS:
        encoded.append(remaining & _SEVEN_BITS | _CONTINUED)
        remaining >>= 7
    encoded.append(remaining)
    return bytes(encoded)


def _encode_value(field: _Field, value: Any) -> bytes:
    if field.kind == "int":
        return _varint(field.number << 3 | _VARINT) + _varint(int(value))
    if field.kind == "text":
        payload: bytes = value.encode()
    elif field.kind == "bytes":
        payload = bytes(value)
    else:
        payload = encode(field.kind, value)
    return _varint(field.number << 3 | _BYTES) + _varint(len(payload)) + payload


def encode(message: str, values: Mapping[str, Any]) -> bytes:
    """Encode a message; absent and None fields are left out (proto3 has no other way to say "not there")."""
    encoded = bytearray()
    for field in MESSAGES[message]:
        value = values.get(field.name)
        if value is None:
            continue
        for item in value if field.repeated else [value]:
            encoded += _encode_value(field, item)
    return bytes(encoded)


def _read_varint(encoded: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = encoded[position]
        position += 1
        number |= (byte & _SEVEN_BITS) << shift
        shift += 7
        if byte < _CONTINUED:
            return number, position


def _records(encoded: bytes) -> Iterator[tuple[int, int | bytes]]:
    position = 0
    while position < len(encoded):
        key, position = _read_varint(encoded, position)
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            integer, position = _read_varint(encoded, position)
            yield number, integer
            continue
        if wire_type == _BYTES:
            size, position = _read_varint(encoded, position)
        else:
            size = _FIXED_SIZES[wire_type]
        yield number, encoded[position : position + size]
        position += size


def _decode_value(kind: str, raw: int | bytes) -> Any:
    if isinstance(raw, int):
        return raw - (1 << 64) if raw >= 1 << 63 else raw
    if kind == "text":
        return raw.decode()
    return raw if kind == "bytes" else decode(kind, raw)


def decode(message: str, encoded: bytes) -> Message:
    """Decode a message into a dict; absent fields are absent, repeated ones are lists."""
    fields = {field.number: field for field in MESSAGES[message]}
    values: Message = {field.name: [] for field in fields.values() if field.repeated}
    for number, raw in _records(encoded):
        field = fields.get(number)
        if field is None:
            continue
        value = _decode_value(field.kind, raw)
        if field.repeated:
            values[field.name].append(value)
        else:
            values[field.name] = value
    return values
