# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which steps each service's new revision gets its users, who approves, and what is asked after each. Pure.

`traffic_steps` is what a contract says: shares in percent, ascending, the last one 100. `delivery_gate` is what counts
as good; where steps are declared without one, its defaults (`delivery_verdict.DEFAULTS`) do. A step with `approval`
waits for a person before its traffic moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.delivery_verdict import DEFAULTS, WHOLE
from ansible_collections.netra.remediation.plugins.module_utils.checks.shapes import (
    Shape,
    check,
    refuse_if,
    refuse_repeated,
)
from ansible_collections.netra.remediation.plugins.module_utils.foundation.watch import ROLL_BACK, STOP

# How long a person may take, long enough to be called and to look, before no word counts as a word.
APPROVAL_SECONDS = 3600.0

TEXT, NEEDED, NUMBER, COUNT, FLAG = Shape(), Shape(required=True), Shape("number"), Shape("whole"), Shape("flag")
PATTERN = Shape("mapping", keys={"name": NEEDED, "filter": NEEDED, "at_most": COUNT})
GATE = Shape(
    "mapping",
    keys={
        **dict.fromkeys(("min_requests", "max_new_error_groups"), COUNT),
        **dict.fromkeys(("max_error_percent", "max_error_percent_above_old", "latency_percentile"), NUMBER),
        **dict.fromkeys(("max_latency_seconds", "max_latency_ratio", "watch_seconds", "lag_seconds"), NUMBER),
        "log_patterns": Shape("list", each=PATTERN),
        "accept_inconclusive": TEXT,
        "observe_only": FLAG,
    },
)
HOW_TO_ASK = {"approval_seconds": NUMBER, "approval_overrun": Shape(choices=(STOP, ROLL_BACK))}
STEP = Shape(
    "mapping",
    keys={"percent": Shape("whole", required=True), "watch_seconds": NUMBER, "approval": FLAG, **HOW_TO_ASK},
)
STEPS = Shape("list")


def refuse_bad_steps(path: str, steps: Iterable[Any]) -> None:
    """Refuse steps that do not lead to all of the traffic, naming the first one that is wrong."""
    before = 0
    for index, step in enumerate(steps):
        here = f"{path}[{index}]"
        check(here, step if isinstance(step, Mapping) else {"percent": step}, STEP)
        percent = _percent(step)
        refuse_if(not before < percent <= WHOLE, here, f"is {percent} %: steps ascend, and none is more than 100 %")
        _refuse_bad_question(here, step if isinstance(step, Mapping) else {})
        before = percent
    refuse_if(before != WHOLE, path, "must end with 100: a deployment ends with all of the traffic")


def _refuse_bad_question(path: str, step: Mapping[str, Any]) -> None:
    for name in HOW_TO_ASK:
        unasked = step.get(name) is not None and not step.get("approval")
        refuse_if(unasked, f"{path}.{name}", "is for steps that a person approves: set approval to true")
    seconds = step.get("approval_seconds")
    refuse_if(seconds is not None and not float(seconds), f"{path}.approval_seconds", "leaves no time for a word")


def refuse_bad_gate(path: str, gate: Mapping[str, Any]) -> None:
    """Refuse limits that cannot be meant."""
    percentile = float(gate.get("latency_percentile") or DEFAULTS["latency_percentile"])
    refuse_if(not 0 < percentile < WHOLE, f"{path}.latency_percentile", f"is {percentile:g}, not between 0 and 100")
    for name in ("max_error_percent", "max_error_percent_above_old"):
        refuse_if(float(gate.get(name) or 0) > WHOLE, f"{path}.{name}", "is more than 100 %")
    refuse_repeated(f"{path}.log_patterns", [pattern["name"] for pattern in gate.get("log_patterns") or ()])


def refuse_bad_delivery(path: str, entry: Mapping[str, Any]) -> None:
    """Refuse the steps and the gate of a service, or of the environment, that cannot be meant."""
    if entry.get("traffic_steps") is not None:
        refuse_bad_steps(f"{path}traffic_steps", entry["traffic_steps"])
    refuse_bad_gate(f"{path}delivery_gate", entry.get("delivery_gate") or {})


def deliveries(contract: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return for each service its ``steps`` before the last one and ``whole``, the last; null where nothing is asked.

    Each is a target of delivery_gate: service, percent, limits. ``approvals`` are the shares that a person approves
    before the revision gets them: percent, how many seconds that may take, and what no word leads to.
    """
    return {service["name"]: _delivery(contract, service) for service in contract["services"]}


def asks_for(contract: Mapping[str, Any], limit: str) -> bool:
    """Say whether a gate of the contract has this limit."""
    found = [
        target for entry in deliveries(contract).values() for target in (*entry["steps"], entry["whole"]) if target
    ]
    return any(target["limits"].get(limit) not in (None, []) for target in found)


def _delivery(contract: Mapping[str, Any], service: Mapping[str, Any]) -> dict[str, Any]:
    steps = service.get("traffic_steps") or contract.get("traffic_steps") or [WHOLE]
    declared = {**(contract.get("delivery_gate") or {}), **(service.get("delivery_gate") or {})}
    limits = _numbers({**DEFAULTS, "log_patterns": [], **declared})
    targets = [_target(service["name"], step, limits) for step in steps]
    return {
        "service": service["name"],
        "steps": targets[:-1],
        "whole": targets[-1] if declared or targets[:-1] else None,
        "approvals": [_approval(step) for step in steps if isinstance(step, Mapping) and step.get("approval")],
    }


def _approval(step: Mapping[str, Any]) -> dict[str, Any]:
    seconds = float(step.get("approval_seconds") or APPROVAL_SECONDS)
    return {"percent": _percent(step), "seconds": seconds, "overrun": step.get("approval_overrun") or STOP}


def _target(service: str, step: Any, limits: Mapping[str, Any]) -> dict[str, Any]:
    seconds = step.get("watch_seconds") if isinstance(step, Mapping) else None
    watched = {} if seconds is None else {"watch_seconds": float(seconds)}
    return {"service": service, "percent": _percent(step), "limits": {**limits, **watched}}


def _percent(step: Any) -> int:
    return int(step["percent"] if isinstance(step, Mapping) else step)


def _numbers(limits: Mapping[str, Any]) -> dict[str, Any]:
    kinds = {"number": float, "whole": int}
    return {
        name: kinds[GATE.keys[name].kind](value) if GATE.keys[name].kind in kinds else value
        for name, value in limits.items()
        if value is not None
    }
