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
    configuration,
    entries,
    gates,
    resumption,
    rollback_outcome,
    runs,
    snapshot,
)
from ansible_collections.netra.remediation.plugins.module_utils.record.entries import Body
from ansible_collections.netra.remediation.plugins.module_utils.record.recordable import recordable
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
    judged = entries.gates_of(options)
    failure = entries.failure_of(options)
    resumed = _resumed(options)
    outcome = rollback_outcome.outcome_of(options["rollback"]) if options.get("rollback") else None
    result: Result = {
        "changed": False,
        "gates": [gate.as_dict() for gate in judged],
        "verdict": gates.overall(judged) if judged else None,
        "first_cause": failure["message"] if failure else None,
        "asks_for_rollback": entries.asks_for_rollback(options),
        "rollback_outcome": outcome.sentence if outcome else None,
        "resumed": resumption.told(resumed) if resumed else None,
    }
    if check_mode:
        result["run"] = _shown(
            options, options.get("run") or options.get("start") or runs.new_run_id(now), written=False
        )
    else:
        said = [
            *_taken_up(resumed),
            *_omitted(options),
            *entries.entries_of(options, judged, failure),
            *entries.became(outcome),
        ]
        result["run"] = _written(options, now, _started(options, resumed), said)
    _insist(options, judged, result["run"])
    return result


def _written(options: Options, now: datetime, started: Body, said: list[Body]) -> dict[str, Any]:
    directory, environment = options["directory"], options["environment"]
    opening: list[Body] = []
    if options.get("run"):
        record = runs.run_at(directory, environment, options["run"])
    else:
        record = runs.create_run(directory, environment, options.get("start") or runs.new_run_id(now))
        opening.append(started)
    time = runs.timestamp(now)
    if options.get("snapshot"):
        taken = snapshot.snapshot_of(options["snapshot"]["observation"], options["snapshot"]["files"], time)
        written = snapshot.write_snapshot(record.folder, taken)
        opening += [("snapshot", written)] if written else []
    if options.get("configuration"):
        kept = options["configuration"]
        names = variable_files.giving_values(kept["directory"], kept.get("variables_file"), kept.get("tfvars_file"))
        body = configuration.keep_configuration(record.folder, kept["directory"], kept["variables"], names)
        opening.append((configuration.KIND, body))
    chain = record.ledger.append(time, [*opening, *said])
    return {**_shown(options, record.run, written=True), "entries": len(chain.entries)}


def _resumed(options: Options) -> resumption.Resumption | None:
    """Return the run that a run which starts takes up, None where it takes up none."""
    if not options.get("resume") or options.get("run"):
        return None
    observation = (options.get("snapshot") or {}).get("observation") or {}
    playbook = (options.get("facts") or {}).get("playbook")
    return resumption.resumption_of(
        options["directory"], options["environment"], options["resume"], playbook, observation
    )


def _started(options: Options, resumed: resumption.Resumption | None) -> Body:
    facts = {name: value for name, value in (options.get("facts") or {}).items() if name != "left_out"}
    told = {"environment": options["environment"], **recordable(facts)}
    return "started", {**told, **({"resumes": resumed.run, "baseline": resumed.baseline} if resumed else {})}


def _taken_up(resumed: resumption.Resumption | None) -> Iterator[Body]:
    """Write down what is taken up; the traffic that was moved since then is this run's to take back."""
    if resumed:
        yield "resumed", recordable(resumed.as_dict())
        for moved in resumed.moved:
            yield "traffic_moved", recordable(moved)


def _omitted(options: Options) -> Iterator[Body]:
    """Write down which phases a person left out, one by one."""
    if not options.get("run"):
        for phase, omission in ((options.get("facts") or {}).get("left_out") or {}).items():
            yield "left_out", recordable({"phase": phase, **omission})


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
