# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a run as Markdown. Pure. Layer `record`: may import `foundation` only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.record import approvals
from ansible_collections.netra.remediation.plugins.module_utils.record.report_words import (
    answer_of,
    outcome_of,
    undone_row,
    why_of,
)


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
    parts += _section("Rolled back", _table(("what", "of", "result", "why"), map(undone_row, report["undone"])))
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
    return approvals.told(approval["moves"]), answer_of(approval), seen or "no users yet"


def _action(action: dict[str, Any]) -> tuple[Any, ...]:
    details = action.get("changed_fields") or [
        f"{item['address']} {'+'.join(item['actions'])}" for item in action.get("resources", [])
    ]
    return (
        action["phase"],
        action["what"],
        action["subject"],
        outcome_of(action) + (f": {', '.join(details)}" if details else ""),
    )


def _gate(gate: dict[str, Any]) -> tuple[Any, ...]:
    measured, limit = ("" if gate[key] is None else f"{gate[key]:g}" for key in ("measured", "limit"))
    return gate["name"], gate["verdict"], measured, limit, why_of(gate)
