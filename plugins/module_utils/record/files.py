# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are there whole or not at all. Layer `record`: standard library only."""

from __future__ import annotations

import contextlib
import os
import tempfile


def flush_folder(folder: str) -> None:
    """Flush a folder's entries, without which a new name may vanish with the power (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: str, content: bytes, mode: int = 0o640) -> None:
    """Write a file beside its place, flush it, and move it there in one step."""
    folder = os.path.dirname(path) or "."
    descriptor, beside = tempfile.mkstemp(prefix=".writing-", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
        raise
    flush_folder(folder)
