"""Fields of v2 that are annotations in v1 (https://cloud.google.com/run/docs/reference/rest/v1/ObjectMeta).

A table has rows of (annotation, path in the v2 resource, codec); both directions follow the same table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from netra_sandbox.kernel.errors import invalid

Resource = dict[str, Any]
SYSTEM = ("run.googleapis.com", "serving.knative.dev", "autoscaling.knative.dev", "cloud.googleapis.com")


@dataclass(frozen=True)
class Codec:
    """How one value is written as an annotation, and read back; reading raises ValueError for what it cannot be."""

    write: Callable[[Any], str]
    read: Callable[[str], Any]


def choice(names: Mapping[str, str]) -> Codec:
    """Return the codec of an enum: annotation value → v2 value."""
    back = {value: key for key, value in names.items()}

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"must be one of {', '.join(names)}")
        return names[text]

    return Codec(back.__getitem__, read)


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError("must be true or false")
    return text.lower() == "true"


TEXT = Codec(str, str)
NUMBER = Codec(str, int)
FLAG = Codec(lambda value: "true" if value else "false", _flag)
LIST = Codec(",".join, lambda text: text.split(","))
JSON = Codec(lambda value: json.dumps(value, separators=(",", ":")), json.loads)


@dataclass(frozen=True)
class Row:
    """One annotation of v1 and where v2 has its value."""

    annotation: str
    path: tuple[str, ...]
    codec: Codec


def written(rows: Iterable[Row], resource: Mapping[str, Any]) -> dict[str, str]:
    """Return the annotations that stand for a v2 resource's fields."""
    result = {}
    for row in rows:
        value: Any = resource
        for part in row.path:
            value = value.get(part) if isinstance(value, Mapping) else None
        if value not in (None, "", [], False, 0):
            result[row.annotation] = row.codec.write(value)
    return result


def read(rows: Iterable[Row], annotations: Mapping[str, str], where: str) -> Resource:
    """Return the v2 fields that annotations stand for; raise INVALID_ARGUMENT for a value that cannot be one."""
    result: Resource = {}
    for row in rows:
        if row.annotation not in annotations:
            continue
        try:
            value = row.codec.read(annotations[row.annotation])
        except ValueError as error:
            field = f"{where}.annotations[{row.annotation}]"
            raise invalid(f"{field}: invalid value: {error}.", field=field, description=str(error)) from error
        *parents, last = row.path
        target = result
        for part in parents:
            target = target.setdefault(part, {})
        target[last] = value
    return result


def of_users(annotations: Mapping[str, str] | None) -> dict[str, str]:
    """Return the annotations or labels that are the user's own, without the system's name spaces."""
    return {key: value for key, value in (annotations or {}).items() if not is_system(key)}


def is_system(key: str) -> bool:
    """Tell whether a label's or annotation's key lies in a name space that v2 has fields for instead."""
    return key.partition("/")[0] in SYSTEM and "/" in key


def refuse_unknown(annotations: Mapping[str, str] | None, known: Iterable[str], where: str) -> None:
    """Refuse annotations in the system's name spaces that the sandbox gives no meaning to."""
    unknown = sorted(key for key in annotations or {} if is_system(key) and key not in set(known))
    if unknown:
        field = f"{where}.annotations[{unknown[0]}]"
        raise invalid(f"{field}: the annotation is not supported.", field=field)
