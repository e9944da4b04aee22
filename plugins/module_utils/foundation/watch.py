# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operation heeds while it works, because it belongs to a run: its lease, and what ends the run.

Standard library only. Each phase of a run writes the file. Its path is in the environment of every task, so that a wait
deep below finds it; where there is none, nothing is heeded.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib
import pwd
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import Stopped

VARIABLE = "NETRA_REMEDIATION_WATCH"
FILE = "watch.json"
# A lease is renewed when this share of it has passed.
RENEWED_AT = 1 / 3
# What becomes of the traffic that a run moved when the run is stopped.
STOP, ROLL_BACK = "stop", "roll_back"
LONGEST_REASON, LONGEST_NOTE = 300, 4096
# Signals that this process got while it worked for a run, by name.
_signals: list[str] = []


@dataclass(frozen=True)
class Sign:
    """Why a run is not to go on: how that was said (``stop_file``, ``signal``, ``budget``), by whom, and then what."""

    how: str
    reason: str
    by: str = ""
    then: str = STOP

    def stopped(self, attempt: str) -> Stopped:
        """Return it as the error that ends what is under way."""
        return Stopped(
            f"Could not {attempt}: the run is to stop, {self.reason}. docs/runs.md tells what each phase leaves; a new "
            "run takes it up from there.",
            reason=self.reason,
            then=self.then,
            how=self.how,
            by=self.by,
        )


@dataclass(frozen=True)
class Note:
    """What a person left in a file: the words in one line, whose file it is, and when it was written (epoch)."""

    text: str
    by: str
    written: float


@dataclass(frozen=True)
class Limit:
    """When a run is not to go on, in seconds since the epoch by this machine's clock; why; and then what."""

    at: float
    reason: str
    then: str


@dataclass(frozen=True)
class Mark:
    """When something is to be on record that ends nothing, in seconds since the epoch; and what that is."""

    at: float
    told: Mapping[str, Any]


@dataclass(frozen=True)
class Watch:
    """The lock of ``environment`` in ``bucket`` (empty: none), good for ``valid_seconds``; and what ends the run."""

    path: str
    run: str
    environment: str
    bucket: str = ""
    valid_seconds: int = 0
    stop_file: str = ""
    limits: tuple[Limit, ...] = ()
    marks: tuple[Mark, ...] = ()

    def as_json(self) -> bytes:
        """Return what stands in the file."""
        told: dict[str, Any] = {name: value for name, value in vars(self).items() if name != "path"}
        timed = {"limits": [vars(limit) for limit in self.limits], "marks": [vars(mark) for mark in self.marks]}
        return json.dumps({**told, **timed}).encode() + b"\n"

    def seconds_to_renewal(self) -> float:
        """Return in how many seconds the lease has to be renewed; the file's own time says when it last was."""
        return max(0.0, self.valid_seconds * RENEWED_AT - self._age())

    def has_expired(self) -> bool:
        """Say whether another run may have taken the lock over by now."""
        return self._age() > self.valid_seconds

    def renewed(self) -> None:
        """Note that the lease was renewed just now."""
        os.utime(self.path)

    def sign(self) -> Sign | None:
        """Return what says that the run is not to go on, None where nothing does."""
        if _signals:
            return Sign("signal", f"it got {_signals[0]}")
        passed = next((limit for limit in self.limits if time.time() >= limit.at), None)
        return ordered(self.stop_file) or (Sign("budget", passed.reason, then=passed.then) if passed else None)

    def _age(self) -> float:
        try:
            return max(0.0, time.time() - os.stat(self.path).st_mtime)
        except OSError:
            return 0.0


def current() -> Watch | None:
    """Return what this process has to heed, None where it belongs to no run."""
    path = os.environ.get(VARIABLE)
    return read(path) if path else None


def read(path: str) -> Watch | None:
    """Return what stands in a file, None where there is none."""
    try:
        found: dict[str, Any] = json.loads(pathlib.Path(path).read_bytes())
        limits = tuple(Limit(**limit) for limit in found["limits"])
        return Watch(
            path, **{**found, "limits": limits, "marks": tuple(Mark(**mark) for mark in found.get("marks", ()))}
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


@contextlib.contextmanager
def at_work() -> Iterator[None]:
    """Let others on this machine see that a process works for the run: it may outlive the one that started it."""
    found = current()
    if found is None:
        yield
        return
    with open(found.path, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def is_at_work(path: str) -> bool:
    """Say whether a process of this machine works for the run whose file this is."""
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def heed(attempt: str) -> None:
    """Raise Stopped where the run that this process belongs to is not to go on; ``attempt`` is what waits."""
    found = current()
    sign = found.sign() if found else None
    if sign:
        raise sign.stopped(attempt)


def note_signal(number: int) -> None:
    """Remember a signal: what is under way ends at its next look."""
    _signals.append(signal.Signals(number).name)


def ordered(path: str) -> Sign | None:
    """Return what a stop file orders: its first word may be ``stop`` or ``roll_back``, the rest is the reason."""
    note = left_in(path)
    if note is None:
        return None
    first, _space, rest = note.text[:LONGEST_REASON].partition(" ")
    then, reason = (first, rest) if first in (STOP, ROLL_BACK) else (STOP, f"{first} {rest}".strip())
    why = f" ({reason})" if reason else ""
    return Sign("stop_file", f"{note.by} ordered it in {path}{why}", note.by, then)


def left_in(path: str) -> Note | None:
    """Return what a person left in a file, None where there is none that can be read."""
    try:
        with open(path, "rb") as file:
            status, text = os.fstat(file.fileno()), file.read(LONGEST_NOTE).decode("utf-8", "replace")
    except OSError:
        return None
    return Note(" ".join(text.split()), _name_of(status.st_uid), status.st_mtime)


def _name_of(owner: int) -> str:
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return f"user {owner}"
