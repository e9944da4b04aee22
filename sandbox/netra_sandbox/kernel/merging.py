"""Patches of JSON resources (RFC 7396): what is not given stays, null clears."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Resource = dict[str, Any]
Change = Callable[[Resource, Resource], Resource]


def patch(current: Resource, given: Resource) -> Resource:
    """Return a resource with a patch applied."""
    result = dict(current)
    for field, value in given.items():
        there = result.get(field)
        if value is None:
            result.pop(field, None)
        elif isinstance(value, dict):
            result[field] = patch(there if isinstance(there, dict) else {}, value)
        else:
            result[field] = value
    return result
