# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module results → what a ledger says was done. Pure. Layer `record`: standard library only.

Only known keys pass: a result may be big, and whatever else it holds is nobody's business here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

NAMED = ("service", "secret", "instance", "connector", "redis", "sql")
PLAIN = ("path", "directory", "image")
UNTOUCHED = (["no-op"], ["read"])


def actions_of(phase: str, what: str, results: Iterable[Any]) -> list[dict[str, Any]]:
    """Return an action per module result; the items of a loop count one by one, skipped ones not at all."""
    return [_action(phase, what, result) for result in _flattened(results)]


def first_failure(task: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first cause in a failed result: the item's message when a loop says only that some item failed."""
    return {
        "task": task,
        "message": str(_failed(result).get("msg") or "it failed without saying why"),
        "status": facts_of(result).get("status"),
    }


def facts_of(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a failed result says for programs: that of the item where a loop says only that some item failed."""
    facts = _failed(result).get("failure")
    return facts if isinstance(facts, Mapping) else {}


def _failed(result: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((item for item in _flattened([result]) if item.get("failed")), result)


def _flattened(results: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for result in results:
        if not isinstance(result, Mapping) or result.get("skipped"):
            continue
        if isinstance(result.get("results"), list):
            yield from _flattened(result["results"])
        else:
            yield result


def _action(phase: str, what: str, result: Mapping[str, Any]) -> dict[str, Any]:
    action: dict[str, Any] = {
        "phase": phase,
        "what": what,
        "subject": _subject(result),
        "changed": bool(result.get("changed")),
    }
    if result.get("changed_fields"):
        action["changed_fields"] = [str(name) for name in result["changed_fields"]]
    secret = result.get("secret")
    if isinstance(secret, Mapping) and "payload" in action.get("changed_fields", ()):
        action["version"] = secret.get("latest_version")
    if isinstance(result.get("resources"), list):
        action["resources"] = [
            {"address": str(item.get("address")), "actions": list(item.get("actions") or [])}
            for item in result["resources"]
            if list(item.get("actions") or []) not in UNTOUCHED
        ]
    return action


def _subject(result: Mapping[str, Any]) -> str:
    for key in NAMED:
        value = result.get(key)
        if isinstance(value, Mapping) and value.get("name"):
            return str(value["name"]).rsplit("/", 1)[-1]
    return next((str(result[key]) for key in PLAIN if isinstance(result.get(key), str)), "")
