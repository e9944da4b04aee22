# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait for a command that works for a run. Standard library only."""

from __future__ import annotations

import subprocess

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline

LOOK_SECONDS = 1.0  # between two looks whether the run is to stop
SHORTEST_SECONDS = 0.01


def attended(process: subprocess.Popen[str], attempt: str, deadline: Deadline) -> tuple[str, str]:
    """Return what a command printed, to its output and to its errors.

    Raises Stopped where the run that it belongs to is not to go on, subprocess.TimeoutExpired at the deadline. The
    command goes on then: ending it is the caller's, who knows how.
    """
    while True:
        try:
            return process.communicate(timeout=min(LOOK_SECONDS, max(deadline.remaining(), SHORTEST_SECONDS)))
        except subprocess.TimeoutExpired:
            watch.heed(attempt)
            if deadline.expired:
                raise
