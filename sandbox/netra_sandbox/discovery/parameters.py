"""Query parameters as their discovery document types them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netra_sandbox.kernel.errors import ApiError

_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0", ""})


def read(known: Mapping[str, Any], given: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the parameters as Python's types; refuse those that the method does not have."""
    result: dict[str, Any] = {}
    for name, values in given.items():
        schema = known.get(name)
        if schema is None:
            words = f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
            raise ApiError("INVALID_ARGUMENT", f"{words}Field '{name}' could not be found in request message.")
        read_values = [_value(name, schema, value) for value in values]
        result[name] = read_values if schema.get("repeated") else read_values[-1]
    return result


def _value(name: str, schema: Mapping[str, Any], text: str) -> Any:
    kind = schema.get("type")
    if kind == "boolean" and text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    if kind == "integer" and text.lstrip("-").isdigit():
        return int(text)
    if kind == "string" and (name == "alt" or not schema.get("enum") or text in schema["enum"]):
        return text
    if kind == "string" and text.isdigit() and int(text) < len(schema["enum"]):
        return schema["enum"][int(text)]
    raise ApiError("INVALID_ARGUMENT", f"Invalid value at '{name}' ({schema.get('format') or kind}).")
