"""The schemas of one API, for those who judge more than bodies: the paths of a field mask."""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from netra_sandbox.kernel import field_mask


@functools.cache
def of(api: str, version: str) -> Mapping[str, Any]:
    """Return the schemas of a version of an API by their names."""
    content = resources.files(__package__).joinpath("documents.json.gz").read_bytes()
    for document in json.loads(gzip.decompress(content)):
        if (document["name"], document["version"]) == (api, version):
            schemas: Mapping[str, Any] = document["schemas"]
            return schemas
    raise KeyError(f"{api} {version}")


def unknown_paths(schemas: Mapping[str, Any], name: str, mask: str) -> list[str]:
    """Return the paths of a mask that lead to no field of a message; none leads through a list."""
    if mask.strip() == "*":
        return []
    return [".".join(parts) for parts in field_mask.paths(mask) if not _leads(schemas, {"$ref": name}, parts)]


def _leads(schemas: Mapping[str, Any], schema: Mapping[str, Any], parts: list[str]) -> bool:
    if not parts:
        return True
    if "$ref" in schema:
        schema = schemas[schema["$ref"]]
    first, *rest = parts
    inner = schema.get("properties", {}).get(first) or schema.get("additionalProperties")
    return inner is not None and _leads(schemas, inner, rest)
