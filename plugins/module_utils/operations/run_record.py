# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write down what a run saw, did and decided.

Evidence about the environment is no change of the environment: the result is never `changed`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations import run_start
from ansible_collections.netra.remediation.plugins.module_utils.record import (
    budgets,
    configuration,
    entries,
    gates,
    rollback_outcome,
    runs,
    snapshot,
    undone_items,
)
from ansible_collections.netra.remediation.plugins.module_utils.record.entries import Body
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry
from ansible_collections.netra.remediation.plugins.module_utils.terraform import variable_files

OPTIONS: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "required": True},
    "environment": {"type": "str", "required": True},
    "run": {"type": "str"},
    "start": {"type": "str"},
    "resume": {"type": "str"},
    "facts": {"type": "dict"},
    "snapshot": {
        "type": "dict",
        "options": {
            "observation": {"type": "dict", "required": True},
            "files": {"type": "list", "elements": "path", "default": []},
        },
    },
    "configuration": {
        "type": "dict",
        "options": {
            "directory": {"type": "path", "required": True},
            "variables": {"type": "dict", "default": {}},
            "variables_file": {"type": "path"},
            "tfvars_file": {"type": "path"},
        },
    },
    "configuration_applied": {"type": "bool", "default": False},
    "findings": {"type": "list", "elements": "dict"},
    "declared_good": {"type": "dict"},
    "actions": {
        "type": "list",
        "elements": "dict",
        "options": {
            "phase": {"type": "str", "required": True},
            "what": {"type": "str", "required": True},
            "result": {"type": "dict", "required": True},
        },
    },
    "traffic_moved": {
        "type": "list",
        "elements": "dict",
        "options": {
            "service": {"type": "str", "required": True},
            "from": {"type": "str"},
            "to": {"type": "str", "required": True},
            "percent": {"type": "int"},
        },
    },
    "rolled_back": {
        "type": "list",
        "elements": "dict",
        "options": {
            "service": {"type": "str", "required": True},
            "revision": {"type": "str", "required": True},
            "away_from": {"type": "str"},
            "reason": {"type": "str"},
        },
    },
    "gates": {
        "type": "dict",
        "options": {
            "health": {"type": "list", "elements": "dict"},
            "journey": {"type": "dict"},
            "errors": {"type": "dict"},
            "observation": {"type": "dict"},
            "judged": {"type": "list", "elements": "dict", "default": []},
            "schema_heads": {"type": "dict", "default": {}},
            "limits": {"type": "dict", "default": {}},
            "required": {"type": "bool", "default": True},
        },
    },
    "good": {"type": "dict"},
    "failure": {
        "type": "dict",
        "options": {
            "task": {"type": "str", "required": True},
            "action": {"type": "str", "default": ""},
            "result": {"type": "dict", "required": True},
        },
    },
    "rollback": {
        "type": "dict",
        "options": {
            "plan": {"type": "dict", "default": {}},
            "moves": {"type": "list", "elements": "dict", "default": []},
            "cleanups": {"type": "list", "elements": "dict", "default": []},
            "obstacle": {"type": "dict", "default": {}},
            "asked": {"type": "bool", "default": True},
            "declined": {"type": "str", "default": ""},
            "undo": {"type": "list", "elements": "str", "choices": list(undone_items.ORDER), "default": []},
            "config_files": {"type": "dict", "default": {}},
            "secret_bindings": {"type": "dict", "default": {}, "no_log": False},
            "terraform": {"type": "dict", "default": {}},
            "targets": {"type": "list", "elements": "str", "default": []},
            "required": {"type": "bool", "default": False},
        },
    },
    "notes": {"type": "list", "elements": "str"},
    "finished": {"type": "bool", "default": False},
    "budgets": {"type": "dict", "default": {}},
}


def run(options: Options, check_mode: bool) -> Result:
    """Append to the run's ledger, or start a run; in check mode only judge."""
    now = datetime.now(UTC)
    judged = entries.gates_of(options)
    failure = entries.failure_of(options)
    run_id = options.get("run") or options.get("start") or runs.new_run_id(now)
    opened = None if options.get("run") else run_start.opening_of(options, run_id, check_mode=check_mode)
    undo = options.get("rollback")
    outcome = rollback_outcome.outcome_of(undo, predicted=check_mode) if undo else None
    half_moved = [] if check_mode or opened else entries.half_moved(options, _ledger(options, run_id))
    result: Result = {
        "changed": False,
        "gates": [gate.as_dict() for gate in judged],
        "verdict": gates.overall(judged) if judged else None,
        "first_cause": failure["message"] if failure else None,
        "stopped": entries.is_stop(options),
        "half_moved": half_moved,
        "asks_for_rollback": bool(half_moved) or entries.asks_for_rollback(options),
        "rollback_outcome": outcome.sentence if outcome else None,
        "undone": [item.as_dict() for item in outcome.items()] if outcome else [],
        "resumed": opened.resumed if opened else None,
        "closed": opened.closed if opened else [],
    }
    if check_mode:
        result["run"] = _shown(options, run_id, written=False)
    else:
        said = [*entries.entries_of(options, judged, failure), *entries.became(outcome)]
        result["run"] = _written(options, now, run_id, opened, said)
    _insist(options, judged, result["run"])
    if undo and outcome and undo["required"] and not outcome.is_whole:
        raise RemediationError(
            f"The rollback of {options['environment']} is not complete. {outcome.sentence}", undone=result["undone"]
        )
    return result


def _written(
    options: Options, now: datetime, run_id: str, opened: run_start.Opening | None, said: list[Body]
) -> dict[str, Any]:
    place = options["directory"], options["environment"], run_id
    record = runs.create_run(*place) if opened else runs.run_at(*place)
    opening: list[Body] = [opened.started] if opened else []
    time = runs.timestamp(now)
    if options["finished"]:
        before = record.ledger.read().entries
        found = budgets.judged(budgets.budgets_of(options["budgets"]), budgets.spent_in(before, now))
        opening += [(budgets.KIND, spending.as_dict()) for spending in budgets.untold(found, before)]
    if options.get("snapshot"):
        taken = snapshot.snapshot_of(options["snapshot"]["observation"], options["snapshot"]["files"], time)
        written = snapshot.write_snapshot(record.folder, taken)
        opening += [("snapshot", written)] if written else []
    if options.get("configuration"):
        kept = options["configuration"]
        names = variable_files.giving_values(kept["directory"], kept.get("variables_file"), kept.get("tfvars_file"))
        body = configuration.keep_configuration(record.folder, kept["directory"], kept["variables"], names)
        opening.append((configuration.KIND, body))
    chain = record.ledger.append(time, [*opening, *(opened.said if opened else ()), *said])
    return {**_shown(options, record.run, written=True), "entries": len(chain.entries)}


def _ledger(options: Options, run_id: str) -> tuple[Entry, ...]:
    """Return what is on record, where a stop asks for it."""
    record = runs.run_at(options["directory"], options["environment"], run_id)
    return record.ledger.read().entries if entries.is_stop(options) else ()


def _shown(options: Options, run_id: str, *, written: bool) -> dict[str, Any]:
    record = runs.run_at(options["directory"], options["environment"], run_id)
    return {"id": run_id, "environment": record.environment, "directory": record.folder, "written": written}


def _insist(options: Options, judged: list[gates.Gate], record: dict[str, Any]) -> None:
    if judged and options["gates"]["required"] and gates.stopping(judged):
        why = "; ".join(gates.reasons(judged))
        raise RemediationError(
            f"The gates of {options['environment']} are not green. {why}",
            verdict=gates.overall(judged),
            gates=[gate.as_dict() for gate in judged],
            run=record["id"],
        )


OPERATION = Operation(name="run_record", options=OPTIONS, run=run, authenticated=False)
