# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep a run to a plan, or write the plan of a check."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import plan_baseline
from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent, redaction
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.foundation.processes import who
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.record import (
    plan_approvals,
    plan_file,
    plan_words,
    runs,
)
from ansible_collections.netra.remediation.plugins.module_utils.record.files import write_whole

CHECKED, BEGUN, WRITTEN = "checked", "begun", "written"
DRAFT = ".check-"
DAY_SECONDS = 86_400.0
KEY_BYTES = 16
OPTIONS: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "required": True},
    "environment": {"type": "str", "required": True},
    "state": {"type": "str", "choices": [CHECKED, BEGUN, WRITTEN], "required": True},
    "run": {"type": "str"},
    "plan": {"type": "path"},
    "sha256": {"type": "str"},
    "plan_file": {"type": "path"},
    "journal": {"type": "path"},
    "about": {
        "type": "dict",
        "options": {name: {"type": "str", "required": True} for name in plan_file.PLACE},
    },
    "observation": {"type": "dict"},
    "approvals": {"type": "int", "default": 0},
    "allowed_signers": {"type": "path"},
}


def run(options: Options, check_mode: bool) -> Result:
    """Do what the state says; nothing of it changes the environment."""
    acts = {CHECKED: _checked, BEGUN: _begun, WRITTEN: _written}
    nothing: Result = {"changed": False, "journal": None, "plan": None, "sha256": None, "approvals": [], "lines": []}
    return {**nothing, "summary": "", **acts[options["state"]](options, check_mode)}


def _checked(options: Options, check_mode: bool) -> Result:
    """Refuse a plan that was altered, is for another place, lacks approvals, or whose environment moved."""
    plan = _plan(options)
    held = _approvals(options, plan, check_mode=check_mode)
    redaction.use_key(bytes.fromhex(plan.key))
    now = _baseline(options.get("observation") or {}, plan.baseline)
    plan_file.refuse_moved(plan, now, _done(options, plan.sha256))
    return {**_told(plan), "approvals": held}


def _begun(options: Options, check_mode: bool) -> Result:
    """Begin the journal of a run, or of a check, whose changes are drafted in it; a plan is in it whole."""
    plan = _plan(options) if options.get("plan") else None
    held = _approvals(options, plan, check_mode=check_mode) if plan else []
    folder = runs.environment_folder(options["directory"], options["environment"])
    if check_mode:
        os.makedirs(folder, exist_ok=True)
        _forget_old(folder)
        path = os.path.join(folder, f"{DRAFT}{secrets.token_hex(6)}")
    else:
        record = runs.run_at(options["directory"], options["environment"], _run(options))
        path = os.path.join(record.folder, intent.FILE)
        if plan:
            body = {"sha256": plan.sha256, "file": plan.path, "approvals": held}
            record.ledger.append(runs.timestamp(datetime.now(UTC)), [("plan", body)])
    key = plan.key if plan else secrets.token_hex(KEY_BYTES) if check_mode else ""
    about = {"environment": options["environment"], **(options.get("about") or {})}
    said = plan.changes if plan else None
    journal = intent.Journal(check_mode, said, plan.path if plan else "", key, about)
    write_whole(path, journal.as_line(), mode=0o600)
    return {"journal": path, "approvals": held, **(_told(plan) if plan else {})}


def _written(options: Options, _check_mode: bool) -> Result:
    """Seal what a check drafted; without a file to write it to only tell of it."""
    path = options.get("journal")
    journal = intent.read(path) if path else None
    if path is None or journal is None:
        raise BadInput("Could not write the plan: there is no journal of a check. Begin one first.", option="journal")
    if not journal.is_draft:
        return {}
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    told: Result = {"lines": plan_words.lines_of(journal.said), "summary": plan_words.summary_of(journal.said)}
    file = options.get("plan_file")
    if not file or journal.plan is not None:
        return told
    baseline = _baseline(options.get("observation") or {}, (change.resource for change in journal.said))
    made = {"made": runs.timestamp(datetime.now(UTC)), "by": who()}
    plan = plan_file.sealed({**journal.about, **made}, journal.said, baseline, journal.key)
    os.makedirs(os.path.dirname(os.path.abspath(file)), exist_ok=True)
    plan_file.write_plan(file, plan)
    return {**told, "plan": file, "sha256": plan[plan_file.HASH]}


def _plan(options: Options) -> plan_file.PlanFile:
    plan = plan_file.read_plan(str(options.get("plan") or ""))
    plan_file.refuse_other_place(plan, {"environment": options["environment"], **(options.get("about") or {})})
    if options.get("sha256") not in (None, plan.sha256):
        raise UnsafeChange(f"Could not apply the plan {plan.path}: it is not the one that was checked. Run again.")
    return plan


def _approvals(options: Options, plan: plan_file.PlanFile, *, check_mode: bool) -> list[dict[str, str]]:
    """Return the approvals that hold; UnsafeChange where a run that writes has too few."""
    signers = options.get("allowed_signers")
    held, refused = plan_approvals.approvals_of(
        plan.path, plan.sha256, options["environment"], signers, datetime.now(UTC)
    )
    if not check_mode:
        plan_approvals.refuse_too_few(options["approvals"], held, refused, plan.path)
    return [approval.as_dict() for approval in held]


def _told(plan: plan_file.PlanFile) -> Result:
    lines, summary = plan_words.lines_of(plan.changes), plan_words.summary_of(plan.changes)
    return {"plan": plan.path, "sha256": plan.sha256, "lines": lines, "summary": summary}


def _run(options: Options) -> str:
    if not options.get("run"):
        raise BadInput("Could not begin: run is needed, the id that run_record gave.", option="run")
    return str(options["run"])


def _baseline(observation: Mapping[str, Any], resources: Iterable[str]) -> dict[str, dict[str, Any]]:
    names = list(resources)
    files = [name.partition(" ")[2] for name in names if name.startswith(f"{plan_baseline.FILE} ")]
    return plan_baseline.baseline_of(observation, {path: _fingerprint(path) for path in files}, names)


def _fingerprint(path: str) -> str | None:
    """Return what stands for a file's content in a plan: with the plan's key, since it may hold secrets."""
    try:
        with open(path, "rb") as file:
            return redaction.fingerprint(file.read())
    except OSError:
        return None


def _done(options: Options, sha256: str) -> set[str]:
    """Return what runs of this very plan changed before: a run that was killed is completed by applying it again."""
    done: set[str] = set()
    for record in runs.recorded_runs(options["directory"], options["environment"]):
        entries = record.ledger.read().entries
        if any(entry.kind == "plan" and entry.body["sha256"] == sha256 for entry in entries):
            journal = intent.read(os.path.join(record.folder, intent.FILE))
            done |= {change.resource for change in (journal.said if journal else ())}
    return done


def _forget_old(folder: str) -> None:
    """Remove the drafts of checks that were killed."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        with contextlib.suppress(FileNotFoundError):
            if name.startswith(DRAFT) and time.time() - os.stat(path).st_mtime > DAY_SECONDS:
                os.unlink(path)


OPERATION = Operation(name="run_plan", options=OPTIONS, run=run, authenticated=False)
