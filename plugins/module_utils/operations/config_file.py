# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have values in a YAML configuration file."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.record.files import write_whole
from ansible_collections.netra.remediation.plugins.module_utils.source import yaml_text
from ansible_collections.netra.remediation.plugins.module_utils.source.placeholder_scan import scan_config

OPTIONS: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "required": True},
    "values": {"type": "dict", "required": True},
}


def run(options: Options, check_mode: bool) -> Result:
    """Merge the values in and replace the file in one step."""
    path = options["path"]
    before = _read(path)
    try:
        after = yaml_text.merged(before, options["values"])
    except BadInput as error:
        raise BadInput(f"Could not write {path}: {error.message}", option="path") from error
    if after != before and not check_mode:
        write_whole(path, after.encode())
    left = [found.as_dict() for found in scan_config(path, after)]
    diff = {"before": before, "after": after, "before_header": path, "after_header": path}
    return {"changed": after != before, "placeholders": left, "diff": diff}


def _read(path: str) -> str:
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise BadInput(f"Could not write {path}: its directory does not exist. Check path.", option="path")
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


OPERATION = Operation(name="config_file", options=OPTIONS, run=run, authenticated=False)
