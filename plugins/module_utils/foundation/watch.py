# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operation heeds while it works, because it belongs to a run: the run's lease. Standard library only.

Each phase of a run writes the file. Its path is in the environment of every task, so that a wait deep below finds it;
where there is none, nothing is heeded.
"""

from __future__ import annotations

import json
import os
import pathlib
import time
from dataclasses import dataclass
from typing import Any

VARIABLE = "NETRA_REMEDIATION_WATCH"
FILE = "watch.json"
# A lease is renewed when this share of it has passed.
RENEWED_AT = 1 / 3


@dataclass(frozen=True)
class Watch:
    """A run's lease: the lock of ``environment`` in ``bucket`` (empty: none), good for ``valid_seconds`` at a time."""

    path: str
    run: str
    environment: str
    bucket: str = ""
    valid_seconds: int = 0

    def as_json(self) -> bytes:
        """Return what stands in the file."""
        return json.dumps({name: value for name, value in vars(self).items() if name != "path"}).encode() + b"\n"

    def seconds_to_renewal(self) -> float:
        """Return in how many seconds the lease has to be renewed; the file's own time says when it last was."""
        return max(0.0, self.valid_seconds * RENEWED_AT - self._age())

    def has_expired(self) -> bool:
        """Say whether another run may have taken the lock over by now."""
        return self._age() > self.valid_seconds

    def _age(self) -> float:
        try:
            return max(0.0, time.time() - os.stat(self.path).st_mtime)
        except OSError:
            return 0.0

    def renewed(self) -> None:
        """Note that the lease was renewed just now."""
        os.utime(self.path)


def current() -> Watch | None:
    """Return what this process has to heed, None where it belongs to no run."""
    path = os.environ.get(VARIABLE)
    return read(path) if path else None


def read(path: str) -> Watch | None:
    """Return what stands in a file, None where there is none."""
    try:
        found: dict[str, Any] = json.loads(pathlib.Path(path).read_bytes())
        return Watch(path, **found)
    except (OSError, ValueError, TypeError):
        return None
