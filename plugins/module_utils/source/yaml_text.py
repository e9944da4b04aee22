# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Merge values into a YAML text and keep all else as its authors wrote it. The only file that knows ruamel.yaml."""

from __future__ import annotations

import io
from collections.abc import Mapping, MutableMapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, MissingLibrary

IMPORT_ERROR: ImportError | None = None

try:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
except ImportError as error:
    IMPORT_ERROR = error

WIDTH = 4096


def parsed(text: str) -> Any:
    """Return the text as a document that remembers comments, order and quotes; raise BadInput where it is not YAML."""
    if IMPORT_ERROR:
        raise MissingLibrary("ruamel.yaml", IMPORT_ERROR)
    try:
        return _yaml().load(text)
    except YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f" in line {place.line + 1}" if place else ""
        raise BadInput(f"The file is not YAML{where}: {getattr(error, 'problem', '')}. Repair it first.") from error


def merged(text: str, values: Mapping[str, Any]) -> str:
    """Return the text with the values in it; the very same text when they are there already."""
    document: Any = parsed(text) if text.strip() else parsed("{}\n")
    is_mapping = isinstance(document, MutableMapping)
    if not is_mapping:
        raise BadInput("The file holds no mapping at its top, so there is no place for the values.")
    if not _merge(document, values):
        return text
    if not text.strip():
        document.fa.set_block_style()
    written = io.StringIO()
    _yaml().dump(document, written)
    return written.getvalue()


def _yaml() -> Any:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _merge(document: MutableMapping[str, Any], values: Mapping[str, Any]) -> bool:
    changed = False
    for key, value in values.items():
        there = document.get(key)
        if isinstance(value, Mapping) and isinstance(there, MutableMapping):
            changed = _merge(there, value) or changed
        elif key not in document or there != value or isinstance(there, bool) is not isinstance(value, bool):
            document[key] = dict(value) if isinstance(value, Mapping) else value
            changed = True
    return changed
