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
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import IO, Any

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


def names_what_is_to_come(values: Any, own: str = "") -> bool:
    """Tell whether values name what is not there yet: what a check says would be made before, or comes out of it.

    ``own`` is the resource that has the values; what is said of it itself does not count.
    """
    made = [change for change in drafted() if change.resource != own and _makes_something(change)]
    names = {str(name) for change in made for name in (change.resource.rpartition(" ")[2], _name_of(change)) if name}
    words = "|".join(map(re.escape, sorted(names)))
    text = json.dumps(values, default=str)
    return not changes.is_known(values) or bool(names and re.search(rf"(?<![\w-])(?:{words})(?![\w-])", text))


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
                raise _lost(path, change)
            if journal.plan is not None:
                _keep_to(journal, change)
            _append(file, change.as_dict())
    except FileNotFoundError as error:
        if os.path.basename(path) == FILE:
            raise _lost(path, change) from error


def withdraw(change: Change) -> None:
    """Take back what was said last: it was not done, since somebody else was faster, and is decided anew."""
    path = os.environ.get(VARIABLE)
    if path and os.path.exists(path):
        with open(path, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            _append(file, {"withdrawn": change.as_dict()})


def release(path: str) -> None:
    """Let a run do what its plan does not hold: it goes back to what was."""
    journal = read(path)
    if journal and journal.plan is not None:
        beside = f"{path}.released"
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(replace(journal, plan=None).as_line())
            file.writelines(_line(change.as_dict()) for change in journal.said)
        os.replace(beside, path)


def _append(file: IO[bytes], entry: Mapping[str, Any]) -> None:
    """Write a line at the end; one that a kill cut short goes."""
    file.seek(0)
    file.seek(file.read().rfind(b"\n") + 1)
    file.truncate()
    file.write(_line(entry))


def _lost(path: str, change: Change) -> UnsafeChange:
    """Return why a run may change nothing whose journal is gone: nobody knows which plan it keeps to."""
    return UnsafeChange(
        f"Could not {change.action} {change.resource}: the journal of the run, {path}, is not there. Nothing of it was "
        "written. Keep the records where all tasks of a run find them, and run again."
    )


def _keep_to(journal: Journal, change: Change) -> None:
    planned = [entry for entry in journal.plan or () if entry.resource == change.resource]
    since = 0
    for said in (entry for entry in journal.said if entry.resource == change.resource):
        place = changes.place_of(planned, since, said)
        since = since if place is None else place + 1
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


def _makes_something(change: Change) -> bool:
    """Tell whether a change makes what others may name: a resource, or a version of a secret."""
    return "create" in change.action or "payload" in change.fields


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
