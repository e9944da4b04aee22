# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One change of one resource, field by field, and whether it is the one that was planned. Pure. Standard library only.

What nobody can know before something else is done reads ``(known after …)``; in a comparison it stands for any text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What plans say where a value comes out of something that is not done yet.
_KNOWN_AFTER = re.compile(r"\(known after [^()]*\)")
LONGEST_SHOWN = 120
# What is done to a resource that is to be gone, and to one that is there and that Terraform does not know.
DELETE, IMPORT = "delete", "import"


def known_after(what: str) -> str:
    """Return what stands for a value that nobody knows before ``what`` is done."""
    return f"(known after {what})"


def is_known(value: Any) -> bool:
    """Tell whether no part of a value has yet to come out of something else."""
    if isinstance(value, Mapping):
        return all(is_known(entry) for entry in value.values())
    if isinstance(value, list | tuple):
        return all(is_known(entry) for entry in value)
    return not (isinstance(value, str) and _KNOWN_AFTER.search(value))


def agrees(planned: Any, now: Any) -> bool:
    """Tell whether a value is what was planned, as far as that could be known."""
    if isinstance(planned, Mapping) and isinstance(now, Mapping):
        return planned.keys() == now.keys() and all(agrees(planned[key], now[key]) for key in planned)
    if isinstance(planned, list | tuple) and isinstance(now, list | tuple):
        return len(planned) == len(now) and _all_agree(list(planned), list(now))
    if isinstance(planned, str) and not is_known(planned):
        if planned == now or (now is not None and _KNOWN_AFTER.fullmatch(planned)):
            return True
        pattern = ".*".join(map(re.escape, _KNOWN_AFTER.split(planned)))
        return isinstance(now, str) and bool(re.fullmatch(pattern, now, re.DOTALL))
    return bool(planned == now)


def _all_agree(planned: list[Any], now: list[Any]) -> bool:
    """Compare in order; what stands in a list of mappings may have its place by a name that nobody knew."""
    if all(map(agrees, planned, now)):
        return True
    if is_known(planned) or not all(isinstance(entry, Mapping) for entry in planned):
        return False
    left = list(now)
    for entry in sorted(planned, key=is_known, reverse=True):
        found = next((other for other in left if agrees(entry, other)), None)
        if found is None:
            return False
        left.remove(found)
    return True


@dataclass(frozen=True)
class Change:
    """What is done to a resource: ``create``, ``update`` or ``delete``; each field's value before and after.

    ``etag`` is the server's mark of the state that the change was decided on, empty where there is none.
    """

    resource: str
    action: str
    fields: Mapping[str, Mapping[str, Any]]
    etag: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the change as plans and journals keep it."""
        fields = {name: dict(sides) for name, sides in sorted(self.fields.items())}
        return {"resource": self.resource, "action": self.action, "fields": fields, "etag": self.etag}


def change_of(
    resource: str, action: str, before: Mapping[str, Any], after: Mapping[str, Any], etag: str = ""
) -> Change:
    """Return the change between two states, option → value; of mappings, each key is a field of its own."""
    was, then = _fields(before), _fields(after)
    fields = {
        name: {"before": was.get(name), "after": then.get(name)}
        for name in sorted({*was, *then})
        if was.get(name) != then.get(name)
    }
    return Change(resource, action, fields, etag)


def from_dict(found: Mapping[str, Any]) -> Change:
    """Return the change that a plan or a journal keeps; KeyError where something is missing."""
    return Change(found["resource"], found["action"], found["fields"], found.get("etag") or "")


def is_as_planned(planned: Change, now: Change) -> bool:
    """Tell whether a change is the planned one: the same fields, from the same values to the same values.

    What was to be made may be there by now, in part or whole, made by a run that died: then the rest is left to do, or
    to take it into Terraform's state.
    """
    if planned.action == "create" and now.action in {"update", IMPORT}:
        return all(name in planned.fields and agrees(planned.fields[name], sides) for name, sides in now.fields.items())
    return planned.action == now.action and not differences(planned, now)


def differences(planned: Change, now: Change) -> list[str]:
    """Return, for people, the fields in which a change is not the planned one."""
    told = []
    for name in sorted({*planned.fields, *now.fields}):
        then, found = planned.fields.get(name), now.fields.get(name)
        if then is not None and found is None and _came_out_the_same(then):
            continue
        if then is None or found is None or not agrees(dict(then), dict(found)):
            told.append(f"{name} ({_course(then, 'planned')}; {_course(found, 'now')})")
    if planned.action != now.action:
        told.insert(0, f"it was to {planned.action} it and would now {now.action} it")
    return told


def value_after(change: Change, option: str, there: Any) -> Any:
    """Return the value of an option after a change, ``there`` where the change leaves it alone."""
    if option in change.fields:
        return change.fields[option]["after"]
    start = f"{option}."
    said = {name.removeprefix(start): sides["after"] for name, sides in change.fields.items() if name.startswith(start)}
    if not said:
        return there
    return {key: value for key, value in {**(there or {}), **said}.items() if value is not None}


def place_of(plan: Sequence[Change], since: int, now: Change) -> int | None:
    """Return where in a plan, from a place on, a change stands; None where it does not."""
    return next((at for at in range(since, len(plan)) if is_as_planned(plan[at], now)), None)


def closest(plan: Iterable[Change], now: Change) -> Change | None:
    """Return the planned change of the same resource that differs least; None where none is planned."""
    return min(plan, key=lambda planned: len(differences(planned, now)), default=None)


def _fields(state: Mapping[str, Any]) -> dict[str, Any]:
    plain = json.loads(json.dumps(state, default=str))
    fields: dict[str, Any] = {}
    for option, value in plain.items():
        entries = {f"{option}.{key}": entry for key, entry in value.items()} if isinstance(value, dict) else {}
        fields |= entries or {option: value}
    return {name: value for name, value in fields.items() if value not in (None, {}, [])}


def _came_out_the_same(planned: Mapping[str, Any]) -> bool:
    """Tell whether a field that was to get a value nobody knew may be left alone: it has such a value already."""
    return not is_known(planned["after"]) and agrees(planned["after"], planned["before"])


def _course(sides: Mapping[str, Any] | None, when: str) -> str:
    if sides is None:
        return f"{when} it stays"
    return f"{when} {shown(sides.get('before'), 'nothing')} to {shown(sides.get('after'), 'nothing')}"


def shown(value: Any, absent: str, longest: int | None = LONGEST_SHOWN) -> str:
    """Return a value for people in one line, ``absent`` where there is none, cut at ``longest`` characters.

    What a terminal would act on is written out.
    """
    text = absent if value is None else value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    text = plain(text)
    return text if longest is None or len(text) <= longest else f"{text[:longest]}…"


def plain(text: str) -> str:
    """Return text in which what a terminal would act on is written out."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
