# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run writes to files, so that it can be taken back. Layer `record`: `record`, `source` and `foundation` only.

Of a file only the lines that the run changes are kept, before and after: what else is in it is nobody's business here.
Lines with a payload of a secret are not kept at all, and the file's writing cannot be taken back.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import looks_secret
from ansible_collections.netra.remediation.plugins.module_utils.record.recordable import recordable
from ansible_collections.netra.remediation.plugins.module_utils.record.runs import Run
from ansible_collections.netra.remediation.plugins.module_utils.source.placeholder_values import UNFILLED

KIND = "file_written"
FOLDER = "files"
DONE, ALREADY, REFUSED, FAILED = "done", "already", "refused", "failed"
PRIVATE_KEY = "-----BEGIN"
_PAIR = re.compile(r"""^[\s\-{,]*["']?(?P<name>[\w.\-]+)["']?\s*[:=]\s*(?P<value>.*?)[,}\s]*$""")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
# What may stand under a secret's name: nothing, a version of a secret, a secret of a project, a short number, a flag.
_HARMLESS = re.compile(r"|[\w./-]+:(?:latest|\d+)|projects/[\w./-]+|\d{1,4}|true|false|null|~")


@dataclass(frozen=True)
class Edit:
    """Lines from ``start`` of the file as it was left, and those that were in their place."""

    start: int
    after: tuple[str, ...]
    before: tuple[str, ...]


@dataclass(frozen=True)
class Writing:
    """One writing on record: hashes before and after (None: no file), where its edits are, or why they are not."""

    run: str
    folder: str
    path: str
    before: str | None
    after: str | None
    kept: str | None
    sha256: str | None
    hidden: str | None


@dataclass(frozen=True)
class Restoration:
    """What becomes of a file: one of done, already and refused, why, its content then, and what the run changed."""

    path: str
    outcome: str
    reason: str
    content: bytes | None = None
    edits: tuple[Edit, ...] = ()


def hash_of(content: bytes | None) -> str | None:
    """Return the SHA-256 of a file's content, None where there is no file."""
    return None if content is None else hashlib.sha256(content).hexdigest()


def edits_of(before: bytes | None, after: bytes | None) -> tuple[Edit, ...]:
    """Return the lines that differ."""
    old, new = _lines(before or b""), _lines(after or b"")
    matcher = difflib.SequenceMatcher(None, new, old, autojunk=False)
    return tuple(
        Edit(start, tuple(new[start:end]), tuple(old[first:last]))
        for tag, start, end, first, last in matcher.get_opcodes()
        if tag != "equal"
    )


def undone(content: bytes | None, edits: Iterable[Edit]) -> bytes:
    """Return the content as it was before the edits; UnsafeChange where it is not what they left."""
    lines = _lines(content or b"")
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        end = edit.start + len(edit.after)
        if tuple(lines[edit.start : end]) != edit.after:
            raise UnsafeChange("Could not take back the edits of a file: it holds other lines.")
        lines[edit.start : end] = edit.before
    return "".join(lines).encode(errors="surrogateescape")


def payload_in(edits: Iterable[Edit]) -> str | None:
    """Return the name under which one of the lines seems to hold a payload, None where none does."""
    for line in (line for edit in edits for line in (*edit.before, *edit.after)):
        found = _PAIR.match(_COMMENT.sub("", line))
        name, value = (found["name"], found["value"].strip("\"' ")) if found else ("", "")
        is_filled = not _HARMLESS.fullmatch(value) and not any(form.search(value) for form in UNFILLED.values())
        if looks_secret(name) and is_filled:
            return name
        if PRIVATE_KEY in line or recordable(line) != line:
            return name or "a line"
    return None


def as_json(edits: Iterable[Edit]) -> bytes:
    """Return the edits as they stand in a record."""
    return json.dumps([vars(edit) for edit in edits], indent=1).encode() + b"\n"


def writings_in(runs: Iterable[Run]) -> dict[str, list[Writing]]:
    """Return what runs, the oldest first, wrote to each path, in order."""
    found: dict[str, list[Writing]] = {}
    for run in runs:
        for entry in run.ledger.read().entries:
            if entry.kind == KIND:
                writing = Writing(run.run, run.folder, **entry.body)
                found.setdefault(writing.path, []).append(writing)
    return found


def edits_in(writing: Writing) -> tuple[Edit, ...]:
    """Return the edits of a writing from its record; UnsafeChange where they are not there as they were kept."""
    if writing.hidden or not writing.kept:
        raise UnsafeChange(
            f"run {writing.run} changed {writing.hidden}, whose value no record may keep: take it from version control"
        )
    path = os.path.join(writing.folder, writing.kept)
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise UnsafeChange(f"what it held is kept in {path}, and that cannot be read: {error.strerror}") from error
    if hash_of(content) != writing.sha256:
        raise UnsafeChange(f"what it held is kept in {path}, and that is not what the ledger beside it sealed")
    return tuple(Edit(e["start"], tuple(e["after"]), tuple(e["before"])) for e in json.loads(content))


def restoration(
    path: str,
    current: bytes | None,
    writings: Sequence[Writing],
    edits: Callable[[Writing], tuple[Edit, ...]] = edits_in,
) -> Restoration:
    """Return how a file becomes what it was before the first of its writings, or why it does not."""
    first, state, content = writings[0].before, hash_of(current), current
    changed: tuple[Edit, ...] = ()
    remaining = list(writings)
    try:
        while state != first:
            # A run that was killed may have announced a writing that it never did.
            while remaining and remaining[-1].after != state:
                remaining.pop()
            if not remaining:
                return _foreign(path, current, writings, edits)
            writing = remaining.pop()
            changed = edits(writing)
            content = undone(content, changed) if writing.before is not None else None
            state = hash_of(content)
            if state != writing.before:
                return Restoration(path, REFUSED, f"what run {writing.run} kept of it does not lead back to it")
    except UnsafeChange as error:
        return Restoration(path, REFUSED, error.message)
    if hash_of(current) == first:
        return Restoration(path, ALREADY, f"it is as it was before run {writings[0].run}")
    return Restoration(path, DONE, f"it is what run {writings[-1].run} left", content, changed)


def _foreign(
    path: str, current: bytes | None, writings: Sequence[Writing], edits: Callable[[Writing], tuple[Edit, ...]]
) -> Restoration:
    """Return the refusal to overwrite what others wrote, with what the run changed, where that is on record."""
    reason = (
        f"it is not there, and run {writings[-1].run} left it there"
        if current is None
        else f"it is not what run {writings[-1].run} left: it was edited since"
        if all(writing.after != hash_of(current) for writing in writings)
        else f"it was edited between two writings of run {writings[-1].run}"
    )
    try:
        return Restoration(path, REFUSED, reason, edits=edits(writings[-1]))
    except UnsafeChange:
        return Restoration(path, REFUSED, reason)


def described(edits: Iterable[Edit]) -> str:
    """Return what a run changed, for people: the lines before, then those after."""
    lines = [
        line for edit in edits for line in (*(f"-{text}" for text in edit.before), *(f"+{text}" for text in edit.after))
    ]
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def announced(path: str, before: bytes | None, after: bytes | None) -> tuple[dict[str, Any], bytes]:
    """Return the ledger's entry of a writing that is about to be done, and what is to be kept of it in FOLDER."""
    edits = edits_of(before, after)
    hidden, content = payload_in(edits), as_json(edits)
    sealed = None if hidden else hash_of(content)
    kept = os.path.join(FOLDER, f"{sealed}.json") if sealed else None
    hashes = {"before": hash_of(before), "after": hash_of(after)}
    return {"path": path, **hashes, "kept": kept, "sha256": sealed, "hidden": hidden}, content


def _lines(content: bytes) -> list[str]:
    return content.decode(errors="surrogateescape").splitlines(keepends=True)
