# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold values against shapes and name the place of the first one that does not fit."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import looks_secret


@dataclass(frozen=True)
class Shape:
    """What a value of the contract must look like."""

    kind: str = "text"
    required: bool = False
    keys: Mapping[str, Shape] = field(default_factory=dict)
    each: Shape | None = None
    choices: tuple[str, ...] = ()


def check(path: str, value: Any, shape: Shape) -> None:
    """Hold one value against its shape, then what is inside it."""
    refuse_if(not _FITS[shape.kind](value), path, f"must be {_NAMES[shape.kind]}, not {_shown(path, value)}")
    if shape.kind == "text":
        refuse_if(not value.strip(), path, "is empty")
        refuse_if(
            bool(shape.choices) and value not in shape.choices,
            path,
            f"must be one of {', '.join(shape.choices)}, not {value!r}",
        )
    if shape.kind == "list" and shape.each:
        for index, element in enumerate(value):
            check(f"{path}[{index}]", element, shape.each)
    if shape.kind == "mapping":
        _check_mapping(path, value, shape)


def _check_mapping(path: str, value: Mapping[str, Any], shape: Shape) -> None:
    for key, element in value.items():
        if shape.keys and key not in shape.keys:
            near = difflib.get_close_matches(str(key), shape.keys, 1)
            refuse(f"{path}.{key}", f"is not known{f'; did you mean {near[0]}?' if near else ''}")
        below = shape.keys.get(key) or shape.each
        refuse_if(element is None and key not in shape.keys and shape.each is not None, f"{path}.{key}", "has no value")
        if below and element is not None:
            check(f"{path}.{key}", element, below)
    for key, below in shape.keys.items():
        refuse_if(below.required and value.get(key) is None, f"{path}.{key}", "is missing")


def refuse_unknown(path: str, name: str, known: Iterable[str], where: str) -> None:
    """Refuse a name that is not known, and say which was probably meant."""
    known = list(known)
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known) or 'none'}"
        refuse(path, f"names {name!r}, which is not in {where}; {hint}")


def refuse_repeated(path: str, names: list[str]) -> None:
    """Refuse names of which one appears twice."""
    for name in sorted({name for name in names if names.count(name) > 1}):
        refuse(path, f"names {name!r} more than once")


def refuse_if(wrong: bool, path: str, complaint: str) -> None:
    """Refuse a place that is wrong."""
    if wrong:
        refuse(path, complaint)


def refuse(path: str, complaint: str) -> NoReturn:
    """Raise BadInput for what is wrong at a place."""
    raise BadInput(f"{path} {complaint}.", option=path)


def _is_number(value: Any) -> bool:
    """Accept numbers and their text, as templated variables often are text."""
    if isinstance(value, str):
        return value.strip().replace(".", "", 1).isdigit()
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    """Accept whole numbers and their text."""
    if isinstance(value, str):
        return value.strip().isdigit()
    return isinstance(value, int) and not isinstance(value, bool)


_FITS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "number": _is_number,
    "whole": _is_whole,
    "flag": lambda value: isinstance(value, bool),
    "scalar": lambda value: isinstance(value, str | int | float | bool),
    "list": lambda value: isinstance(value, list | tuple),
    "mapping": lambda value: isinstance(value, Mapping),
}
_NAMES = {
    "text": "text",
    "number": "a number",
    "whole": "a whole number",
    "flag": "true or false",
    "scalar": "one value",
    "list": "a list",
    "mapping": "a mapping",
}


def _shown(path: str, value: Any) -> str:
    if looks_secret(path.rpartition(".")[2]):
        return type(value).__name__
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else repr(value)
