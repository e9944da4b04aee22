# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of everything that a rollback was to bring back besides traffic. Pure.

Layer `record`: may import `record` and `foundation` only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.record import actions
from ansible_collections.netra.remediation.plugins.module_utils.record.written_files import (
    ALREADY,
    DONE,
    FAILED,
    REFUSED,
)

Facts = Mapping[str, Any]
TRAFFIC, FILES, BINDINGS, TERRAFORM = "traffic", "config_files", "secret_bindings", "terraform"
# In the reverse of the order in which a run makes them.
ORDER = (TRAFFIC, FILES, BINDINGS, TERRAFORM)
NAMES = {TRAFFIC: "traffic of", FILES: "file", BINDINGS: "", TERRAFORM: "resource"}
TRAFFIC_FIRST = "the traffic did not go back, and what serves may need it as it is"
NOT_REACHED = "the run failed before"


@dataclass(frozen=True)
class Item:
    """One thing that was to go back: of which kind, its name, one of done, already, refused and failed, and why."""

    item: str
    subject: str
    outcome: str
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Return what ledger and result say of it."""
        return asdict(self)


def items_of(attempt: Facts) -> list[Item]:
    """Return what became of each, from what the tasks registered.

    Of ``attempt``: ``undo`` (what was asked for, of ORDER), ``config_files`` (recorded_files), ``secret_bindings``
    (recorded_bindings), ``terraform`` (terraform_stack), ``targets`` (its), ``obstacle`` (what stopped the traffic)
    and ``plan`` (rollback_plan).
    """
    readers = {FILES: _files, BINDINGS: _bindings, TERRAFORM: _terraform}
    found: list[Item] = []
    for kind in ORDER:
        if kind in readers and kind in (attempt.get("undo") or ()):
            result = attempt.get(kind) or {}
            is_tried = bool(result) and not result.get("skipped")
            found += list(readers[kind](result, attempt)) if is_tried else [_untried(kind, attempt)]
    return found


def is_left(item: Item) -> bool:
    """Say whether a thing was to go back and did not."""
    return item.outcome in (REFUSED, FAILED)


def sentences(items: Sequence[Item], *, predicted: bool) -> Iterator[str]:
    """Return for people what went back, what was so already, and what did not go back and why."""
    done, already, left = (
        [item for item in items if item.outcome in outcomes] for outcomes in ((DONE,), (ALREADY,), (REFUSED, FAILED))
    )
    if done:
        yield f"{'Would go' if predicted else 'Went'} back as well: {_named(done)}."
    if already:
        yield f"As before the run already: {_named(already)}."
    if left:
        why = "; ".join(f"{_name(item)} ({item.reason.rstrip('.')})" for item in left)
        yield f"{'Would not go' if predicted else 'Did not go'} back: {why}."


def is_blocked(plan: Facts) -> bool:
    """Say whether a service is refused whose recorded revision cannot serve; one with nowhere to go is not missed."""
    return any(each["verdict"] == REFUSED and each.get("evidence") for each in plan.get("services") or ())


def _untried(kind: str, attempt: Facts) -> Item:
    """Return why nothing of a kind was tried."""
    stopped = bool(attempt.get("obstacle")) or is_blocked(attempt.get("plan") or {})
    return Item(kind, "", REFUSED if stopped else FAILED, TRAFFIC_FIRST if stopped else NOT_REACHED)


def _files(result: Facts, _attempt: Facts) -> Iterator[Item]:
    if _went_wrong(result):
        yield Item(FILES, "", FAILED, _words(result))
    for file in result.get("files") or ():
        yield Item(FILES, file["path"], file["outcome"], file["reason"])


def _bindings(result: Facts, _attempt: Facts) -> Iterator[Item]:
    if _went_wrong(result):
        yield Item(BINDINGS, "", FAILED, _words(result))
    for item in result.get("bindings") or ():
        yield Item(BINDINGS, item["subject"], item["outcome"], item["reason"])


def _terraform(result: Facts, attempt: Facts) -> Iterator[Item]:
    targets = [str(target) for target in attempt.get("targets") or ()]
    if _went_wrong(result):
        yield Item(TERRAFORM, ", ".join(targets), FAILED, _words(result))
        return
    changed = {str(entry["address"]): "+".join(entry["actions"]) for entry in result.get("resources") or ()}
    for address, what in changed.items():
        yield Item(TERRAFORM, address, DONE, what)
    for target in targets:
        if not any(address == target or address.startswith((f"{target}[", f"{target}.")) for address in changed):
            yield Item(TERRAFORM, target, ALREADY, "it is as the recorded configuration says")


def _went_wrong(result: Facts) -> bool:
    return bool(result.get("failed") or result.get("failure"))


def _words(result: Facts) -> str:
    return str(actions.first_failure("", result)["message"])


def _named(items: Iterable[Item]) -> str:
    return ", ".join(_name(item) for item in items)


def _name(item: Item) -> str:
    return f"{NAMES[item.item]} {item.subject}".strip() if item.subject else item.item.replace("_", " ")
