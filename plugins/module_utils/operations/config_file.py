# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have values in a configuration file: YAML, JSON or dotenv."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations import file_writing
from ansible_collections.netra.remediation.plugins.module_utils.source import (
    document_changes,
    dotenv_text,
    json_text,
    output_mapping,
    yaml_text,
)
from ansible_collections.netra.remediation.plugins.module_utils.source.placeholder_scan import scan_config

AUTO, YAML, JSON, DOTENV = "auto", "yaml", "json", "dotenv"
LANGUAGES: dict[str, Any] = {YAML: yaml_text, JSON: json_text, DOTENV: dotenv_text}
NEW_FILE = 0o640
ENTRY: dict[str, dict[str, Any]] = {
    "key": {"type": "str", "required": True, "no_log": False},
    "output": {"type": "str"},
    "template": {"type": "str"},
    "secret": {"type": "str", "no_log": False},
    "type": {"type": "str", "choices": list(output_mapping.TYPES), "default": "same"},
}
OPTIONS: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "required": True},
    "values": {"type": "dict", "default": {}},
    "format": {"type": "str", "choices": [AUTO, *LANGUAGES], "default": AUTO},
    "outputs": {"type": "dict", "default": {}},
    "sensitive_outputs": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "mapping": {"type": "list", "elements": "dict", "options": ENTRY, "default": []},
}


def run(options: Options, check_mode: bool) -> Result:
    """Merge the values in and replace the file in one step."""
    path = options["path"]
    values = _values(options)
    before, line_end = _read(path)
    try:
        language = LANGUAGES[_format(path, options.get("format") or AUTO)]
        after = language.merged(before, values)
    except BadInput as error:
        raise BadInput(f"Could not write {path}: {error.message}", option="path") from error
    if after != before:
        intent.declare(document_changes.change_of_document(path, before, after, language.parsed))
    if after != before and not check_mode:
        content = after.replace("\n", line_end).encode()
        file_writing.replace(path, file_writing.read(path), content, NEW_FILE)
    left = [found.as_dict() for found in scan_config(path, after)]
    diff = {"before": before, "after": after, "before_header": path, "after_header": path}
    return {"changed": after != before, "placeholders": left, "diff": diff}


def _values(options: Options) -> dict[str, Any]:
    """Return what the file must hold: the values, and what the mapping makes of the outputs."""
    values, entries = options.get("values") or {}, options.get("mapping") or ()
    if not values and not entries:
        raise BadInput("Neither values nor mapping says what must be in the file.", option="values")
    found = output_mapping.mapped(entries, options.get("outputs") or {}, options.get("sensitive_outputs") or ())
    return _joined(values, found)


def _joined(values: Mapping[str, Any], mapped: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found = dict(values)
    for key, value in mapped.items():
        if isinstance(value, Mapping) and isinstance(found.get(key, {}), Mapping):
            found[key] = _joined(found.get(key, {}), value, f"{above}{key}.")
        elif key in found:
            raise BadInput(f"Both values and mapping set {above}{key}.", option="mapping")
        else:
            found[key] = value
    return found


def _format(path: str, asked: str) -> str:
    name = os.path.basename(path)
    if asked != AUTO:
        return asked
    if name.endswith(".env") or name.startswith(".env"):
        return DOTENV
    return JSON if name.endswith(".json") else YAML


def _read(path: str) -> tuple[str, str]:
    """Return the text with plain line ends, and the line end that it has in the file."""
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise BadInput(f"Could not write {path}: its directory does not exist. Check path.", option="path")
    if not os.path.exists(path):
        return "", "\n"
    with open(path, encoding="utf-8") as file:
        text = file.read()
        return text, file.newlines if isinstance(file.newlines, str) else "\n"


OPERATION = Operation(name="config_file", options=OPTIONS, run=run, authenticated=False)
