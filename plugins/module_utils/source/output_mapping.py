# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn outputs of the infrastructure into the values of a configuration file, as a declared mapping says."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

TYPES = ("same", "text", "whole", "number", "flag")
SOURCES = ("output", "template", "secret")


def mapped(
    entries: Iterable[Mapping[str, Any]], outputs: Mapping[str, Any], sensitive: Iterable[str]
) -> dict[str, Any]:
    """Return nested values by dotted keys.

    An entry has a key and ``output`` (a name), ``template`` (a text with names in braces) or ``secret`` (a reference,
    written as it is). ``outputs`` may be values, or what ``terraform output -json`` prints. Raises BadInput for an
    output that is not there, for a sensitive one (a file gets a reference to a secret, never the payload), and for a
    value that is not of its type.
    """
    values, hidden = _plain(outputs, set(sensitive))
    found: dict[str, Any] = {}
    for index, entry in enumerate(entries):
        place = f"mapping[{index}]"
        given = [source for source in SOURCES if entry.get(source)]
        if len(given) != 1:
            raise BadInput(f"{place} ({entry['key']}) needs one of {', '.join(SOURCES)}.", option=place)
        value = entry["secret"] if entry.get("secret") else _value(place, entry, values, hidden)
        _put(found, entry["key"].split("."), value, place)
    return found


def _plain(outputs: Mapping[str, Any], hidden: set[str]) -> tuple[dict[str, Any], set[str]]:
    values = {}
    for name, output in outputs.items():
        is_terraforms = isinstance(output, Mapping) and "value" in output and "sensitive" in output
        values[name] = output["value"] if is_terraforms else output
        hidden |= {name} if is_terraforms and output["sensitive"] else set()
    return values, hidden


def _value(place: str, entry: Mapping[str, Any], values: Mapping[str, Any], hidden: set[str]) -> Any:
    template = str(entry.get("template") or "")
    try:
        named = (
            [entry["output"]] if not template else [part[1] for part in string.Formatter().parse(template) if part[1]]
        )
    except ValueError as error:
        raise BadInput(f"{place}.template is not a value template: {error}.", option=place) from error
    for name in named:
        if name in hidden:
            words = "is sensitive: put it into a secret, and name that with secret instead"
            raise BadInput(f"{place} ({entry['key']}): the output {name} {words}.", option=place)
        if values.get(name) is None:
            words = f"is not there; known are {', '.join(sorted(values)) or 'none'}"
            raise BadInput(f"{place} ({entry['key']}): the output {name} {words}.", option=place)
    value = template.format_map(values) if template else values[named[0]]
    try:
        return _typed(value, entry.get("type") or "same")
    except ValueError as error:
        words = f"cannot be written as {entry['type']}"
        raise BadInput(f"{place} ({entry['key']}): {value!r} {words}.", option=place) from error


def _typed(value: Any, kind: str) -> Any:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if kind == "text":
        return text
    if kind == "whole":
        return int(text)
    if kind == "number":
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    if kind == "flag":
        if text.lower() not in {"true", "false"}:
            raise ValueError(text)
        return text.lower() == "true"
    return value


def _put(found: dict[str, Any], path: list[str], value: Any, place: str) -> None:
    for part in path[:-1]:
        found = found.setdefault(part, {})
        is_open = isinstance(found, dict)
        if not is_open:
            raise BadInput(f"{place} lies below a key that has a value already.", option=place)
    if path[-1] in found:
        raise BadInput(f"{place} sets {'.'.join(path)} once more.", option=place)
    found[path[-1]] = value
