# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take up a run that did not end well. Layer `record`: may import `record` and `foundation` only.

What that run finished is told, never trusted: the new run acts by what it observes. What it takes over is where the
first run began: traffic that was moved since then counts as moved by the new run, so that its rollback goes back to
before the first run's writes, also where that run died before it could write down what it had moved.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.record import progress, runs, serving
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry
from ansible_collections.netra.remediation.plugins.module_utils.record.report import verdict_of
from ansible_collections.netra.remediation.plugins.module_utils.record.snapshot import read_snapshot

OPTION = "remediation_resume"
ENDED_WELL = ("passed", "unproven")
SHOWN_RUNS = 3


@dataclass(frozen=True)
class Resumption:
    """The run that is taken up, the one with whose snapshot it all began, and how far the former came."""

    run: str
    baseline: str
    verdict: str
    done: tuple[str, ...]
    broke_off_in: str | None
    moved: tuple[dict[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what the new run's ledger says of it."""
        return {
            "run": self.run,
            "baseline": self.baseline,
            "verdict": self.verdict,
            "done": list(self.done),
            "broke_off_in": self.broke_off_in,
            "moved": [dict(entry) for entry in self.moved],
        }


def resumption_of(
    directory: str, environment: str, run_id: str, playbook: str | None, observation: Mapping[str, Any]
) -> Resumption:
    """Return how a run is taken up; BadInput or UnsafeChange where there is nothing that could be."""
    record = _found(directory, environment, run_id)
    entries = record.ledger.read().entries
    started, verdict = entries[0], verdict_of(entries)
    _refuse(record, started, verdict, playbook)
    _refuse_what_is_over(record, directory)
    phases = progress.phases_of(entries)
    done = tuple(phase.name for phase in phases if phase.is_done)
    open_phase = next((phase.name for phase in reversed(phases) if not phase.is_done), None)
    baseline = runs.run_at(directory, environment, started.body.get("baseline") or record.run)
    moved = tuple(_moved(baseline, observation))
    return Resumption(record.run, baseline.run, verdict, done, open_phase, moved)


def moved_since(then: Mapping[str, Any], now: Mapping[str, Any], began: datetime) -> Iterable[dict[str, Any]]:
    """Return the services whose users get a revision made since a run began, and which; a share of them counts, too.

    A revision that was there before is none of the run's: a rollback, or a person, moved the traffic there.
    """
    for service, observed in (now.get("services") or {}).items():
        before = serving.sole_revision((then.get("services") or {}).get(service))
        shares = serving.shares_of(observed)
        made = [
            (datetime.fromisoformat(str(entry["create_time"])), str(entry["name"]))
            for entry in (now.get("revisions") or {}).get(service) or []
            if entry.get("create_time") and entry.get("name") in shares and entry["name"] != before
        ]
        newest = max((entry for entry in made if entry[0] >= began), default=None)
        if newest:
            moved = {"service": service, "from": before, "to": newest[1]}
            yield {**moved, "percent": shares[newest[1]]} if shares[newest[1]] < serving.WHOLE else moved


def _moved(baseline: runs.Run, observation: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    entries = baseline.ledger.read().entries
    snapshot = read_snapshot(baseline.folder, entries)
    if snapshot is None:  # that run ended before it wrote anything
        return []
    return moved_since(snapshot["observation"], observation, datetime.fromisoformat(entries[0].time))


def _found(directory: str, environment: str, run_id: str) -> runs.Run:
    try:
        record = runs.run_at(directory, environment, run_id)
    except BadInput as error:
        raise BadInput(f"{OPTION}: {error.message}", option=OPTION) from error
    if record.ledger.read().entries:
        return record
    for other in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
        if runs.ENVIRONMENT_PATTERN.fullmatch(other) and runs.run_at(directory, other, run_id).ledger.read().entries:
            raise BadInput(
                f"{OPTION}: run {run_id} is a run of {other}, not of {environment}. Nothing was written.", option=OPTION
            )
    known = [run.run for run in runs.recorded_runs(directory, environment)][:SHOWN_RUNS]
    newest = f"the newest are {', '.join(known)}" if known else "there are none"
    raise BadInput(
        f"{OPTION}: {os.path.dirname(record.folder)} holds no record of {run_id}; {newest}. Nothing was written.",
        option=OPTION,
    )


def _refuse(record: runs.Run, started: Entry, verdict: str, playbook: str | None) -> None:
    if verdict in ENDED_WELL:
        raise BadInput(
            f"{OPTION}: run {record.run} ended well ({verdict}), there is nothing to take up. Nothing was written. Run "
            f"without {OPTION}.",
            option=OPTION,
        )
    theirs = started.body.get("playbook")
    if playbook and theirs and theirs != playbook:
        raise BadInput(
            f"{OPTION}: run {record.run} is a run of {theirs}, and this is {playbook}. Nothing was written.",
            option=OPTION,
        )


def _refuse_what_is_over(record: runs.Run, directory: str) -> None:
    """Refuse where a later run passed: what it proved good must not be rolled back to before the older one."""
    for later in runs.recorded_runs(directory, record.environment):
        if later.run > record.run and verdict_of(later.ledger.read().entries) == "passed":
            raise UnsafeChange(
                f"{OPTION}: run {later.run} passed after {record.run}, so that one is over. Nothing was written. Run "
                f"without {OPTION}."
            )


def told(resumed: Resumption) -> str:
    """Return for people what is taken up."""
    done = ", ".join(resumed.done) or "no phase"
    where = f"; it broke off in {resumed.broke_off_in}" if resumed.broke_off_in else ""
    moved = ", ".join(f"{entry['service']} to {entry['to']}" for entry in resumed.moved)
    back = f" Moved since then, and taken back should this run fail: {moved}." if moved else ""
    return (
        f"Takes up run {resumed.run} ({resumed.verdict.replace('_', ' ')}), which finished {done}{where}. What it did "
        f"is verified by what was observed; a rollback goes back to before run {resumed.baseline}.{back}"
    )
