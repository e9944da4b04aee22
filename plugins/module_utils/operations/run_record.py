# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write down what a run saw, did and decided.

Evidence about the environment is no change of the environment: the result is never `changed`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.record import (
    actions,
    configuration,
    gates,
    rollback_outcome,
    runs,
    serving,
    snapshot,
)
from ansible_collections.netra.remediation.plugins.module_utils.record.recordable import recordable
from ansible_collections.netra.remediation.plugins.module_utils.record.rollback_decision import DECLARED, EARNED
from ansible_collections.netra.remediation.plugins.module_utils.terraform import variable_files

Body = tuple[str, dict[str, Any]]

OPTIONS: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "required": True},
    "environment": {"type": "str", "required": True},
    "run": {"type": "str"},
    "start": {"type": "str"},
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
        },
    },
    "notes": {"type": "list", "elements": "str"},
    "finished": {"type": "bool", "default": False},
}


def run(options: Options, check_mode: bool) -> Result:
    """Append to the run's ledger, or start a run; in check mode only judge."""
    now = datetime.now(UTC)
    judged = _gates(options)
    failure = _failure(options)
    outcome = rollback_outcome.outcome_of(options["rollback"]) if options.get("rollback") else None
    result: Result = {
        "changed": False,
        "gates": [gate.as_dict() for gate in judged],
        "verdict": gates.overall(judged) if judged else None,
        "first_cause": failure["message"] if failure else None,
        "asks_for_rollback": _asks_for_rollback(options),
        "rollback_outcome": outcome.sentence if outcome else None,
    }
    if check_mode:
        result["run"] = _shown(
            options, options.get("run") or options.get("start") or runs.new_run_id(now), written=False
        )
    else:
        result["run"] = _written(options, now, [*_entries(options, judged, failure), *_became(outcome)])
    _insist(options, judged, result["run"])
    return result


def _written(options: Options, now: datetime, said: list[Body]) -> dict[str, Any]:
    directory, environment = options["directory"], options["environment"]
    entries: list[Body] = []
    if options.get("run"):
        record = runs.run_at(directory, environment, options["run"])
    else:
        record = runs.create_run(directory, environment, options.get("start") or runs.new_run_id(now))
        entries.append(("started", {"environment": environment, **recordable(options.get("facts") or {})}))
    time = runs.timestamp(now)
    if options.get("snapshot"):
        taken = snapshot.snapshot_of(options["snapshot"]["observation"], options["snapshot"]["files"], time)
        written = snapshot.write_snapshot(record.folder, taken)
        entries += [("snapshot", written)] if written else []
    if options.get("configuration"):
        kept = options["configuration"]
        names = variable_files.giving_values(kept["directory"], kept.get("variables_file"), kept.get("tfvars_file"))
        body = configuration.keep_configuration(record.folder, kept["directory"], kept["variables"], names)
        entries.append((configuration.KIND, body))
    chain = record.ledger.append(time, [*entries, *said])
    return {**_shown(options, record.run, written=True), "entries": len(chain.entries)}


def _shown(options: Options, run_id: str, *, written: bool) -> dict[str, Any]:
    record = runs.run_at(options["directory"], options["environment"], run_id)
    return {"id": run_id, "environment": record.environment, "directory": record.folder, "written": written}


def _entries(options: Options, judged: list[gates.Gate], failure: dict[str, Any] | None) -> Iterator[Body]:
    for finding in options.get("findings") or []:
        yield "finding", recordable(finding)
    for service, revision in (options.get("declared_good") or {}).items():
        yield "last_known_good", {"service": service, "revision": revision, "source": DECLARED}
    yield from _done(options)
    for gate in judged:
        yield "gate", recordable(gate.as_dict())
    if gates.overall(judged) == gates.PASS:
        for service, good in _good(options).items():
            yield "last_known_good", {"service": service, "source": EARNED, **recordable(good)}
    for back in options.get("rolled_back") or []:
        yield "rolled_back", recordable(back)
    if failure:
        yield "failure", recordable(failure)
    for note in options.get("notes") or []:
        yield "note", {"text": note}
    if options["finished"]:
        yield "finished", {}


def _done(options: Options) -> Iterator[Body]:
    """Write down what the run did to the environment."""
    for action in options.get("actions") or []:
        for done in actions.actions_of(action["phase"], action["what"], [action["result"]]):
            yield "action", recordable(done)
    if options.get("configuration_applied"):
        yield configuration.APPLIED, {}
    for moved in options.get("traffic_moved") or []:
        yield "traffic_moved", recordable(moved)


def _became(outcome: rollback_outcome.Outcome | None) -> Iterator[Body]:
    """Write down what became of a rollback; what did move was written down when it moved."""
    if outcome:
        for service, reason in outcome.unmoved.items():
            yield "not_rolled_back", recordable({"service": service, "reason": reason})
        yield "note", {"text": outcome.sentence}


def _gates(options: Options) -> list[gates.Gate]:
    asked = options.get("gates")
    if not asked:
        return []
    limits = {name: float(limit) for name, limit in asked["limits"].items() if limit is not None}
    judged = gates.health_gates(asked.get("health") or [], limits.get("health_seconds"))
    judged += gates.database_gates(asked.get("health") or [], limits.get(gates.DATABASE))
    if asked.get("journey") is not None:
        judged += gates.journey_gates(asked["journey"], limits)
    errors = {**serving.errors_of(asked.get("observation") or {}), **(asked.get("errors") or {})}
    return judged + gates.error_gates(errors, limits.get("errors_per_hour"))


def _good(options: Options) -> dict[str, Any]:
    """Return what may go on record as good: what serves in the judged observation, and what is named."""
    observed = (options.get("gates") or {}).get("observation") or {}
    return {**serving.good_of(observed), **(options.get("good") or {})}


def _failure(options: Options) -> dict[str, Any] | None:
    failed = options.get("failure")
    return actions.first_failure(failed["task"], failed["result"]) if failed else None


def _asks_for_rollback(options: Options) -> bool:
    failed = options.get("failure")
    return rollback_outcome.asks_for_rollback(failed["action"], failed["result"]) if failed else False


def _insist(options: Options, judged: list[gates.Gate], record: dict[str, Any]) -> None:
    if judged and options["gates"]["required"] and gates.overall(judged) != gates.PASS:
        why = "; ".join(gates.reasons(judged))
        raise RemediationError(
            f"The gates of {options['environment']} are not green. {why}",
            verdict=gates.overall(judged),
            gates=[gate.as_dict() for gate in judged],
            run=record["id"],
        )


OPERATION = Operation(name="run_record", options=OPTIONS, run=run, authenticated=False)
