# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long an answer is waited for, and what ends the wait; the ledger and the file are real, the clock is not."""

from __future__ import annotations

import getpass
import os
import pathlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks.delivery_verdict import Answers, Evidence
from ansible_collections.netra.remediation.plugins.module_utils.foundation import clock, watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError, Stopped
from ansible_collections.netra.remediation.plugins.module_utils.operations import delivery_approval, delivery_gate
from ansible_collections.netra.remediation.plugins.module_utils.operations.delivery_approval import Wait
from ansible_collections.netra.remediation.plugins.module_utils.operations.delivery_gate import Watched
from ansible_collections.netra.remediation.plugins.module_utils.record import entries, rollback_outcome, runs
from ansible_collections.netra.remediation.plugins.module_utils.record.approvals import Answer, Question

START = datetime(2026, 6, 1, tzinfo=UTC)
RUN = "20260601T000000Z-3fa29c"
ME = getpass.getuser()
GOOD, BAD, FEW = Answers(50, 0), Answers(50, 25), Answers(2, 0)
APPROVE = f"approve {RUN} api:50 looks good"


class Asked:
    """A question that waits: what users get by time, what is written when, and a clock that only a sleep moves."""

    def __init__(self, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds, self.looks = 0.0, 0
        self.path, self.stop = folder / "approve", folder / "stop"
        self.events: dict[float, Callable[[], object]] = {}
        self.seen: Callable[[float], Answers] = lambda _seconds: GOOD
        self.windows: list[float] = []
        moved = clock.Clock(lambda: self.seconds, self.sleep)
        monkeypatch.setattr(delivery_approval, "Deadline", lambda seconds: clock.Deadline(seconds, moved))
        monkeypatch.setattr(delivery_approval, "datetime", self)
        monkeypatch.setattr(delivery_gate, "look", self.look)
        self.record = runs.create_run(str(folder), "staging", RUN)
        heeded = watch.Watch(f"{self.record.folder}/{watch.FILE}", RUN, "staging", stop_file=str(self.stop))
        pathlib.Path(heeded.path).write_bytes(heeded.as_json())
        monkeypatch.setenv(watch.VARIABLE, heeded.path)

    def now(self, _zone: Any) -> datetime:
        return START + timedelta(seconds=self.seconds)

    fromisoformat, fromtimestamp = staticmethod(datetime.fromisoformat), staticmethod(datetime.fromtimestamp)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        for due in [at for at in self.events if at <= self.seconds]:
            self.events.pop(due)()

    def look(self, _session: Any, _pool: Any, watched: list[Watched], since: datetime, until: datetime) -> None:
        self.looks += 1
        self.windows.append((until - since).total_seconds())
        for entry in watched:
            entry.note(Evidence(new=self.seen(self.seconds)), until)

    def write(self, at: float, text: str, *, age: float = 0) -> None:
        """Write the file at a time, as if it were ``age`` seconds old then."""

        def written() -> None:
            self.path.write_text(text, encoding="utf-8")
            moment = (START + timedelta(seconds=self.seconds - age)).timestamp()
            os.utime(self.path, (moment, moment))

        self.events[at] = written

    def answer(self, answer: Answer | None = None, *, overrun: str = "stop", share: int = 10) -> dict[str, Any]:
        """Ask, and wait for an answer."""
        question = Question(RUN, ("api:50",), 600, overrun)
        target = {"service": "api", "percent": share, "limits": {"watch_seconds": 60, "lag_seconds": 120}}
        watched = [Watched(target, "api-2", "api-1")] if share else []
        asked = delivery_approval._ask(self.record, question, str(self.path))
        self.wait = Wait(self.record, question, asked, watched)
        return self.wait.answered(None, answer)  # type: ignore[arg-type]

    def recorded(self, kind: str) -> list[Mapping[str, Any]]:
        return [entry.body for entry in self.record.ledger.read().entries if entry.kind == kind]


@pytest.fixture
def asked(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(tmp_path, monkeypatch)


def test_who_approves_is_on_record_with_the_numbers_of_that_moment(asked: Asked) -> None:
    asked.write(121, APPROVE)
    told = asked.answer()
    assert asked.recorded("approval") == [told]
    assert (told["answer"], told["by"], told["reason"], told["seconds"]) == ("approved", ME, "looks good", 122)
    assert [(gate["verdict"], gate["measured"]) for gate in told["gates"]] == [("pass", 0)]
    assert asked.recorded("gate") == []  # they judge the run, and this is no judgement
    assert 12 <= asked.looks <= 16


def test_the_window_of_the_gate_goes_along_with_the_wait(asked: Asked) -> None:
    """Hours of good answers must not thin out a failure, and nothing from before the move counts."""
    moved = {"service": "api", "to": "api-2", "percent": 10}
    asked.record.ledger.append("2026-06-01T00:00:00.000Z", [("traffic_moved", moved)])
    asked.write(500, APPROVE)
    asked.answer()
    assert (max(asked.windows), asked.windows[0]) == (180, 0)


def test_what_users_got_of_a_share_that_a_run_before_gave_counts_at_once(asked: Asked) -> None:
    asked.answer(Answer("approved", "the board", "CHG-1"))
    assert asked.windows == [180]


def test_a_red_gate_ends_the_wait_and_asks_for_a_rollback(asked: Asked) -> None:
    asked.seen = lambda seconds: BAD if seconds >= 100 else GOOD
    asked.write(300, APPROVE)
    with pytest.raises(RemediationError, match="api-2 at 10 %: error rate: 25 of 50 requests failed") as failed:
        asked.answer()
    assert 100 <= asked.seconds <= 112
    assert rollback_outcome.asks_for_rollback("delivery_approval", {"failure": failed.value.as_failure()})
    assert [gate["verdict"] for gate in asked.recorded("gate")] == ["fail"]
    assert [entry["answer"] for entry in asked.recorded("approval")] == ["gate_failed"]


def test_a_gate_that_is_red_when_somebody_approves_comes_first(asked: Asked) -> None:
    asked.seen = lambda seconds: BAD if seconds >= 4 else GOOD
    asked.write(4, APPROVE)
    with pytest.raises(RemediationError, match="error rate"):
        asked.answer()
    assert asked.seconds == 4


def test_an_open_question_waits_for_the_person(asked: Asked) -> None:
    asked.seen = lambda _seconds: FEW
    asked.write(200, APPROVE)
    assert [gate["verdict"] for gate in asked.answer()["gates"]] == ["inconclusive"]


def test_what_is_approved_beforehand_waits_for_one_look(asked: Asked) -> None:
    assert asked.answer(Answer("approved", "the board", "CHG-1"))["by"] == "the board"
    assert (asked.looks, asked.seconds) == (1, 0)


@pytest.mark.parametrize("overrun", ["stop", "roll_back"])
def test_without_a_word_the_run_ends_as_the_step_says(asked: Asked, overrun: str) -> None:
    with pytest.raises(Stopped, match="nobody said within 600 s whether a new revision may have 50 % of") as stopped:
        asked.answer(overrun=overrun)
    assert (asked.seconds, stopped.value.then, stopped.value.facts["how"]) == (600, overrun, "approval")
    assert [entry["answer"] for entry in asked.recorded("approval")] == ["unanswered"]


def test_without_a_word_the_share_goes_back_and_the_whole_stays(asked: Asked) -> None:
    moved = [{"service": "auth", "to": "auth-2"}, {"service": "api", "to": "api-2", "percent": 10}]
    asked.record.ledger.append("2026-06-01T00:00:00.000Z", [("traffic_moved", body) for body in moved])
    with pytest.raises(Stopped) as stopped:
        asked.answer()
    failed = {"failure": {"task": "wait", "result": {"failed": True, "failure": stopped.value.as_failure()}}}
    assert entries.half_moved(failed, asked.record.ledger.read().entries) == ["api"]


def test_a_rejection_takes_back_what_moved(asked: Asked) -> None:
    asked.write(30, "reject they see 500s")
    with pytest.raises(Stopped, match="they see 500s") as stopped:
        asked.answer()
    assert (stopped.value.then, stopped.value.facts["by"]) == ("roll_back", ME)


def test_what_counts_for_nothing_is_said_once_and_waited_on(asked: Asked) -> None:
    asked.path.write_text("reject as yesterday", encoding="utf-8")
    os.utime(asked.path, (0, 0))
    asked.write(100, APPROVE.replace("api:50", "api:100"))
    asked.write(200, APPROVE)
    assert asked.answer()["answer"] == "approved"
    assert [note["text"] for note in asked.recorded("note")] == asked.wait.ignored
    assert [told.split("nothing: ")[1] for told in asked.wait.ignored] == [
        "it is older than the question and names no run.",
        "it names api:100, not api:50.",
    ]


def test_a_stop_file_ends_the_wait(asked: Asked) -> None:
    asked.events[50] = lambda: asked.stop.write_text("roll_back for lunch", encoding="utf-8")
    with pytest.raises(Stopped, match="for lunch") as stopped:
        asked.answer(share=0)
    assert (asked.seconds, stopped.value.then, asked.looks) == (50, "roll_back", 0)
