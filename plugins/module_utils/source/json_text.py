# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Merge values into a JSON text, and keep its order, indentation and last line end."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

_INDENT = re.compile(r"\n([ \t]+)\S")


def parsed(text: str) -> dict[str, Any]:
    """Return the object; raise BadInput where the text holds none, or one that names a key twice."""
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except ValueError as error:
        where = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        words = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise BadInput(f"The file is not JSON{where}: {words}. Repair it first.") from error
    if not isinstance(found, dict):
        raise BadInput("The file holds no object at its top, so there is no place for the values.")
    return found


def merged(text: str, values: Mapping[str, Any]) -> str:
    """Return the text with the values in it; the very same text when they are there already."""
    document = parsed(text) if text.strip() else {}
    if not _merge(document, values):
        return text
    indent = _INDENT.search(text)
    is_one_line = bool(text.strip()) and "\n" not in text.strip()
    written = json.dumps(document, indent=None if is_one_line else indent[1] if indent else 2, ensure_ascii=False)
    return written + (text[len(text.rstrip()) :] if text.strip() else "\n")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found


def _merge(document: dict[str, Any], values: Mapping[str, Any]) -> bool:
    changed = False
    for key, value in values.items():
        there = document.get(key)
        if isinstance(value, Mapping) and isinstance(there, dict):
            changed = _merge(there, value) or changed
        elif key not in document or there != value or isinstance(there, bool) is not isinstance(value, bool):
            document[key] = dict(value) if isinstance(value, Mapping) else value
            changed = True
    return changed
