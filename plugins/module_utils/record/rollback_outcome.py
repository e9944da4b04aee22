# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a failure asks for a rollback, and what became of one: exactly what moved and what did not.

Pure. Layer `record`: may import `record` and `foundation` only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.record import actions, gates

Facts = Mapping[str, Any]
# Tasks that only look: when one of them fails, nobody measured, and nothing speaks against what was deployed.
MEASURING = ("environment_info", "user_journey", "run_phase")
UNMEASURED = "no gate failed, but one could not be measured"
NOT_REACHED = "the run failed before"
MOVED_NOTHING = "this run had moved none"


def asks_for_rollback(action: str, result: Facts) -> bool:
    """Say whether a failed task speaks against what was deployed: a failed gate does, an open question does not."""
    facts = actions.facts_of(result)
    if facts.get("kind") == "stopped":
        return bool(facts.get("then") == "roll_back")
    verdict = facts.get("verdict")
    if verdict:
        return bool(verdict == gates.FAIL)
    return action.rsplit(".", 1)[-1] not in MEASURING


@dataclass(frozen=True)
class Outcome:
    """Where traffic went back (service to revision), where it did not (service to why), and that in words."""

    moved: dict[str, str]
    unmoved: dict[str, str]
    sentence: str


def outcome_of(attempt: Facts) -> Outcome:
    """Return what became of a rollback, from what its tasks registered and what stopped it.

    Of ``attempt``: ``plan`` (rollback_plan), ``moves`` and ``cleanups`` (results of cloud_run_traffic), ``obstacle``
    (the failed task), ``declined`` (why none was allowed) and ``asked`` (whether the failure asks for one).
    """
    plan, moves = attempt.get("plan") or {}, list(attempt.get("moves") or ())
    obstacle = _words(attempt.get("obstacle") or {})
    moved = {_planned(move)["service"]: _planned(move)["revision"] for move in moves if _went(move)}
    unmoved = _unmoved(plan, moves, moved, obstacle)
    tagged = [_planned(cleanup)["service"] for cleanup in attempt.get("cleanups") or () if cleanup.get("failure")]
    settled = [f"{entry['service']}: {entry['reason']}" for entry in _decided(plan, "already_serving")]
    general = MOVED_NOTHING if attempt.get("asked", True) else UNMEASURED
    reason = attempt.get("declined") or obstacle or "; ".join(settled) or general
    return Outcome(moved, unmoved, " ".join(_sentences(moved, unmoved, obstacle, str(reason), tagged)))


def _unmoved(plan: Facts, moves: list[Facts], moved: dict[str, str], obstacle: str) -> dict[str, str]:
    """Return why traffic did not go back: its move failed, something came before it, or it has nowhere to go."""
    unmoved = {_planned(move)["service"]: _words(move) for move in moves if move.get("failed")}
    tried = {_planned(move)["service"] for move in moves}
    for entry in _decided(plan, "planned"):
        if entry["service"] not in tried and entry["service"] not in moved:
            unmoved[entry["service"]] = obstacle or NOT_REACHED
    return {**unmoved, **{entry["service"]: entry["reason"] for entry in _decided(plan, "refused")}}


def _decided(plan: Facts, verdict: str) -> list[Facts]:
    return [entry for entry in plan.get("services") or () if entry["verdict"] == verdict]


def _sentences(
    moved: dict[str, str], unmoved: dict[str, str], obstacle: str, reason: str, tagged: list[str]
) -> Iterable[str]:
    if moved:
        went = ", ".join(f"that of {service} to {revision}" for service, revision in moved.items())
        yield f"The traffic went back and is held there: {went}."
    else:
        yield "No traffic was rolled back." if unmoved else f"No traffic was rolled back: {reason.rstrip('.')}."
    if unmoved:
        stays = "; ".join(f"that of {service} ({why.rstrip('.')})" for service, why in unmoved.items())
        yield f"The traffic stays where it is: {stays}."
    if moved and obstacle and obstacle not in unmoved.values():
        yield f"After the move: {obstacle.rstrip('.')}."
    if tagged:
        yield f"The tag rollback is still on {', '.join(tagged)}: remove it with cloud_run_traffic and remove_tags."


def _went(move: Facts) -> bool:
    return bool(move.get("changed")) and not move.get("failed")


def _planned(result: Facts) -> Mapping[str, Any]:
    """Return the item of the plan for which a loop registered the result."""
    item: Mapping[str, Any] = result["item"]
    return item


def _words(result: Facts) -> str:
    return str(actions.first_failure("", result)["message"]) if result else ""
