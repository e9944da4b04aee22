# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gates: pass, fail or inconclusive, with the numbers that led to it. Layer `record`: may import `foundation` only.

Pure. Inconclusive means that nobody measured; it never counts as a pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"
DELIVERY = "delivery"
DATABASE = "database_seconds"
JOURNEY_LIMITS = {"health": "health_seconds", "websocket": "websocket_seconds"}


@dataclass(frozen=True)
class Gate:
    """One question with its answer.

    ``waived`` says why the run goes on whatever the answer is, empty where it does not; ``scope`` what it is about.
    """

    name: str
    verdict: str
    measured: float | None
    limit: float | None
    unit: str
    reason: str
    waived: str = ""
    scope: str = "environment"

    def as_dict(self) -> dict[str, Any]:
        """Return the gate as a ledger and a result show it."""
        return asdict(self)


def health_gates(targets: Iterable[Mapping[str, Any]], limit: float | None) -> list[Gate]:
    """Return a gate per probed target, from a health_probe result's `targets`."""
    return [
        _answered(
            f"health of {target['name']}", target.get("healthy"), target.get("seconds"), limit, target.get("reason")
        )
        for target in targets
    ]


def database_gates(targets: Iterable[Mapping[str, Any]], limit: float | None) -> list[Gate]:
    """Return a gate per service whose health answer says how long its database took to accept a connection."""
    measured = {
        target["name"]: target["observed"]["measures"][DATABASE]
        for target in targets
        if DATABASE in ((target.get("observed") or {}).get("measures") or {})
    }
    return [_at_most(f"database of {name}", seconds, limit, "seconds") for name, seconds in measured.items()]


def schema_heads(targets: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return at which head the database's schema is, of each service whose health answer tells."""
    told = {
        target["name"]: ((target.get("observed") or {}).get("tells") or {}).get("schema_head") for target in targets
    }
    return {name: head for name, head in told.items() if head}


def journey_gates(journey: Mapping[str, Any], limits: Mapping[str, Any]) -> list[Gate]:
    """Return a gate per step of a user_journey result; a journey without steps is inconclusive."""
    steps = journey.get("steps") or []
    if not steps:
        return [
            Gate("golden path", INCONCLUSIVE, None, None, "seconds", str(journey.get("reason") or "it was not walked"))
        ]
    return [
        _answered(
            f"golden path: {step['name']}",
            step.get("passed"),
            step.get("seconds"),
            limits.get(JOURNEY_LIMITS.get(step["name"], "")),
            step.get("reason"),
        )
        for step in steps
    ]


def error_gates(errors: Mapping[str, Any], limit: float | None) -> list[Gate]:
    """Return a gate per service: errors of its serving revision in the last hour, or since it was deployed."""
    return [
        _at_most(f"errors of {service}", None if count is None else float(count), limit, "errors an hour")
        for service, count in sorted(errors.items())
    ]


def judged_before(entries: Iterable[Mapping[str, Any]]) -> list[Gate]:
    """Return gates that a result shows as gates again."""
    try:
        return [Gate(**entry) for entry in entries]
    except TypeError as error:
        raise BadInput("gates.judged takes gates as delivery_gate returns them.", option="gates.judged") from error


def stopping(gates: Iterable[Gate]) -> list[Gate]:
    """Return the gates that keep a run from going on: all that are not green and not waived."""
    return [gate for gate in gates if gate.verdict != PASS and not gate.waived]


def overall(gates: Iterable[Gate]) -> str:
    """Return the verdict over all gates that count: one failure fails, one open question or none is inconclusive."""
    verdicts = {gate.verdict for gate in gates if not gate.waived}
    if FAIL in verdicts:
        return FAIL
    return PASS if verdicts == {PASS} else INCONCLUSIVE


def reasons(gates: Iterable[Gate]) -> list[str]:
    """Return a sentence for each gate that stops."""
    return [f"{gate.name}: {gate.reason}" for gate in stopping(gates)]


def _answered(name: str, answer: bool | None, seconds: float | None, limit: float | None, reason: Any) -> Gate:
    if answer is None:
        return Gate(name, INCONCLUSIVE, seconds, limit, "seconds", str(reason or "it was not tried"))
    return Gate(
        name, PASS if answer else FAIL, seconds, limit, "seconds", str(reason or ("" if answer else "it failed"))
    )


def _at_most(name: str, measured: float | None, limit: float | None, unit: str) -> Gate:
    if measured is None or limit is None:
        missing = "no limit is set" if limit is None else "nothing was measured"
        return Gate(name, INCONCLUSIVE, measured, limit, unit, missing)
    verdict = PASS if measured < limit else FAIL
    return Gate(name, verdict, measured, limit, unit, f"{measured:g} {unit}, the limit is under {limit:g}")
