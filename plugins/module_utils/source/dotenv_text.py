# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Merge values into the text of a .env file, and keep comments, order, quotes and ``export`` as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

_LINE = re.compile(
    r"""(?P<before>\s*(?:export\s+)?(?P<key>[A-Za-z_][\w.]*)\s*=[ \t]*)
        (?P<value>"(?:\\.|[^"\\])*"|'[^']*'|(?:[^\s\#]|\S\#|[ \t]+(?=[^\s\#]))*)
        (?P<after>[ \t]*(?:\#.*)?)""",
    re.VERBOSE | re.DOTALL,
)
_NAME = re.compile(r"[A-Za-z_][\w.]*")
# What is read alike with and without quotes.
_PLAIN = re.compile(r"[\w.,:/@%+=~!*?&;|()\[\]{}<>^-]*")
_ESCAPED = {"\\": "\\\\", '"': '\\"', "$": "\\$", "`": "\\`", "\n": "\\n"}


def parsed(text: str) -> dict[str, str]:
    """Return the variables; raise BadInput for a line that is none, or a name that is there twice."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise BadInput(f"Line {number} is no NAME=value. Repair it first.")
        if match["key"] in found:
            raise BadInput(f"Line {number} sets {match['key']} once more. Take one of the two out first.")
        found[match["key"]] = _read(match["value"])
    return found


def merged(text: str, values: Mapping[str, Any]) -> str:
    """Return the text with the values in it; the very same text when they are there already."""
    there, wanted = parsed(text), {name: _text(name, value) for name, value in values.items()}
    changes = {name: value for name, value in wanted.items() if there.get(name) != value}
    lines = text.splitlines(keepends=True)
    for index, line in enumerate(lines):
        body = line.rstrip("\r\n")
        match = None if body.lstrip().startswith("#") else _LINE.fullmatch(body)
        if match and match["key"] in changes:
            value = _written(changes.pop(match["key"]), match["value"][:1])
            lines[index] = f"{match['before']}{value}{match['after']}{line[len(body) :]}"
    if changes and lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += "\n"
    return "".join([*lines, *(f"{name}={_written(value, '')}\n" for name, value in changes.items())])


def _text(name: str, value: Any) -> str:
    if not _NAME.fullmatch(name) or isinstance(value, Mapping | list) or value is None:
        raise BadInput(f"{name} cannot be set in a .env file, which holds names and single values only.")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(written: str) -> str:
    if written[:1] == "'":
        return written[1:-1]
    if written[:1] != '"':
        return written.strip()
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], written[1:-1], flags=re.DOTALL)


def _written(value: str, quote: str) -> str:
    if quote == "'" and "'" not in value and "\n" not in value:
        return f"'{value}'"
    if quote != '"' and _PLAIN.fullmatch(value):
        return value
    return '"' + "".join(_ESCAPED.get(character, character) for character in value) + '"'
