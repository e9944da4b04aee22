# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""End the record of a run that cannot do so itself: it got a signal, or it died."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.processes import is_surely_gone
from ansible_collections.netra.remediation.plugins.module_utils.operation import Options
from ansible_collections.netra.remediation.plugins.module_utils.operations import environment_lock, run_report
from ansible_collections.netra.remediation.plugins.module_utils.record import actions, progress, report, runs
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import BrokenLedger
from ansible_collections.netra.remediation.plugins.module_utils.record.recordable import recordable


def close_own(lease: watch.Watch, task: str, result: Mapping[str, Any], options: Options | None) -> None:
    """End the record of the run that this process works for, and give its lock back where ``options`` can sign in.

    ``task`` is what was under way, ``result`` what became of it: nobody else will write that down.
    """
    directory = os.path.dirname(os.path.dirname(os.path.dirname(lease.path)))
    record, sign = runs.run_at(directory, lease.environment, lease.run), lease.sign()
    before = record.ledger.read().entries
    phases = progress.phases_of(before)
    phase = phases[-1].name if phases else ""
    done = [("action", recordable(action)) for action in actions.actions_of(phase, task, [result])]
    stopped = {"how": sign.how, "by": sign.by, "reason": sign.reason, "then": sign.then} if sign else {}
    entries = [*done, ("stopped", {**stopped, "task": task}), ("finished", {})]
    if not any(entry.kind == "finished" for entry in before):
        record.ledger.append(runs.timestamp(datetime.now(UTC)), entries)
        _render(record, directory)
    if options is not None and lease.bucket:
        place = {"environment": lease.environment, "bucket": lease.bucket, "run": lease.run, "state": "absent"}
        environment_lock.OPERATION.run({**options, **place}, False)


def close_dead(directory: str, environment: str, by: str, *, is_locked: bool) -> list[runs.Run]:
    """End the records of runs of an environment that died, and return those, newest first.

    ``by`` is the run that closes them. One that held the lock is dead where ``by`` holds it; any is, whose process ran
    on this machine and is gone. What may still run is left open.
    """
    closed = []
    for record in runs.recorded_runs(directory, environment):
        if record.run == by:
            continue
        try:
            entries = record.ledger.read().entries
        except BrokenLedger:
            continue  # nothing in it is believed, and nothing added to it
        # One without entries died before it did anything; there is nothing to close.
        is_open = bool(entries) and report.verdict_of(entries) == report.OPEN
        why = _death_of(entries[0].body, is_locked=is_locked) if is_open else ""
        if why:
            record.ledger.append(runs.timestamp(datetime.now(UTC)), [("closed", {"by": by, "reason": why})])
            _render(record, directory)
            closed.append(record)
    return closed


def _death_of(started: Mapping[str, Any], *, is_locked: bool) -> str:
    process = started.get("process")
    if process and is_surely_gone(process):
        return "its process has ended"
    return "it lost the lock of its environment" if started.get("locked") and is_locked else ""


def _render(record: runs.Run, directory: str) -> None:
    run_report.OPERATION.run({"directory": directory, "environment": record.environment, "run": record.run}, False)
