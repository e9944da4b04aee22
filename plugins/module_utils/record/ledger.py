# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger of a run: JSON lines, append-only, each line sealed with the hash of the one before.

Layer `record`: may import `foundation` only. Whatever reports, counts or rolls back reads a ledger through
`Ledger.read`, which returns a prefix of what was written or refuses: a line that was edited, moved, repeated or
dropped from the middle breaks the chain. A last line without its newline was being written when the machine died; it
was never acknowledged and is left out.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.record.files import flush_folder

LEDGER = "ledger.jsonl"


class BrokenLedger(RemediationError):  # noqa: N818 (named as the outcome it reports, like foundation.errors)
    """A ledger whose lines do not follow from one another."""


@dataclass(frozen=True)
class Entry:
    """One line of a ledger."""

    number: int
    time: str
    kind: str
    body: dict[str, Any]
    previous: str
    seal: str

    def as_dict(self) -> dict[str, Any]:
        """Return the line's JSON object."""
        return {
            "n": self.number,
            "time": self.time,
            "kind": self.kind,
            "body": self.body,
            "previous": self.previous,
            "seal": self.seal,
        }


@dataclass(frozen=True)
class Chain:
    """The entries of a ledger that were acknowledged, and how many bytes of a torn last line follow them."""

    entries: tuple[Entry, ...]
    acknowledged_bytes: int
    torn_bytes: int


def canonical(value: Any) -> bytes:
    """Return the one JSON text that a value has: sorted keys, no spaces (after RFC 8785, without its number rules)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def origin(run: str) -> str:
    """Return what the first line of a run's ledger follows, so that a ledger cannot be passed off as another run's."""
    return hashlib.sha256(f"netra.remediation ledger of {run}".encode()).hexdigest()


def sealed(number: int, time: str, kind: str, body: Mapping[str, Any], previous: str) -> Entry:
    """Return the entry with its seal: SHA-256 over everything else in the line, `previous` included."""
    content = {"n": number, "time": time, "kind": kind, "body": body, "previous": previous}
    text = canonical(content)
    return Entry(number, time, kind, json.loads(text)["body"], previous, hashlib.sha256(text).hexdigest())


def line_of(entry: Entry) -> bytes:
    """Return the entry as it stands in the file."""
    return canonical(entry.as_dict()) + b"\n"


def verified(content: bytes, run: str, path: str) -> Chain:
    """Return the chain in a ledger's bytes; BrokenLedger names the first line that does not follow."""
    acknowledged = content.rfind(b"\n") + 1
    entries: list[Entry] = []
    previous = origin(run)
    for number, line in enumerate(content[:acknowledged].split(b"\n")[:-1], start=1):
        entry = _parsed(line)
        if entry is None:
            raise _broken(path, number, "it is not a line that this program writes")
        if line_of(sealed(number, entry.time, entry.kind, entry.body, previous)) != line + b"\n":
            raise _broken(path, number, "its seal does not match what it says and what it follows")
        entries.append(entry)
        previous = entry.seal
    return Chain(tuple(entries), acknowledged, len(content) - acknowledged)


def _parsed(line: bytes) -> Entry | None:
    """Return the entry of a line, or None when the line is anything but the canonical text of an entry."""
    try:
        value = json.loads(line)
        entry = Entry(value["n"], value["time"], value["kind"], value["body"], value["previous"], value["seal"])
        canonical_line = line_of(entry)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return entry if canonical_line == line + b"\n" and isinstance(entry.body, dict) else None


def _broken(path: str, number: int, why: str) -> BrokenLedger:
    return BrokenLedger(
        f"Reading the run record {path} failed: line {number} cannot be trusted, {why}. "
        "Nothing is derived from it; restore the file from a copy, or move its folder away and decide by hand.",
        path=path,
        line=number,
    )


class Ledger:
    """The ledger file of one run."""

    def __init__(self, folder: str, run: str) -> None:
        self.path = os.path.join(folder, LEDGER)
        self.run = run

    def read(self) -> Chain:
        """Return the verified chain; a ledger that does not exist is empty."""
        try:
            with open(self.path, "rb") as file:
                return verified(file.read(), self.run, self.path)
        except FileNotFoundError:
            return Chain((), 0, 0)

    def append(self, time: str, records: Iterable[tuple[str, Mapping[str, Any]]]) -> Chain:
        """Append entries in one write and return the whole chain when it is on the disk.

        The lock serves two appenders on one file system; what a crash tore off is cut before the chain goes on.
        """
        created = not os.path.exists(self.path)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            chain = verified(file.readall(), self.run, self.path)
            if chain.torn_bytes:
                file.truncate(chain.acknowledged_bytes)
            added = _continued(chain, self.run, time, records)
            text = b"".join(line_of(entry) for entry in added)
            _write_all(file.fileno(), text)
            os.fsync(file.fileno())
        if created:
            flush_folder(os.path.dirname(self.path))
        return Chain(chain.entries + added, chain.acknowledged_bytes + len(text), 0)


def _continued(
    chain: Chain, run: str, time: str, records: Iterable[tuple[str, Mapping[str, Any]]]
) -> tuple[Entry, ...]:
    added: list[Entry] = []
    previous = chain.entries[-1].seal if chain.entries else origin(run)
    for kind, body in records:
        entry = sealed(len(chain.entries) + len(added) + 1, time, kind, body, previous)
        added.append(entry)
        previous = entry.seal
    return tuple(added)


def _write_all(descriptor: int, text: bytes) -> None:
    while text:
        text = text[os.write(descriptor, text) :]
