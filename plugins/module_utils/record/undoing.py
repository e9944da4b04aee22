# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which run a rollback undoes. Layer `record`: may import `record` and `foundation` only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.record import written_files
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import BrokenLedger, Entry
from ansible_collections.netra.remediation.plugins.module_utils.record.runs import Run

OPTION = "remediation_rollback_run"
UNDOING = "netra.remediation.rollback"
CHANGES = (written_files.KIND, "traffic_moved")


def runs_to_undo(runs: Iterable[Run], asked: str | None = None) -> list[Run]:
    """Return the newest run that changed something, or the one asked for, after those that it took up, oldest first.

    ``runs`` begin with the newest. A rollback is not undone. None on record: nothing to undo.
    Raises UnsafeChange where a ledger is broken that may be the one, BadInput where the run asked for is not there.
    """
    known = {run.run: run for run in runs}
    chosen = _asked(known, asked) if asked else _newest(known.values())
    chain: list[Run] = []
    while chosen and chosen not in chain:
        chain.insert(0, chosen)
        chosen = known.get(_begun(chosen.ledger.read().entries).get("resumes", ""))
    return chain


def versions_made(runs: Iterable[Run]) -> set[tuple[str, str]]:
    """Return the versions of secrets that runs made, secret and number, as far as they could write that down."""
    return {
        (entry.body["subject"], str(entry.body["version"]))
        for run in runs
        for entry in run.ledger.read().entries
        if entry.kind == "action" and entry.body.get("version")
    }


def _asked(known: dict[str, Run], asked: str) -> Run:
    if asked not in known:
        newest = ", ".join(list(known)[:3]) or "none"
        raise BadInput(f"{OPTION} names run {asked}, which has no record. The newest are: {newest}.", option=OPTION)
    return known[asked]


def _newest(runs: Iterable[Run]) -> Run | None:
    for run in runs:
        try:
            entries = run.ledger.read().entries
        except BrokenLedger as error:
            raise UnsafeChange(
                f"Could not tell which run to undo: {error.message} Name the run in {OPTION}.", option=OPTION
            ) from error
        if _begun(entries).get("playbook") != UNDOING and any(_changes(entry) for entry in entries):
            return run
    return None


def _begun(entries: Sequence[Entry]) -> dict[str, str]:
    return dict(entries[0].body) if entries and entries[0].kind == "started" else {}


def _changes(entry: Entry) -> bool:
    return entry.kind in CHANGES or (entry.kind == "action" and bool(entry.body.get("changed")))
