# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say each change before it is made: check mode drafts the plan of it, and a run that has a plan keeps to that.

A run's changes are lines of a journal, whose path is in the environment of every task; where there is none, nothing is
said. In check mode later tasks read there what earlier ones would have done. Standard library only.
"""

from __future__ import annotations

import fcntl
import json
import os
import pathlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import changes, redaction
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import Change
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import UnsafeChange

VARIABLE = "NETRA_REMEDIATION_CHANGES"
FILE = "changes.jsonl"
TEXT = "text"  # the field in which a change of a file has all of it


@dataclass(frozen=True)
class Journal:
    """What a journal's first line says, and the changes that follow.

    ``is_draft``: nothing of it is done; ``plan``: the changes that the run keeps to, None where it has none, and
    ``plan_file``, where they are from; ``key``: what fingerprints are made with, so that two runs' can be compared;
    ``about``: where the changes count.
    """

    is_draft: bool = False
    plan: tuple[Change, ...] | None = None
    plan_file: str = ""
    key: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    said: tuple[Change, ...] = ()

    def as_line(self) -> bytes:
        """Return the first line of the file."""
        planned = None if self.plan is None else [change.as_dict() for change in self.plan]
        place = {"plan_file": self.plan_file, "key": self.key, "about": dict(self.about)}
        return _line({"draft": self.is_draft, "plan": planned, **place})


def current() -> Journal | None:
    """Return the journal of the run that this process belongs to, None where there is none."""
    path = os.environ.get(VARIABLE)
    return read(path) if path else None


def read(path: str) -> Journal | None:
    """Return what a journal says; None where there is none. A line that a kill cut short was never said."""
    try:
        content = pathlib.Path(path).read_bytes()
    except OSError:
        return None
    lines = [json.loads(line) for line in content.splitlines(keepends=True) if line.endswith(b"\n")]
    if not lines:
        return None
    first, plan = lines[0], lines[0]["plan"]
    planned = None if plan is None else tuple(map(changes.from_dict, plan))
    return Journal(first["draft"], planned, first["plan_file"], first["key"], first["about"], _said(lines[1:]))


def heed() -> None:
    """Let fingerprints be those of the run's journal, where it has a key."""
    journal = current()
    redaction.use_key(bytes.fromhex(journal.key) if journal else b"")


def foreseen(resource: str) -> list[Change]:
    """Return what a check says would be done to a resource before; nothing outside of a check."""
    return [change for change in drafted() if change.resource == resource]


def drafted() -> tuple[Change, ...]:
    """Return all that a check says would be done until now; nothing outside of a check."""
    journal = current()
    return journal.said if journal and journal.is_draft else ()


def names_what_is_to_come(values: Any) -> bool:
    """Tell whether values name what is not there yet: what a check says would be made before, or comes out of it."""
    text = json.dumps(values, default=str)
    names = {str(name) for change in drafted() for name in (change.resource.rpartition(" ")[2], _name_of(change))}
    return not changes.is_known(values) or any(name in text for name in names - {""})


def foreseen_text(path: str) -> str | None:
    """Return the text that a file would have by now, None where a check says nothing of it."""
    said = [change.fields.get(TEXT) for change in foreseen(file_resource(path))]
    return next((str(sides["after"] or "") for sides in reversed(said) if sides), None)


def file_resource(path: str) -> str:
    """Return how changes call a file."""
    return f"file {os.path.abspath(path)}"


def declare(change: Change) -> None:
    """Say what is about to be done; UnsafeChange where the run has a plan and that is not in it.

    Each planned change is for one use, in the plan's order; one that was found done is passed over.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        return
    try:
        with open(path, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            journal = read(path)
            if journal is None:
                return
            if journal.plan is not None:
                _keep_to(journal, change)
            file.seek(file.read().rfind(b"\n") + 1)  # a line that a kill cut short goes
            file.truncate()
            file.write(_line(change.as_dict()))
    except FileNotFoundError:
        return


def withdraw(change: Change) -> None:
    """Take back what was said last: it was not done, since somebody else was faster, and is decided anew."""
    path = os.environ.get(VARIABLE)
    if path and os.path.exists(path):
        with open(path, "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(_line({"withdrawn": change.as_dict()}))


def release(path: str) -> None:
    """Let a run do what its plan does not hold: it goes back to what was."""
    journal = read(path)
    if journal and journal.plan is not None:
        with open(path, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            rest = file.read().split(b"\n", 1)[1]
            file.seek(0)
            file.write(replace(journal, plan=None).as_line() + rest)
            file.truncate()


def _keep_to(journal: Journal, change: Change) -> None:
    planned = [entry for entry in journal.plan or () if entry.resource == change.resource]
    since = 0
    for said in (entry for entry in journal.said if entry.resource == change.resource):
        since = (changes.place_of(planned, since, said) or 0) + 1
    if changes.place_of(planned, since, change) is not None:
        return
    meant = changes.closest(planned[since:], change)
    if meant is None:
        course = "; ".join(changes.differences(Change(change.resource, change.action, {}), change))
        told = f"the plan {journal.plan_file} has no such change of it: {course}"
    else:
        told = f"that is not what the plan {journal.plan_file} holds: {'; '.join(changes.differences(meant, change))}"
    raise UnsafeChange(
        f"Could not {change.action} {change.resource}: {told}. Nothing of it was written. "
        "Make a new plan with --check, look at it, and apply that.",
        resource=change.resource,
    )


def _name_of(change: Change) -> Any:
    """Return the name that a change gives its resource, empty where it says none."""
    return change.fields.get("name", {}).get("after") or ""


def _said(lines: Iterable[Mapping[str, Any]]) -> tuple[Change, ...]:
    said: list[dict[str, Any]] = []
    for line in lines:
        if "withdrawn" in line:
            said.reverse()
            said.remove(line["withdrawn"])
            said.reverse()
        else:
            said.append(dict(line))
    return tuple(map(changes.from_dict, said))


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, sort_keys=True).encode() + b"\n"
