"""Field masks (google/protobuf/field_mask.proto) on JSON objects."""

from __future__ import annotations

import copy
import re
from typing import Any

_PART = re.compile(r"`([^`]*)`|([^.`]+)")
_UNDERSCORE = re.compile(r"_([a-z])")


def paths(mask: str) -> list[list[str]]:
    """Split a mask into the parts of its paths; names in snake_case become those of JSON."""
    found = []
    for path in mask.split(","):
        parts = [quoted or _camel(plain) for quoted, plain in _PART.findall(path.strip())]
        if parts:
            found.append(parts)
    return found


def apply(current: dict[str, Any], given: dict[str, Any], mask: str) -> dict[str, Any]:
    """Return `current` with the masked fields of `given`; one that is not given is cleared."""
    if mask.strip() == "*":
        return copy.deepcopy(given)
    result = copy.deepcopy(current)
    for parts in paths(mask):
        _set(result, given, parts)
    return result


def _set(target: dict[str, Any], source: Any, parts: list[str]) -> None:
    *parents, last = parts
    for part in parents:
        inner = target.get(part)
        if not isinstance(inner, dict):
            inner = target[part] = {}
        target = inner
        source = source.get(part) if isinstance(source, dict) else None
    if isinstance(source, dict) and last in source:
        target[last] = copy.deepcopy(source[last])
    else:
        target.pop(last, None)


def _camel(name: str) -> str:
    return _UNDERSCORE.sub(lambda match: match[1].upper(), name)
