# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a person whether new revisions may have more users, and watch meanwhile what those get who have them.

What users get counts as at any other gate: that somebody is asked lets no failure wait.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import delivery_questions
from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch as run_watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline, poll
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations import delivery_gate
from ansible_collections.netra.remediation.plugins.module_utils.operations.delivery_gate import Watched
from ansible_collections.netra.remediation.plugins.module_utils.record import approvals, gates, runs
from ansible_collections.netra.remediation.plugins.module_utils.record.approvals import Answer, Question
from ansible_collections.netra.remediation.plugins.module_utils.record.entries import Body
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry
from ansible_collections.netra.remediation.plugins.module_utils.record.recordable import recordable
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run_traffic
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_services import read_service
from ansible_collections.netra.remediation.plugins.module_utils.resources.monitoring import SAMPLE_SECONDS

HEED_SECONDS = 2.0
DELIVERY = {"service", "steps", "whole", "approvals"}
OPTIONS: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "required": True},
    "environment": {"type": "str", "required": True},
    "run": {"type": "str", "required": True},
    "deliveries": {"type": "list", "elements": "dict", "required": True},
    "revisions": {"type": "dict", "required": True},
    "step": {"type": "int"},
    "approval_file": {"type": "path"},
    "approved": {"type": "dict", "default": {}},
    "approver": {"type": "str", "default": "somebody"},
    "wait": {"type": "bool", "default": True},
}


def run(options: Options, check_mode: bool) -> Result:
    """Ask where a step wants that and its traffic has not moved yet, then wait; check mode only says that it would."""
    record = runs.run_at(options["directory"], options["environment"], options["run"])
    session = Session(options, patience=delivery_gate.PATIENCE_SECONDS)
    serving = {service: serving_of(session, service) for service in options["revisions"]}
    shares = {service: serving[service].get(revision, 0) for service, revision in options["revisions"].items()}
    question = delivery_questions.question_at(record.run, _deliveries(options), shares, options.get("step"))
    result: Result = {"changed": False, "question": "", "moves": [], "answer": None, "ignored": []}
    if question is None:
        return result
    result["moves"] = list(question.moves)
    if check_mode:
        return {**result, "question": question.predicted()}
    path = options.get("approval_file") or os.path.join(os.path.dirname(record.folder), approvals.APPROVE)
    entries = record.ledger.read().entries
    asked = approvals.asked_in(entries, question.moves) or _ask(record, question, path)
    result["question"] = question.sentence(path, asked.body["until"])
    if not options["wait"]:
        return result
    wait = Wait(record, question, asked, list(under_watch(options, entries, serving, shares)))
    beforehand = approvals.beforehand(question, options["approved"], options["approver"])
    answer = wait.answered(session, beforehand)
    return {**result, "answer": answer, "ignored": wait.ignored}


class Wait:
    """A question on record, and what is watched until it is answered."""

    def __init__(self, record: runs.Run, question: Question, asked: Entry, watched: list[Watched]) -> None:
        self.record, self.question, self.watched = record, question, watched
        self.path: str = asked.body["file"]
        self.asked = datetime.fromisoformat(asked.time)
        self.until = datetime.fromisoformat(asked.body["until"])
        self.since = _last_move(record.ledger.read().entries)
        self.ignored: list[str] = []
        seconds = [float(entry.limits["watch_seconds"]) + float(entry.limits["lag_seconds"]) for entry in watched]
        self.window = timedelta(seconds=max([SAMPLE_SECONDS, *seconds]))

    def answered(self, session: Session, answer: Answer | None) -> dict[str, Any]:
        """Return the approval, as it is on record; raise where the run is not to go on."""
        answer = self._heard(session, answer)
        verdict = answer.verdict if answer else approvals.UNANSWERED
        told = self._close(verdict, answer)
        sign = approvals.sign_of(self.question, answer)
        if sign:
            raise sign.stopped(f"give a new revision {approvals.told(self.question.moves)}")
        return told

    def _heard(self, session: Session, answer: Answer | None) -> Answer | None:
        """Return the answer once there is one, None where time is up; what users get is looked at before it counts."""
        deadline = Deadline((self.until - datetime.now(UTC)).total_seconds())
        next_look = Deadline(0)
        with ThreadPoolExecutor(delivery_gate.AT_ONCE) as pool:
            for _tick in poll(deadline, HEED_SECONDS, factor=1.0, maximum=HEED_SECONDS):
                answer = answer or self._read()
                if self.watched and (answer or next_look.expired):
                    self._look(session, pool)
                    next_look = Deadline(delivery_gate.LONGEST_PAUSE)
                run_watch.heed(f"wait for somebody to approve {approvals.told(self.question.moves)}")
                if answer:
                    break
        return answer

    def _read(self) -> Answer | None:
        note = run_watch.left_in(self.path)
        answer = approvals.answer_of(self.question, note, self.asked.timestamp()) if note else None
        if note is None or answer is None or answer.verdict:
            return answer
        told = f"What {answer.by} wrote into {self.path} counts for nothing: {answer.reason}."
        if told not in self.ignored and not self._is_used(note.text):
            self.ignored.append(told)
            self._write([("note", {"text": told})])
        return None

    def _is_used(self, text: str) -> bool:
        """Say whether a file holds the approval of a move before, which may stay where it is."""
        entries = self.record.ledger.read().entries
        used = [entry.body["moves"] for entry in entries if entry.kind == approvals.ANSWERED]
        return any(",".join(moves) in text.split() for moves in used)

    def _look(self, session: Session, pool: ThreadPoolExecutor) -> None:
        until = datetime.now(UTC)
        delivery_gate.look(session, pool, self.watched, max(self.since, until - self.window), until)
        if any(entry.has_failed() for entry in self.watched):
            self._close(approvals.RED, None)
            judged = [gate for entry in self.watched for gate in entry.gates]
            raise RemediationError(
                f"The new revision may not keep its users; nobody had to be asked any more. "
                f"{'; '.join(gates.reasons(judged))}.",
                verdict=gates.FAIL,
                gates=[gate.as_dict() for gate in judged],
            )

    def _close(self, verdict: str, answer: Answer | None) -> dict[str, Any]:
        """Write down what ended the wait, with the numbers of that moment; a red gate stands there as one."""
        judged = [gate.as_dict() for entry in self.watched for gate in entry.gates]
        seconds = round((datetime.now(UTC) - self.asked).total_seconds(), 1)
        told = {
            "moves": list(self.question.moves),
            "answer": verdict,
            "by": answer.by if answer else "",
            "reason": answer.reason if answer else "",
            "seconds": seconds,
            "gates": judged,
        }
        red: list[Body] = [("gate", gate) for gate in judged] if verdict == approvals.RED else []
        self._write([*red, (approvals.ANSWERED, told)])
        return told

    def _write(self, said: Iterable[Body]) -> None:
        time = runs.timestamp(datetime.now(UTC))
        self.record.ledger.append(time, [(kind, recordable(body)) for kind, body in said])


def under_watch(
    options: Options, entries: Iterable[Entry], serving: Mapping[str, Mapping[str, int]], shares: Mapping[str, int]
) -> Iterable[Watched]:
    """Return what is watched: each candidate beside the one that serves most with it, and what the run moved wholly."""
    moved = delivery_questions.moved_wholly(entries)
    for target in delivery_questions.targets_under_watch(options["deliveries"], shares, moved):
        service = target["service"]
        revision = options["revisions"].get(service) or moved[service]
        beside = {name: share for name, share in serving.get(service, {}).items() if name != revision}
        yield Watched(target, revision, max(beside, key=lambda name: (beside[name], name)) if beside else None)


def serving_of(session: Session, service: str) -> dict[str, int]:
    """Return the percentage that each revision of a service gets."""
    return cloud_run_traffic.serving(read_service(session, service) or {})


def _ask(record: runs.Run, question: Question, path: str) -> Entry:
    now = datetime.now(UTC)
    until = runs.timestamp(now + timedelta(seconds=question.seconds))
    asked = {"moves": list(question.moves), "file": path, "until": until, "overrun": question.overrun}
    return record.ledger.append(runs.timestamp(now), [(approvals.ASKED, recordable(asked))]).entries[-1]


def _last_move(entries: Iterable[Entry]) -> datetime:
    """Return when the run moved traffic last; where a run before gave the share, long ago."""
    times = [datetime.fromisoformat(entry.time) for entry in entries if entry.kind == "traffic_moved"]
    return max(times, default=datetime.fromtimestamp(0, UTC))


def _deliveries(options: Options) -> list[dict[str, Any]]:
    if not all(set(delivery) >= DELIVERY for delivery in options["deliveries"]):
        raise BadInput("deliveries takes the entries of what environment_info returns so.", option="deliveries")
    return list(options["deliveries"])


OPERATION = Operation(name="delivery_approval", options=OPTIONS, run=run)
