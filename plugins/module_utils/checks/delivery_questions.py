# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Before which moves a person is asked, and whose users are watched meanwhile. Pure.

``deliveries`` are those of `delivery_plan`, ``shares`` the percentage that each candidate has, by service.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.delivery_verdict import WHOLE
from ansible_collections.netra.remediation.plugins.module_utils.foundation.watch import ROLL_BACK, STOP
from ansible_collections.netra.remediation.plugins.module_utils.record.approvals import Question
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry

Delivery = Mapping[str, Any]


def question_at(
    run: str, deliveries: Iterable[Delivery], shares: Mapping[str, int], step: int | None
) -> Question | None:
    """Return what a person is asked before a step, by its index, or before the whole (None); None where nobody is.

    One question stands for all services of the step. The shortest time counts, and the strictest consequence. What has
    its share already is not asked about: somebody approved that, in the run that gave it.
    """
    asked = {
        f"{delivery['service']}:{approval['percent']}": approval
        for delivery in deliveries
        for approval in delivery["approvals"]
        if shares.get(delivery["service"], WHOLE) < approval["percent"] == _percent_at(delivery, step)
    }
    if not asked:
        return None
    overrun = ROLL_BACK if any(approval["overrun"] == ROLL_BACK for approval in asked.values()) else STOP
    return Question(run, tuple(sorted(asked)), min(float(entry["seconds"]) for entry in asked.values()), overrun)


def targets_under_watch(
    deliveries: Iterable[Delivery], shares: Mapping[str, int], moved: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Return the targets of delivery_gate that count now: for candidates' shares, and for what the run moved wholly."""
    for delivery in deliveries:
        service = delivery["service"]
        share = shares.get(service, WHOLE if service in moved else 0)
        reached = [target for target in delivery["steps"] if target["percent"] <= share]
        target = delivery["whole"] if share >= WHOLE else reached[-1] if reached else None
        if target:
            yield {**target, "percent": share}


def moved_wholly(entries: Iterable[Entry]) -> dict[str, str]:
    """Return to which revision a run gave all of a service's traffic."""
    moved: dict[str, str] = {}
    for entry in entries:
        if entry.kind == "traffic_moved" and not entry.body.get("percent"):
            moved[entry.body["service"]] = entry.body["to"]
        elif entry.kind in ("traffic_moved", "rolled_back"):
            moved.pop(entry.body["service"], None)
    return moved


def _percent_at(delivery: Delivery, step: int | None) -> int | None:
    if step is None:
        return WHOLE
    return int(delivery["steps"][step]["percent"]) if step < len(delivery["steps"]) else None
