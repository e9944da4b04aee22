# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each entry of a ledger says, for people. Pure. Layer `record`: may import `foundation` only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.record import approvals, budgets
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry
from ansible_collections.netra.remediation.plugins.module_utils.record.written_files import (
    ALREADY,
    DONE,
    FAILED,
    REFUSED,
)


def outcome_of(action: dict[str, Any]) -> str:
    """Return what became of an action."""
    return "changed" if action["changed"] else "is as it should be"


SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "started": lambda body: f"run started ({body.get('playbook') or 'by hand'})",
    "snapshot": lambda body: f"snapshot taken, SHA-256 {body['sha256'][:12]}",
    "plan": lambda body: f"keeps to plan {body['sha256'][:12]}{_approved(body['approvals'])}",
    "resumed": lambda body: f"takes up run {body['run']}, which finished {', '.join(body['done']) or 'no phase'}",
    "left_out": lambda body: f"phase {body['phase']} was left out ({body['why']})",
    "phase_began": lambda body: f"phase {body['phase']} began",
    "finding": lambda body: f"{body['id']} {body.get('resource', '')}: {body.get('summary', '')}",
    "action": lambda body: f"{body['what']}: {body['subject'] or body['phase']} {outcome_of(body)}",
    "terraform_configuration": lambda body: f"Terraform configuration kept, SHA-256 {body['sha256'][:12]}",
    "terraform_applied": lambda _body: "Terraform configuration applied",
    "file_written": lambda body: f"{body['path']} {'written' if body['after'] else 'removed'}",
    "gate": lambda body: f"gate {body['name']}: {body['verdict']}" + (f" ({why})" if (why := why_of(body)) else ""),
    "last_known_good": lambda body: f"{body['revision']} is on record as good ({body['source'].replace('_', ' ')})",
    "traffic_moved": lambda body: (
        f"{body['service']}: {_share(body)}traffic moved from {body.get('from') or 'nothing'} to {body['to']}"
    ),
    "rolled_back": lambda body: (
        f"{body['service']}: rolled back from {body.get('away_from') or 'nothing'} to {body['revision']}"
    ),
    "not_rolled_back": lambda body: f"{body['service']}: not rolled back ({body['reason']})",
    "undone": lambda body: (
        f"{undone_row(body)[1]}: {undone_row(body)[2]}" + (f" ({body['reason']})" if body["reason"] else "")
    ),
    "failure": lambda body: f"failed: {body['message']}",
    "note": lambda body: str(body["text"]),
    approvals.ASKED: lambda body: (
        f"asked whether a new revision may have {approvals.told(body['moves'])}, until {body['until']}"
    ),
    approvals.ANSWERED: lambda body: f"{approvals.told(body['moves'])}: {answer_of(body)}",
    "budget": lambda body: f"{budgets.sentence(body)} ({body['level']}: {body['decision'].replace('_', ' ')})",
    "stopped": lambda body: f"stopped: {body.get('reason') or 'for no reason that is known'}",
    "closed": lambda body: f"died; closed by run {body['by']}, as {body['reason']}",
    "finished": lambda _body: "run finished",
}


def _approved(approvals: list[dict[str, Any]]) -> str:
    said = ", ".join(f"{entry['approver']} ({entry['reason']})" for entry in approvals)
    return f", approved by {said}" if said else ""


def _share(moved: dict[str, Any]) -> str:
    return f"{moved['percent']} % of the " if moved.get("percent") else ""


def answer_of(body: dict[str, Any]) -> str:
    """Return what a person answered, who, when and why."""
    by, why = (f" by {body['by']}" if body["by"] else ""), (f" ({body['reason']})" if body["reason"] else "")
    return f"{body['answer'].replace('_', ' ')}{by} after {body['seconds']:g} s{why}"


def why_of(gate: dict[str, Any]) -> str:
    """Return the reason of a gate's verdict and, where it is not green, why the run went on."""
    waived = f"the run goes on, {gate['waived']}" if gate["verdict"] != "pass" and gate.get("waived") else ""
    return "; ".join(part for part in (gate["reason"], waived) if part)


def sentence_of(entry: Entry) -> str:
    """Return what an entry says, for people."""
    return SENTENCES[entry.kind](entry.body) if entry.kind in SENTENCES else entry.kind.replace("_", " ")


def undone_row(body: dict[str, Any]) -> tuple[Any, ...]:
    """Return kind, subject, outcome and reason of what was to go back."""
    words = {DONE: "as before", ALREADY: "as before already", REFUSED: "left as it is", FAILED: "failed"}
    kind = body["item"].replace("_", " ")
    return kind, body["subject"] or kind, words[body["outcome"]], body["reason"]
