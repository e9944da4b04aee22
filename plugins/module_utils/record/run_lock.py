# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide who may work on an environment: pure. Layer `record`: may import `foundation` only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FREE, MINE, HELD, ENDED = "free", "mine", "held", "ended"
TOLD_IN_SECONDS = 120


@dataclass(frozen=True)
class Standing:
    """What a lock means for a run: one of free, mine, held, ended; and why an ended one may be taken over."""

    state: str
    reason: str = ""


def lock_in(content: bytes) -> dict[str, Any]:
    """Return the lock that an object holds; ValueError where it is none."""
    lock = json.loads(content)
    if not isinstance(lock, dict) or not isinstance(lock.get("run"), str):
        raise ValueError("it names no run")
    return {"playbook": "", "user": "", "host": "", "valid_seconds": 0, **lock}


def standing(
    lock: Mapping[str, Any] | None, *, run: str, age_seconds: float, is_gone: bool, take_over: str | None
) -> Standing:
    """Judge a lock as it was found.

    ``age_seconds``: since it was last written, by the clock of the server that keeps it; ``is_gone``: its process ran
    on this machine and is no more; ``take_over``: the run whose lock a person said may be taken.
    """
    if lock is None:
        return Standing(FREE)
    if lock["run"] == run:
        return Standing(MINE)
    if take_over and lock["run"] == take_over:
        return Standing(ENDED, "remediation_take_over_lock names it")
    if is_gone:
        return Standing(ENDED, "its process on this machine has ended")
    if age_seconds > lock["valid_seconds"]:
        silence, promised = minutes(age_seconds), minutes(lock["valid_seconds"])
        return Standing(ENDED, f"nothing was heard of it for {silence}, and it was to be heard of within {promised}")
    return Standing(HELD)


def holder_of(lock: Mapping[str, Any], age_seconds: float) -> str:
    """Return who holds a lock, since when (by the holder's clock) and what runs, for people."""
    job = f", job {lock['job']}" if lock.get("job") else ""
    where = f"{lock['user']} on {lock['host']}{job}"
    since = f"since {lock['since'][:19]}Z, " if lock.get("since") else ""
    return f"run {lock['run']} of {where} ({lock['playbook']}), {since}last heard of {minutes(age_seconds)} ago"


def minutes(seconds: float) -> str:
    """Return a duration for people."""
    return f"{seconds:.0f} s" if seconds < TOLD_IN_SECONDS else f"{seconds / 60:.0f} min"
