# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts as an answer, and what ends the run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.foundation.watch import Note
from ansible_collections.netra.remediation.plugins.module_utils.record import approvals
from ansible_collections.netra.remediation.plugins.module_utils.record.approvals import Answer, Question
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry

RUN, OTHER = "20250923T101500Z-3fa29c", "20250922T101500Z-000000"
ONE = Question(RUN, ("api:50",), 3600)
TWO = Question(RUN, ("api:50", "web:60"), 3600, "roll_back")
ASKED = 1000.0


def said(question: Question, text: str, written: float = ASKED + 5) -> tuple[str, str] | None:
    answer = approvals.answer_of(question, Note(text, "alice", written), ASKED)
    return (answer.verdict, answer.reason) if answer else None


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        (ONE, "", None),
        (ONE, f"approve {RUN} api:50 looks good", ("approved", "looks good")),
        (TWO, f"approve {RUN} web:60,api:50 looks good", ("approved", "looks good")),
        (ONE, f"approve {RUN} api:50", ("", "it gives no reason")),
        (ONE, f"approve {RUN} api:100 looks good", ("", "it names api:100, not api:50")),
        (TWO, f"approve {RUN} api:50 looks good", ("", "it names api:50, not api:50,web:60")),
        (ONE, f"approve {OTHER} api:50 looks good", ("", f"it names run {OTHER}, not {RUN}")),
        (ONE, "approve", ("", f"it names run none, not {RUN}")),
        (ONE, "approved by me", ("", "it begins with neither approve nor reject")),
        (ONE, "reject", ("rejected", "")),
        (ONE, "reject they see 500s", ("rejected", "they see 500s")),
        (ONE, f"reject {RUN} they see 500s", ("rejected", "they see 500s")),
        (ONE, f"reject {OTHER} they see 500s", ("", f"it names run {OTHER}, not {RUN}")),
    ],
)
def test_an_answer_names_what_it_is_about(question: Question, text: str, answer: Any) -> None:
    assert said(question, text) == answer


def test_a_rejection_that_lay_there_before_counts_only_by_the_name_of_the_run() -> None:
    assert said(ONE, "reject it", ASKED - 60) == ("", "it is older than the question and names no run")
    assert said(ONE, f"reject {RUN} it", ASKED - 60) == ("rejected", "it")
    assert said(ONE, "reject it", float(int(ASKED))) == ("rejected", "it")  # a clock of whole seconds


@given(st.text(), st.sampled_from(["approve", "reject", "Approve", ""]), st.sampled_from([RUN, OTHER, ""]))
def test_nothing_but_run_and_move_together_approve(text: str, first: str, run: str) -> None:
    line = " ".join(f"{first} {run} {text}".split())
    answer = approvals.answer_of(ONE, Note(line, "alice", ASKED), ASKED)
    if answer and answer.verdict == approvals.APPROVED:
        assert line.split()[:3] == ["approve", RUN, "api:50"]
        assert len(line.split()) > 3


def test_what_is_approved_beforehand_names_every_move() -> None:
    both = {"api:50": "CHG-1", "web:60": "CHG-1"}
    assert approvals.beforehand(TWO, both, "bob") == Answer("approved", "bob", "CHG-1")
    assert approvals.beforehand(TWO, {"api:50": "CHG-1"}, "bob") is None
    assert approvals.beforehand(TWO, {**both, "web:60": " "}, "bob") is None


@pytest.mark.parametrize(
    ("question", "answer", "then"),
    [
        (ONE, Answer("approved", "alice", "good"), None),
        (ONE, Answer("rejected", "alice", "they see 500s"), "roll_back"),
        (ONE, None, "stop"),
        (TWO, None, "roll_back"),
    ],
)
def test_the_table_decides(question: Question, answer: Answer | None, then: str | None) -> None:
    sign = approvals.sign_of(question, answer)
    assert (sign and sign.then) == then


def test_the_question_holds_the_line_that_approves() -> None:
    sentence = TWO.sentence("/srv/my records/approve", "2025-09-23T11:15:00.000Z")
    asked = "May a new revision have 50 % of the traffic of api and 60 % of the traffic of web? "
    assert sentence.startswith(f"{asked}Answer until 2025-09-23T11:15:00.000Z")
    assert "> '/srv/my records/approve' (or reject" in sentence
    line = sentence.split("echo '")[1].split("'")[0]
    assert said(TWO, line.replace("WHY", "looks good")) == ("approved", "looks good")


def test_a_question_is_open_until_it_is_answered() -> None:
    asked = Entry(1, "t1", "approval_asked", {"moves": ["api:50"]}, "", "")
    answered = Entry(2, "t2", "approval", {"moves": ["api:50"], "answer": "approved"}, "", "")
    other = Entry(3, "t3", "approval_asked", {"moves": ["api:100"]}, "", "")
    assert approvals.asked_in([asked, other], ("api:50",)) == asked
    assert approvals.asked_in([asked, answered, other], ("api:50",)) is None
