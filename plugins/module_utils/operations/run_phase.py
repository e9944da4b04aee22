# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Go on with the next phase of a run, or stop: somebody ordered it, a budget is spent, or the lock is lost."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent, watch
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations import run_lease
from ansible_collections.netra.remediation.plugins.module_utils.record import budgets, progress, runs
from ansible_collections.netra.remediation.plugins.module_utils.record.files import write_whole
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry

OPTIONS: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "required": True},
    "environment": {"type": "str", "required": True},
    "run": {"type": "str", "required": True},
    "phase": {"type": "str", "required": True},
    "bucket": {"type": "str"},
    "valid_minutes": {"type": "int", "default": 15},
    "stop_file": {"type": "path"},
    "budgets": {"type": "dict", "default": {}},
}


def run(options: Options, check_mode: bool) -> Result:
    """Stop, or renew the lease and write down that the phase begins; in check mode there is neither lease nor record.

    Within a phase it is a look whether to go on: the phase began already.
    """
    record, phase = runs.run_at(options["directory"], options["environment"], options["run"]), options["phase"]
    result: Result = {"changed": False, "phase": phase, "done": [], "watch": None}
    if check_mode:
        return result
    if phase == progress.ROLLBACK:  # what goes back is in no plan
        intent.release(os.path.join(record.folder, intent.FILE))
    now, entries = datetime.now(UTC), record.ledger.read().entries
    asked, spent = budgets.budgets_of(options["budgets"]), budgets.spent_in(entries, now)
    found = budgets.judged(asked, spent)
    told = [spending.as_dict() for spending in budgets.untold(found, entries)]
    limits, marks = budgets.limits_of(asked, phase, spent, now), budgets.marks_of(asked, phase, spent, now)
    lease = _lease(options, record, limits, marks)
    sign = watch.ordered(lease.stop_file) or budgets.sign_of(found)
    begins = [] if sign or _is_open(entries, phase) else [(progress.BEGAN, {"phase": phase})]
    if sign is None:
        _renew(options, lease)
    said = [*((budgets.KIND, spending) for spending in told), *begins]
    chain = record.ledger.append(runs.timestamp(now), said)
    if sign:
        raise sign.stopped(f"go on with {phase}")
    done = [each.name for each in progress.phases_of(chain.entries) if each.is_done]
    return {**result, "watch": lease.path, "done": done, **_warnings(told)}


def _lease(
    options: Options, record: runs.Run, limits: tuple[watch.Limit, ...], marks: tuple[watch.Mark, ...]
) -> watch.Watch:
    return watch.Watch(
        os.path.join(record.folder, watch.FILE),
        record.run,
        record.environment,
        options.get("bucket") or "",
        options["valid_minutes"] * 60,
        options.get("stop_file") or "",
        limits,
        marks,
    )


def _renew(options: Options, lease: watch.Watch) -> None:
    """Keep the lock, and tell the operations of the phase what to heed."""
    if lease.bucket:
        run_lease.renew(Session(options), lease)
    write_whole(lease.path, lease.as_json())


def _is_open(entries: Sequence[Entry], phase: str) -> bool:
    phases = progress.phases_of(entries)
    return bool(phases) and phases[-1].name == phase and phases[-1].ended is None


def _warnings(told: list[dict[str, Any]]) -> dict[str, Any]:
    return {"warnings": [f"{budgets.sentence(spending)}." for spending in told]} if told else {}


OPERATION = Operation(name="run_phase", options=OPTIONS, run=run, keeps_lease=False)
