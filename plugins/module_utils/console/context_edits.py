# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edits of ignore files as diffs, and their writing."""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.netra.remediation.plugins.module_utils.record.files import write_whole
from ansible_collections.netra.remediation.plugins.module_utils.source.context_selection import Selection
from ansible_collections.netra.remediation.plugins.module_utils.source.ignore_repair import require_paths

NEW_FILE_MODE = 0o644


@dataclass(frozen=True)
class EditedFile:
    """An ignore file before and after the edit; ``path`` is relative to the context."""

    path: str
    before: str
    after: str

    def diff(self) -> str:
        """Return the edit in the unified format."""
        lines = (text.replace("\r\n", "\n").splitlines(keepends=True) for text in (self.before, self.after))
        before, after = ([line if line.endswith("\n") else f"{line}\n" for line in text] for text in lines)
        return "".join(difflib.unified_diff(before, after, self.path, self.path, n=1))

    def write(self, root: str) -> None:
        """Put the edit in the place of the file, with its mode."""
        path = os.path.join(root, self.path)
        mode = stat.S_IMODE(os.stat(path).st_mode) if os.path.exists(path) else NEW_FILE_MODE
        write_whole(path, self.after.encode(errors="surrogateescape"), mode)


def edited_files(selection: Selection, required: Sequence[str]) -> list[EditedFile]:
    """Return the ignore files that must change for the required paths to be included."""
    files = (
        EditedFile(entry.file, entry.text, require_paths(entry.text, required, entry.dialect))
        for entry in selection.filters
    )
    return [file for file in files if file.after != file.before]
