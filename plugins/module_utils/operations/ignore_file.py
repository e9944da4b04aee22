# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep paths in a build context that an ignore file would drop."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.record.files import write_whole
from ansible_collections.netra.remediation.plugins.module_utils.source import ignore_file

OPTIONS: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "required": True},
    "required_paths": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def run(options: Options, check_mode: bool) -> Result:
    """Add the fewest lines that make it true."""
    path, required = options["path"], options["required_paths"]
    before = _read(path)
    excluded = [exclusion.as_dict() for exclusion in ignore_file.parse(before).exclusions(required)]
    wanted = ignore_file.require_paths if options["state"] == "present" else ignore_file.forbid_paths
    after = wanted(before, required)
    if after != before and not check_mode:
        write_whole(path, after.encode())
    diff = {"before": before, "after": after, "before_header": path, "after_header": path}
    return {"changed": after != before, "excluded": excluded, "diff": diff}


def _read(path: str) -> str:
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise BadInput(f"Could not read {path}: its directory does not exist. Check path.", option="path")
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


OPERATION = Operation(name="ignore_file", options=OPTIONS, run=run, authenticated=False)
