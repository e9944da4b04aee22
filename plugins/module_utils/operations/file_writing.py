# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace a file in one step; what the run that it belongs to changes by that is on record before."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.record import runs, written_files
from ansible_collections.netra.remediation.plugins.module_utils.record.files import flush_folder, write_whole
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Ledger

OWNER_ONLY = 0o600


def replace(path: str, before: bytes | None, after: bytes | None, mode: int) -> None:
    """Write a file, which keeps its mode; a new one gets ``mode``. None is no file, before or after."""
    run = watch.current()
    if run is not None:
        _announce(run, os.path.abspath(path), before, after)
    if after is None:
        os.unlink(path)
        flush_folder(os.path.dirname(os.path.abspath(path)))
        return
    write_whole(path, after, stat.S_IMODE(os.stat(path).st_mode) if os.path.exists(path) else mode)


def read(path: str) -> bytes | None:
    """Return a file's content, None where there is no file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _announce(run: watch.Watch, path: str, before: bytes | None, after: bytes | None) -> None:
    """Keep what is about to change first: a run that dies then has announced a writing that it never did."""
    folder = os.path.dirname(run.path)
    body, content = written_files.announced(path, before, after)
    try:
        if body["kept"]:
            os.makedirs(os.path.join(folder, written_files.FOLDER), mode=0o700, exist_ok=True)
            write_whole(os.path.join(folder, body["kept"]), content, OWNER_ONLY)
        Ledger(folder, run.run).append(runs.timestamp(datetime.now(UTC)), [(written_files.KIND, body)])
    except OSError as error:
        raise RemediationError(
            f"Could not write {path}: what it held could not be kept in {folder} ({error.strerror}). The file is as it "
            "was. Make room there, or let this user write there, and run again."
        ) from error
