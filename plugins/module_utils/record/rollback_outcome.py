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

from ansible_collections.netra.remediation.plugins.module_utils.record import actions, gates, undone_items
from ansible_collections.netra.remediation.plugins.module_utils.record.undone_items import NOT_REACHED, Item
from ansible_collections.netra.remediation.plugins.module_utils.record.written_files import (
    ALREADY,
    DONE,
    FAILED,
    REFUSED,
)

Facts = Mapping[str, Any]
# Tasks that only look: when one of them fails, nobody measured, and nothing speaks against what was deployed.
MEASURING = ("environment_info", "user_journey", "run_phase")
UNMEASURED = "no gate failed, but one could not be measured"
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
    """Where traffic went back (service to revision), where it did not (service to why), and that in words.

    ``settled``: where it was already, and why that is right; ``refused``: which of the unmoved have nowhere to go;
    ``others``: what was to go back besides; ``is_whole``: everything that was asked for went back.
    """

    moved: dict[str, str]
    unmoved: dict[str, str]
    sentence: str
    settled: dict[str, str]
    refused: frozenset[str]
    others: tuple[Item, ...]
    is_whole: bool

    def items(self) -> list[Item]:
        """Return everything with what became of it, traffic first."""
        went = [Item(undone_items.TRAFFIC, name, DONE, f"to {revision}") for name, revision in self.moved.items()]
        stays = [
            Item(undone_items.TRAFFIC, name, REFUSED if name in self.refused else FAILED, why)
            for name, why in self.unmoved.items()
        ]
        return [*went, *self.already(), *stays, *self.others]

    def already(self) -> list[Item]:
        """Return the services whose traffic is where it was to go."""
        return [Item(undone_items.TRAFFIC, name, ALREADY, why) for name, why in self.settled.items()]


def outcome_of(attempt: Facts, *, predicted: bool = False) -> Outcome:
    """Return what became of a rollback, or is predicted to, from what its tasks registered and what stopped it.

    Of ``attempt``: ``plan`` (rollback_plan), ``moves`` and ``cleanups`` (results of cloud_run_traffic), ``obstacle``
    (the failed task), ``declined`` (why none was allowed), ``asked`` (whether the failure asks for one), and what
    `undone_items` reads.
    """
    plan, moves = attempt.get("plan") or {}, list(attempt.get("moves") or ())
    obstacle = _words(attempt.get("obstacle") or {})
    moved = {_planned(move)["service"]: _planned(move)["revision"] for move in moves if _went(move)}
    unmoved = _unmoved(plan, moves, moved, obstacle)
    tagged = [_planned(cleanup)["service"] for cleanup in attempt.get("cleanups") or () if cleanup.get("failure")]
    settled = {entry["service"]: entry["reason"] for entry in _decided(plan, "already_serving")}
    general = MOVED_NOTHING if attempt.get("asked", True) else UNMEASURED
    told = "; ".join(f"{name}: {why}" for name, why in settled.items())
    reason = attempt.get("declined") or obstacle or told or general
    others = undone_items.items_of(attempt)
    words = list(_sentences(moved, unmoved, obstacle, str(reason), tagged, predicted=predicted))
    if attempt.get("undo") and undone_items.TRAFFIC not in attempt["undo"]:
        words = []
    stood = [Item(undone_items.TRAFFIC, name, ALREADY, why) for name, why in settled.items()]
    words += undone_items.sentences([*(stood if others else ()), *others], predicted=predicted)
    is_whole = not obstacle and not undone_items.is_blocked(plan) and not any(map(undone_items.is_left, others))
    refused = frozenset(str(entry["service"]) for entry in _decided(plan, "refused"))
    return Outcome(moved, unmoved, " ".join(words), settled, refused, tuple(others), is_whole)


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
    moved: dict[str, str], unmoved: dict[str, str], obstacle: str, reason: str, tagged: list[str], *, predicted: bool
) -> Iterable[str]:
    if moved:
        went = ", ".join(f"that of {service} to {revision}" for service, revision in moved.items())
        yield f"The traffic {'would go back and be' if predicted else 'went back and is'} held there: {went}."
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
