# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a run, from its ledger and from nothing else. Pure. Layer `record`: may import `foundation` only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.record import approvals, budgets
from ansible_collections.netra.remediation.plugins.module_utils.record.gates import DELIVERY
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Chain, Entry
from ansible_collections.netra.remediation.plugins.module_utils.record.undone_items import TRAFFIC
from ansible_collections.netra.remediation.plugins.module_utils.record.written_files import (
    ALREADY,
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


def _outcome(action: dict[str, Any]) -> str:
    return "changed" if action["changed"] else "is as it should be"


SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "started": lambda body: f"run started ({body.get('playbook') or 'by hand'})",
    "snapshot": lambda body: f"snapshot taken, SHA-256 {body['sha256'][:12]}",
    "plan": lambda body: f"keeps to plan {body['sha256'][:12]}{_approved(body['approvals'])}",
    "resumed": lambda body: f"takes up run {body['run']}, which finished {', '.join(body['done']) or 'no phase'}",
    "left_out": lambda body: f"phase {body['phase']} was left out ({body['why']})",
    "phase_began": lambda body: f"phase {body['phase']} began",
    "finding": lambda body: f"{body['id']} {body.get('resource', '')}: {body.get('summary', '')}",
    "action": lambda body: f"{body['what']}: {body['subject'] or body['phase']} {_outcome(body)}",
    "terraform_configuration": lambda body: f"Terraform configuration kept, SHA-256 {body['sha256'][:12]}",
    "terraform_applied": lambda _body: "Terraform configuration applied",
    "file_written": lambda body: f"{body['path']} {'written' if body['after'] else 'removed'}",
    "gate": lambda body: f"gate {body['name']}: {body['verdict']}" + (f" ({why})" if (why := _why(body)) else ""),
    "last_known_good": lambda body: f"{body['revision']} is on record as good ({body['source'].replace('_', ' ')})",
    "traffic_moved": lambda body: (
        f"{body['service']}: {_share(body)}traffic moved from {body.get('from') or 'nothing'} to {body['to']}"
    ),
    "rolled_back": lambda body: (
        f"{body['service']}: rolled back from {body.get('away_from') or 'nothing'} to {body['revision']}"
    ),
    "not_rolled_back": lambda body: f"{body['service']}: not rolled back ({body['reason']})",
    "undone": lambda body: (
        f"{_undone(body)[1]}: {_undone(body)[2]}" + (f" ({body['reason']})" if body["reason"] else "")
    ),
    "failure": lambda body: f"failed: {body['message']}",
    "note": lambda body: str(body["text"]),
    approvals.ASKED: lambda body: (
        f"asked whether a new revision may have {approvals.told(body['moves'])}, until {body['until']}"
    ),
    approvals.ANSWERED: lambda body: f"{approvals.told(body['moves'])}: {_answer(body)}",
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


def _answer(body: dict[str, Any]) -> str:
    by, why = (f" by {body['by']}" if body["by"] else ""), (f" ({body['reason']})" if body["reason"] else "")
    return f"{body['answer'].replace('_', ' ')}{by} after {body['seconds']:g} s{why}"


def _why(gate: dict[str, Any]) -> str:
    """Return the reason of a gate's verdict and, where it is not green, why the run went on."""
    waived = f"the run goes on, {gate['waived']}" if gate["verdict"] != "pass" and gate.get("waived") else ""
    return "; ".join(part for part in (gate["reason"], waived) if part)


def sentence_of(entry: Entry) -> str:
    """Return what an entry says, for people."""
    return SENTENCES[entry.kind](entry.body) if entry.kind in SENTENCES else entry.kind.replace("_", " ")


def as_markdown(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    parts = [
        f"# {report['environment']}: {report['verdict'].replace('_', ' ')}",
        f"{report['summary']} Run `{report['run']}`, {report['started']}, {report['seconds']:g} seconds.",
    ]
    if report["first_cause"]:
        parts.append(f"**First cause** ({_cell(report['first_cause']['task'])}): {report['first_cause']['message']}")
    parts += _section("What next", [f"{number}. {step}" for number, step in enumerate(report["next"], start=1)])
    parts += _section(
        "Findings", _table(("finding", "severity", "resource", "what", "caused by"), map(_finding, report["findings"]))
    )
    parts += _section("Budgets", _table(("what", "spent", "of", "decision"), map(_spending, report["budgets"])))
    parts += _section("Left out", _table(("phase", "why", "although"), map(_omission, report["left_out"])))
    parts += _section("Actions", _table(("phase", "what", "on", "result"), map(_action, report["actions"])))
    parts += _section(
        "Approvals",
        _table(("for a new revision", "answer", "what users got then"), map(_approval, report["approvals"])),
    )
    parts += _section("Rolled back", _table(("what", "of", "result", "why"), map(_undone, report["undone"])))
    parts += _section("Gates", _table(("gate", "verdict", "measured", "limit", "reason"), map(_gate, report["gates"])))
    parts += _section(
        "On record as good",
        [f"* `{item['service']}`: `{item['revision']}` ({item['source']})" for item in report["last_known_good"]],
    )
    parts += _section(
        "Timeline",
        _table(("seconds", "what"), ((f"{item['seconds']:.1f}", item["text"]) for item in report["timeline"])),
    )
    parts.append(f"{report['ledger']['entries']} ledger entries, last seal `{report['ledger']['seal']}`.")
    return "\n\n".join(parts) + "\n"


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"## {title}", "\n".join(lines)] if lines else []


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    body = ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *body] if body else []


def _cell(value: Any) -> str:
    return " ".join(str(value).replace("|", "\\|").split())


def _finding(finding: dict[str, Any]) -> tuple[Any, ...]:
    caused_by = ", ".join(finding.get("caused_by") or [])
    return (*(finding.get(key, "") for key in ("id", "severity", "resource", "summary")), caused_by)


def _spending(spending: dict[str, Any]) -> tuple[Any, ...]:
    return spending["name"], f"{spending['spent']:g} s", f"{spending['seconds']:g} s", spending["decision"]


def _omission(omission: dict[str, Any]) -> tuple[Any, ...]:
    return omission["phase"], omission["why"], ", ".join(omission["findings"])


def _approval(approval: dict[str, Any]) -> tuple[Any, ...]:
    seen = "; ".join(f"{gate['name']}: {gate['verdict']}, {gate['reason']}" for gate in approval["gates"])
    return approvals.told(approval["moves"]), _answer(approval), seen or "no users yet"


def _action(action: dict[str, Any]) -> tuple[Any, ...]:
    details = action.get("changed_fields") or [
        f"{item['address']} {'+'.join(item['actions'])}" for item in action.get("resources", [])
    ]
    return (
        action["phase"],
        action["what"],
        action["subject"],
        _outcome(action) + (f": {', '.join(details)}" if details else ""),
    )


def _undone(body: dict[str, Any]) -> tuple[Any, ...]:
    words = {DONE: "as before", ALREADY: "as before already", REFUSED: "left as it is", FAILED: "failed"}
    kind = body["item"].replace("_", " ")
    return kind, body["subject"] or kind, words[body["outcome"]], body["reason"]


def _gate(gate: dict[str, Any]) -> tuple[Any, ...]:
    measured, limit = ("" if gate[key] is None else f"{gate[key]:g}" for key in ("measured", "limit"))
    return gate["name"], gate["verdict"], measured, limit, _why(gate)
