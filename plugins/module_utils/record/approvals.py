# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a person whether new revisions may have more users, and read the answer. Pure.

Layer `record`: may import `record` and `foundation` only. A move is named SERVICE:PERCENT. What comes first decides:

==============  ===========  ==============================================================
what comes      overrun      then
==============  ===========  ==============================================================
a red gate      any          fail, and take back what the run moved
approve         any          go on
reject          any          stop, and take back what the run moved
no word         stop         stop, and take back shares; what has the whole traffic stays
no word         roll_back    stop, and take back what the run moved
==============  ===========  ==============================================================
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.watch import (
    LONGEST_REASON,
    ROLL_BACK,
    STOP,
    Note,
    Sign,
)
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry
from ansible_collections.netra.remediation.plugins.module_utils.record.runs import RUN_PATTERN

ASKED, ANSWERED = "approval_asked", "approval"
APPROVED, REJECTED, UNANSWERED, RED = "approved", "rejected", "unanswered", "gate_failed"
APPROVE, REJECT = "approve", "reject"
HOW = "approval"


@dataclass(frozen=True)
class Question:
    """What a person is asked before traffic moves: by its moves, for how many seconds, and what no word means."""

    run: str
    moves: tuple[str, ...]
    seconds: float
    overrun: str = STOP

    @property
    def name(self) -> str:
        """Return the word that an answer names it by."""
        return ",".join(self.moves)

    def sentence(self, path: str, until: str) -> str:
        """Return the question as a person reads it, with what answers it."""
        then = "takes back what it moved" if self.overrun == ROLL_BACK else "stops and takes back shares"
        return (
            f"May a new revision have {told(self.moves)}? Answer until {until} with: echo "
            f"'{APPROVE} {self.run} {self.name} WHY' > {shlex.quote(path)} (or {REJECT} instead of {APPROVE}). What "
            f"users get is watched meanwhile; without an answer the run {then}."
        )

    def predicted(self) -> str:
        """Return what check mode says."""
        return (
            f"Would ask whether a new revision may have {told(self.moves)}, and wait {self.seconds:g} s for an answer."
        )


@dataclass(frozen=True)
class Answer:
    """What a person said: the verdict, empty where it counts for nothing; who, and why."""

    verdict: str
    by: str
    reason: str


def told(moves: Iterable[str]) -> str:
    """Return moves for people."""
    named = (move.rpartition(":") for move in moves)
    return " and ".join(f"{percent} % of the traffic of {service}" for service, _colon, percent in named)


def asked_in(entries: Iterable[Entry], moves: tuple[str, ...]) -> Entry | None:
    """Return the question about these moves that is open on record, None where there is none."""
    found = None
    for entry in entries:
        if entry.kind in (ASKED, ANSWERED) and tuple(entry.body["moves"]) == moves:
            found = entry if entry.kind == ASKED else None
    return found


def beforehand(question: Question, approved: Mapping[str, Any], approver: str) -> Answer | None:
    """Return the approval that names every one of the moves beforehand."""
    reasons = [str(approved.get(move) or "").strip() for move in question.moves]
    return Answer(APPROVED, approver, "; ".join(dict.fromkeys(reasons))) if all(reasons) else None


def answer_of(question: Question, note: Note, asked: float) -> Answer | None:
    """Return what a file says to a question that was asked then (epoch); None where nobody wrote anything yet."""
    first, _space, rest = note.text.partition(" ")
    if first == APPROVE:
        return _approval(question, note, rest)
    if first == REJECT:
        return _rejection(question, note, rest, asked)
    return Answer("", note.by, f"it begins with neither {APPROVE} nor {REJECT}") if first else None


def _approval(question: Question, note: Note, words: str) -> Answer:
    run, _space, rest = words.partition(" ")
    name, _space, reason = rest.partition(" ")
    if run != question.run:
        return Answer("", note.by, f"it names run {run or 'none'}, not {question.run}")
    if set(name.split(",")) != set(question.moves):
        return Answer("", note.by, f"it names {name or 'no step'}, not {question.name}")
    if not reason:
        return Answer("", note.by, "it gives no reason")
    return Answer(APPROVED, note.by, reason[:LONGEST_REASON])


def _rejection(question: Question, note: Note, words: str, asked: float) -> Answer:
    """Return a rejection: it may leave out the run, but then it must be younger than the question."""
    run, _space, rest = words.partition(" ")
    if run == question.run:
        return Answer(REJECTED, note.by, rest[:LONGEST_REASON])
    if RUN_PATTERN.fullmatch(run):
        return Answer("", note.by, f"it names run {run}, not {question.run}")
    if int(note.written) < int(asked):  # some file systems count whole seconds
        return Answer("", note.by, "it is older than the question and names no run")
    return Answer(REJECTED, note.by, words[:LONGEST_REASON])


def sign_of(question: Question, answer: Answer | None) -> Sign | None:
    """Return what ends the run: a rejection, or no word in time."""
    asked = f"whether a new revision may have {told(question.moves)}"
    if answer is None:
        return Sign(HOW, f"nobody said within {question.seconds:g} s {asked}", then=question.overrun)
    if answer.verdict == REJECTED:
        why = f" ({answer.reason})" if answer.reason else ""
        return Sign(HOW, f"{answer.by} said no when asked {asked}{why}", answer.by, ROLL_BACK)
    return None
