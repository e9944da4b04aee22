# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write down when a budget is nearly or wholly spent while an operation works, not at the next border of a phase."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.record import budgets, runs
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Ledger


@contextlib.contextmanager
def watched() -> Iterator[list[str]]:
    """Watch the budgets of the run that an operation belongs to for as long as it takes; the list says what passed."""
    said: list[str] = []
    heeded = watch.current()
    if heeded is None or not heeded.marks:
        yield said
        return
    ended = threading.Event()
    timer = threading.Thread(target=_tell_in_time, args=(heeded, ended, said), daemon=True)
    timer.start()
    try:
        yield said
    finally:
        ended.set()
        timer.join()


def _tell_in_time(heeded: watch.Watch, ended: threading.Event, said: list[str]) -> None:
    """Tell each mark as soon as it passes. What cannot be written now the next border says."""
    for mark in sorted(heeded.marks, key=lambda mark: mark.at):
        if ended.wait(max(0.0, mark.at - time.time())):
            return
        with contextlib.suppress(RemediationError, OSError):
            said += _told(heeded, mark)


def _told(heeded: watch.Watch, mark: watch.Mark) -> list[str]:
    """Write down a mark that the record does not have yet, and return it for people."""
    ledger = Ledger(os.path.dirname(heeded.path), heeded.run)
    if budgets.is_told(mark.told, ledger.read().entries):
        return []
    ledger.append(runs.timestamp(datetime.now(UTC)), [(budgets.KIND, mark.told)])
    return [f"{budgets.sentence(mark.told)}."]
