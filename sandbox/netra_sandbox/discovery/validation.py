"""The judge: bodies against the schemas of the discovery documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from netra_sandbox.discovery.index import Route
from netra_sandbox.kernel.errors import ApiError

_DURATION = re.compile(r"-?\d+(\.\d{1,9})?s")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_INTEGER = re.compile(r"-?\d+")
_UNDERSCORE = re.compile(r"_([a-z0-9])")
_LONG = frozenset({"int64", "uint64"})
_TEXTS = {"google-duration": _DURATION, "google-datetime": _DATETIME, "date-time": _DATETIME}
# google/api/launch_stage.proto: the one enum of these APIs whose order is not that of its numbers.
_LAUNCH_STAGES = (
    *("LAUNCH_STAGE_UNSPECIFIED", "EARLY_ACCESS", "ALPHA", "BETA", "GA", "DEPRECATED"),
    *("UNIMPLEMENTED", "PRELAUNCH"),
)


def request(route: Route, body: dict[str, Any], *, nulls: bool = False) -> dict[str, Any]:
    """Return a request's body as handlers read it; raise ApiError in Google's words for what does not fit.

    Nulls (unless `nulls`: a patch that clears by them) and output-only fields are dropped, numbers of enums become
    names, int64 become strings.
    """
    if not route.request:
        return body
    reader = _Reader(route.schemas, route.request, nulls=nulls)
    cleaned = reader.read_object(body, route.schemas[route.request], reader.root)
    if reader.faults:
        raise ApiError("INVALID_ARGUMENT", "\n".join(reader.faults), [_bad_request(reader.faults)])
    return cleaned


def answer(route: Route, body: Any) -> list[str]:
    """Return what an answer of the sandbox has that its schema does not allow."""
    if not route.response:
        return []
    found: list[str] = []
    _judge(body, {"$ref": route.response}, "$", route.schemas, found)
    return found


def _bad_request(faults: list[str]) -> dict[str, Any]:
    violations = [{"description": fault} for fault in faults]
    return {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}


class _Reader:
    """Reads one body and collects its faults; a fault never quotes a value, which may be a secret."""

    def __init__(self, schemas: Mapping[str, Any], name: str, *, nulls: bool) -> None:
        self._schemas = schemas
        self._nulls = nulls
        self.faults: list[str] = []
        # Where the body is a resource, its path begins with the request's field that holds it.
        short = re.split(r"V\d+(?:beta\d+)?", name)[-1]
        self.root = "" if short.endswith(("Request", "Payload")) else short[:1].lower() + short[1:]

    def read_object(self, given: dict[str, Any], schema: Mapping[str, Any], path: str) -> dict[str, Any]:
        properties = schema.get("properties", {})
        extra = schema.get("additionalProperties")
        result: dict[str, Any] = {}
        for key, value in given.items():
            name = key if key in properties else _UNDERSCORE.sub(lambda match: match[1].upper(), key)
            inner = properties.get(name) or extra
            if inner is None and not key.startswith("@"):
                where = f" at '{path}'" if path else ""
                self.faults.append(f'Invalid JSON payload received. Unknown name "{key}"{where}: Cannot find field.')
            elif value is None and self._nulls:
                result[name] = None
            elif value is not None and not (inner or {}).get("readOnly"):
                result[name if name in properties else key] = self._read(value, inner or {}, _below(path, key))
        return result

    def _read(self, value: Any, schema: Mapping[str, Any], path: str) -> Any:
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"]]
        kind = schema.get("type", "any")
        if kind == "object" and isinstance(value, dict):
            return self.read_object(value, schema, path)
        if kind == "array" and isinstance(value, list):
            items = schema["items"]
            return [self._read(item, items, f"{path}[{index}]") for index, item in enumerate(value)]
        if kind == "any":
            return value
        read = _scalar(value, kind, schema)
        if read is None:
            self.faults.append(f"Invalid value at '{path}' ({_type_name(schema)}).")
        return read


def _scalar(value: Any, kind: str, schema: Mapping[str, Any]) -> Any:
    """Return a scalar as JSON of the API has it, None when it is not of its type."""
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if kind == "integer":
        whole = isinstance(value, int) and not isinstance(value, bool)
        return int(value) if whole or (isinstance(value, str) and _INTEGER.fullmatch(value)) else None
    if kind == "number":
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if kind == "string":
        return _text(value, schema)
    return None


def _text(value: Any, schema: Mapping[str, Any]) -> str | None:
    number = isinstance(value, int) and not isinstance(value, bool)
    if "enum" in schema:
        return _enum(value, schema["enum"], number=number)
    if schema.get("format") in _LONG:
        return str(value) if number or (isinstance(value, str) and _INTEGER.fullmatch(value)) else None
    if not isinstance(value, str):
        return None
    expression = _TEXTS.get(str(schema.get("format")))
    return value if expression is None or expression.fullmatch(value) else None


def _enum(value: Any, names: list[str], *, number: bool) -> str | None:
    if number:
        ordered = _LAUNCH_STAGES if _LAUNCH_STAGES[0] in names else names
        return ordered[value] if 0 <= value < len(ordered) else None
    return value if value in names else None


def _judge(value: Any, schema: Mapping[str, Any], path: str, schemas: Mapping[str, Any], found: list[str]) -> None:
    if "$ref" in schema:
        schema = schemas[schema["$ref"]]
    kind = schema.get("type", "any")
    if kind == "object" and isinstance(value, dict):
        properties, extra = schema.get("properties", {}), schema.get("additionalProperties")
        for key, item in value.items():
            inner = properties.get(key) or extra
            if inner is None:
                found.append(f"{path}: unknown field '{key}'")
            else:
                _judge(item, inner, f"{path}.{key}", schemas, found)
    elif kind == "array" and isinstance(value, list):
        for index, item in enumerate(value):
            _judge(item, schema["items"], f"{path}[{index}]", schemas, found)
    elif kind != "any" and not _fits(value, kind, schema):
        found.append(f"{path}: not a value of type {_type_name(schema)}")


def _fits(value: Any, kind: str, schema: Mapping[str, Any]) -> bool:
    # A string such as "5" is no int32, nor is a number an int64: answers must be exactly what Google's would be.
    read = _scalar(value, kind, schema)
    return (read is not None and type(read) is type(value)) or (kind == "number" and read is not None)


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _type_name(schema: Mapping[str, Any]) -> str:
    return str(schema.get("format") or schema.get("type"))
