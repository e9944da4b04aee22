# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let a worker of Ansible finish what it does when the run is stopped by a signal.

ansible-core hands SIGTERM and SIGINT on to its workers (TaskQueueManager._signal_handler) and then ends itself: neither
rescue nor always run, and nobody waits for the worker's result. The worker is in a session of its own and lives on, so
it ends its step, writes down what became of it, closes the record and gives the lock back. Between two tasks there is
no worker; then, as after SIGKILL, the next run closes the record.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Noted:
    """The first signal that came meanwhile."""

    number: int | None = None

    def note(self, number: int, _frame: FrameType | None) -> None:
        """Keep the signal; what is under way ends at its next look."""
        self.number = self.number or number
        watch.note_signal(number)


@contextlib.contextmanager
def noted() -> Iterator[Noted]:
    """Note signals where this process works for a run, and leave them to others where it does not."""
    seen = Noted()
    if watch.current() is None or threading.current_thread() is not threading.main_thread():
        yield seen
        return
    before: dict[int, Any] = {number: signal.signal(number, seen.note) for number in SIGNALS}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_as(number: int) -> None:
    """End this process the way the signal would have ended it: by whoever handles it, or at once."""
    os.kill(os.getpid(), number)
    os._exit(1)
