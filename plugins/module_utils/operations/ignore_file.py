# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep paths in a build context that an ignore file would drop."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import Change
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations import file_writing
from ansible_collections.netra.remediation.plugins.module_utils.source import ignore_repair
from ansible_collections.netra.remediation.plugins.module_utils.source.context_selection import ignore_text, read_text
from ansible_collections.netra.remediation.plugins.module_utils.source.gcloud_ignore import IncludeError

NEW_FILE_MODE = 0o644
OPTIONS: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "required": True},
    "required_paths": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def run(options: Options, check_mode: bool) -> Result:
    """Add the fewest lines that make it true."""
    path, required = options["path"], options["required_paths"]
    directory = os.path.dirname(path)
    if not os.path.isdir(directory or "."):
        raise BadInput(f"Could not read {path}: its directory does not exist. Check path.", option="path")
    before = ignore_text(path) or ""
    dialect = ignore_repair.dialect_of(path, partial(_read_beside, directory))
    try:
        excluded = [exclusion.as_dict() for exclusion in dialect.parse(before).exclusions(required)]
        wanted = ignore_repair.require_paths if options["state"] == "present" else ignore_repair.forbid_paths
        after = wanted(before, required, dialect)
    except IncludeError as error:
        raise BadInput(f"Could not read {path}: {error}. Repair that line first.", option="path") from error
    if after != before:
        text = {side: _shown(found) for side, found in (("before", before), ("after", after))}
        fields = {intent.TEXT: {side: found or None for side, found in text.items()}}
        action = "update" if before or os.path.exists(path) else "create"
        intent.declare(Change(intent.file_resource(path), action, fields))
    if after != before and not check_mode:
        content = after.encode(errors="surrogateescape")
        file_writing.replace(path, file_writing.read(path), content, NEW_FILE_MODE)
    diff = {"before": _shown(before), "after": _shown(after), "before_header": path, "after_header": path}
    return {"changed": after != before, "excluded": excluded, "diff": diff}


def _read_beside(directory: str, name: str) -> str | None:
    return read_text(os.path.join(directory, name))


def _shown(text: str) -> str:
    """Return a text that JSON can carry: bytes that are no UTF-8 are shown as question marks."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


OPERATION = Operation(name="ignore_file", options=OPTIONS, run=run, authenticated=False)
