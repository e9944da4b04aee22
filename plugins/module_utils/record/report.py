# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a run, from its ledger and from nothing else. Pure. Layer `record`: may import `foundation` only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.record import approvals, budgets
from ansible_collections.netra.remediation.plugins.module_utils.record.gates import DELIVERY
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Chain, Entry
from ansible_collections.netra.remediation.plugins.module_utils.record.report_words import sentence_of
from ansible_collections.netra.remediation.plugins.module_utils.record.undone_items import TRAFFIC
from ansible_collections.netra.remediation.plugins.module_utils.record.written_files import (
    DONE,
    FAILED,
    REFUSED,
)

VERDICTS = {
    "passed": "The contract holds and the golden path passes.",
    "unproven": "The run did its part; the golden path was not walked.",
    "failed": "The run failed.",
    "rolled_back": "The run failed or was stopped, and its traffic went back to recorded revisions.",
    "partly_rolled_back": "The run failed or was stopped, and only a part of its traffic went back.",
    "stopped": "The run was stopped on request. What it had done stays.",
    "killed": "The run died before its end; a later run closed its record.",
    "open": "The run has no end on record: it died, or it still runs.",
}
OPEN = "open"
# A run that did not come to its end.
BROKEN_OFF = ("stopped", "killed", OPEN)


def verdict_of(entries: Sequence[Entry]) -> str:
    """Return the word of `VERDICTS` for a run."""
    kinds = {entry.kind for entry in entries}
    if "failure" in kinds and "rolled_back" in kinds:
        left = any(body["outcome"] in (REFUSED, FAILED) for body in _bodies(entries, "undone"))
        return "partly_rolled_back" if left or "not_rolled_back" in kinds else "rolled_back"
    for kind, verdict in (("stopped", "stopped"), ("closed", "killed"), ("failure", "failed")):
        if kind in kinds:
            return verdict
    gates = _bodies(entries, "gate")
    if any(gate["verdict"] != "pass" and not gate.get("waived") for gate in gates):
        return "failed"
    if "finished" not in kinds:
        return OPEN
    return "passed" if any(gate.get("scope") != DELIVERY for gate in gates) else "unproven"


def report_of(environment: str, run: str, chain: Chain) -> dict[str, Any]:
    """Return the report as JSON."""
    entries = chain.entries
    verdict = verdict_of(entries)
    failures = _bodies(entries, "failure")
    return {
        "schema": 1,
        "environment": environment,
        "run": run,
        "verdict": verdict,
        "summary": VERDICTS[verdict],
        "first_cause": failures[0] if failures else None,
        "started": entries[0].time if entries else None,
        "ended": entries[-1].time if entries else None,
        "seconds": _seconds(entries[0], entries[-1]) if entries else 0.0,
        "findings": _bodies(entries, "finding"),
        "budgets": _bodies(entries, budgets.KIND),
        "left_out": _bodies(entries, "left_out"),
        "actions": _bodies(entries, "action"),
        "approvals": _bodies(entries, approvals.ANSWERED),
        "gates": _bodies(entries, "gate"),
        "last_known_good": _bodies(entries, "last_known_good"),
        "rollbacks": _bodies(entries, "rolled_back"),
        "undone": list(undone_of(entries)),
        "timeline": [_moment(entries[0], entry) for entry in entries],
        "next": next_steps(entries, verdict, run),
        "ledger": {
            "entries": len(entries),
            "seal": entries[-1].seal if entries else None,
            "torn_bytes": chain.torn_bytes,
        },
    }


def undone_of(entries: Sequence[Entry]) -> Iterator[dict[str, Any]]:
    """Return what was to go back, each with what became of it and why, in the order in which it was tried."""
    for entry in entries:
        body = entry.body
        if entry.kind == "rolled_back":
            yield {"item": TRAFFIC, "subject": body["service"], "outcome": DONE, "reason": f"to {body['revision']}"}
        elif entry.kind == "not_rolled_back":
            yield {"item": TRAFFIC, "subject": body["service"], "outcome": REFUSED, "reason": body["reason"]}
        elif entry.kind == "undone":
            yield body


def next_steps(entries: Sequence[Entry], verdict: str, run: str) -> list[str]:
    """Return what a person should do now, in order."""
    steps = [
        f"{finding['id']} {finding.get('resource', '')}: {finding['remedy']}"
        for finding in _open_findings(entries, verdict)
    ]
    held = sorted({body["service"] for body in _bodies(entries, "rolled_back")})
    if held:
        steps.append(
            f"A rollback holds {', '.join(held)}. When the cause is repaired, roll forward with: ansible-playbook "
            "netra.remediation.remediate -e remediation_lift_hold=true"
        )
    if verdict in BROKEN_OFF:
        steps.append(
            "Run netra.remediation.diagnose: what was under way may be half done; a new run takes it up from there. "
            f"With -e remediation_resume={run} its rollback also takes back what this one moved."
        )
    if not steps:
        steps.append(
            "Nothing. The next run of netra.remediation.remediate will change nothing while the contract holds."
        )
    return steps


def _open_findings(entries: Sequence[Entry], verdict: str) -> list[dict[str, Any]]:
    if verdict == "passed":
        return []
    return [
        finding for finding in _bodies(entries, "finding") if finding.get("remedy") and not finding.get("caused_by")
    ]


def _bodies(entries: Sequence[Entry], kind: str) -> list[dict[str, Any]]:
    return [entry.body for entry in entries if entry.kind == kind]


def _seconds(first: Entry, later: Entry) -> float:
    return round((datetime.fromisoformat(later.time) - datetime.fromisoformat(first.time)).total_seconds(), 3)


def _moment(first: Entry, entry: Entry) -> dict[str, Any]:
    return {"time": entry.time, "seconds": _seconds(first, entry), "kind": entry.kind, "text": sentence_of(entry)}
