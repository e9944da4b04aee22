# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task says → entries of a ledger. Pure. Layer `record`: may import `record` and `foundation` only.

``options`` are those of run_record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.watch import STOP
from ansible_collections.netra.remediation.plugins.module_utils.record import (
    actions,
    configuration,
    gates,
    rollback_outcome,
    serving,
)
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry
from ansible_collections.netra.remediation.plugins.module_utils.record.recordable import recordable
from ansible_collections.netra.remediation.plugins.module_utils.record.rollback_decision import DECLARED, EARNED

Options = Mapping[str, Any]
Body = tuple[str, dict[str, Any]]


def entries_of(options: Options, judged: list[gates.Gate], failure: dict[str, Any] | None) -> Iterator[Body]:
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
        yield from _stop(options)
    for note in options.get("notes") or []:
        yield "note", {"text": note}
    if options["finished"]:
        yield "finished", {}


def is_stop(options: Options) -> bool:
    """Say whether a failure is a stop that somebody or something ordered."""
    failed = options.get("failure")
    return failed is not None and actions.facts_of(failed["result"]).get("kind") == "stopped"


def half_moved(options: Options, entries: Iterable[Entry]) -> list[str]:
    """Return the services of which a run that is told to stop gave only a share to a new revision: no place to stop at.

    Where it is told to take back all, or lost its lock and may write nothing, there are none.
    """
    facts = actions.facts_of(options["failure"]["result"]) if is_stop(options) else {}
    if not facts.get("how") or facts.get("then") != STOP:
        return []
    shares: dict[str, int] = {}
    for entry in entries:
        if entry.kind == "traffic_moved":
            shares[entry.body["service"]] = int(entry.body.get("percent") or serving.WHOLE)
        elif entry.kind == "rolled_back":
            shares.pop(entry.body["service"], None)
    return sorted(service for service, percent in shares.items() if percent < serving.WHOLE)


def _stop(options: Options) -> Iterator[Body]:
    """Write down by whom and why a run was stopped."""
    if is_stop(options):
        facts = actions.facts_of(options["failure"]["result"])
        yield "stopped", recordable({name: facts.get(name, "") for name in ("how", "by", "reason", "then")})


def _done(options: Options) -> Iterator[Body]:
    """Write down what the run did to the environment."""
    for action in options.get("actions") or []:
        for done in actions.actions_of(action["phase"], action["what"], [action["result"]]):
            yield "action", recordable(done)
    if options.get("configuration_applied"):
        yield configuration.APPLIED, {}
    for moved in options.get("traffic_moved") or []:
        yield "traffic_moved", recordable(moved)


def became(outcome: rollback_outcome.Outcome | None) -> Iterator[Body]:
    """Write down what became of a rollback; what did move was written down when it moved."""
    if outcome:
        for service, reason in outcome.unmoved.items():
            yield "not_rolled_back", recordable({"service": service, "reason": reason})
        for item in (*outcome.already(), *outcome.others):
            yield "undone", recordable(item.as_dict())
        yield "note", {"text": outcome.sentence}


def gates_of(options: Options) -> list[gates.Gate]:
    asked = options.get("gates")
    if not asked:
        return []
    limits = {name: float(limit) for name, limit in asked["limits"].items() if limit is not None}
    judged = gates.health_gates(asked.get("health") or [], limits.get("health_seconds"))
    judged += gates.database_gates(asked.get("health") or [], limits.get(gates.DATABASE))
    if asked.get("journey") is not None:
        judged += gates.journey_gates(asked["journey"], limits)
    errors = {**serving.errors_of(asked.get("observation") or {}), **(asked.get("errors") or {})}
    judged += gates.error_gates(errors, limits.get("errors_per_hour"))
    return judged + gates.judged_before(asked.get("judged") or ())


def _good(options: Options) -> dict[str, Any]:
    """Return what may go on record as good: what serves in the judged observation, and what is named."""
    asked = options.get("gates") or {}
    heads = {**(asked.get("schema_heads") or {}), **gates.schema_heads(asked.get("health") or ())}
    good = {**serving.good_of(asked.get("observation") or {}), **(options.get("good") or {})}
    return {name: {**body, **({"schema_head": heads[name]} if name in heads else {})} for name, body in good.items()}


def failure_of(options: Options) -> dict[str, Any] | None:
    failed = options.get("failure")
    return actions.first_failure(failed["task"], failed["result"]) if failed else None


def asks_for_rollback(options: Options) -> bool:
    failed = options.get("failure")
    return rollback_outcome.asks_for_rollback(failed["action"], failed["result"]) if failed else False
