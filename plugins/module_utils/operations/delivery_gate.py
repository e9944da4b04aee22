# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watch what users get from a new revision, and say whether it may have more of them.

A failure ends the watch at once, since waiting makes no failure better. What is still open at its end waits for
numbers that Monitoring has not shown yet, as long as `lag_seconds` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from ansible_collections.netra.remediation.plugins.module_utils.checks.delivery_verdict import (
    DEFAULTS,
    Answers,
    Evidence,
    judged,
)
from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch as run_watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline, poll
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    ApiError,
    BadInput,
    RemediationError,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.record import gates
from ansible_collections.netra.remediation.plugins.module_utils.resources import (
    cloud_logging,
    cloud_run_traffic,
    error_reporting,
    monitoring,
    traffic_steps,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_services import read_service

T = TypeVar("T")
AT_ONCE = 16
LONGEST_PAUSE = 10.0
PATIENCE_SECONDS = 15.0  # the next look asks anew
LIMITS: dict[str, dict[str, Any]] = {
    "min_requests": {"type": "int"},
    "max_error_percent": {"type": "float"},
    "max_error_percent_above_old": {"type": "float"},
    "max_latency_seconds": {"type": "float"},
    "max_latency_ratio": {"type": "float"},
    "latency_percentile": {"type": "float"},
    "max_new_error_groups": {"type": "int"},
    "log_patterns": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "filter": {"type": "str", "required": True},
            "at_most": {"type": "int", "default": 0},
        },
    },
    "lag_seconds": {"type": "float"},
    "watch_seconds": {"type": "float"},
    "accept_inconclusive": {"type": "str"},
    "observe_only": {"type": "bool"},
}
TARGET: dict[str, dict[str, Any]] = {
    "service": {"type": "str", "required": True},
    "revision": {"type": "str"},
    "old_revision": {"type": "str"},
    "percent": {"type": "int"},
    "limits": {"type": "dict", "options": LIMITS, "default": {}},
}
OPTIONS: dict[str, dict[str, Any]] = {
    "targets": {"type": "list", "elements": "dict", "options": TARGET, "required": True},
    "look_back_seconds": {"type": "float", "default": 0.0},
    "fail_when_red": {"type": "bool", "default": True},
}


class Watched:
    """One revision under watch: its limits, and what was seen of it last."""

    def __init__(self, target: Mapping[str, Any], revision: str, old: str | None) -> None:
        self.service: str = target["service"]
        self.revision, self.old = revision, old
        given = {name: value for name, value in target["limits"].items() if value is not None}
        self.limits: dict[str, Any] = {**DEFAULTS, **given}
        self.title = self.revision + (f" at {target['percent']} %" if target.get("percent") else "")
        self.evidence = Evidence()
        self.gates: list[gates.Gate] = []
        self.newest: datetime | None = None

    def asks_for(self, *limits: str) -> bool:
        """Say whether one of these limits is set."""
        return any(self.limits.get(limit) is not None for limit in limits)

    def note(self, evidence: Evidence, newest: datetime | None) -> None:
        """Judge what was seen."""
        self.evidence, self.newest = evidence, newest
        self.gates = judged(self.title, evidence, self.limits)

    def has_failed(self) -> bool:
        """Say whether the watch may end, because it stops the run whatever comes."""
        return any(gate.verdict == gates.FAIL for gate in gates.stopping(self.gates))

    def is_settled(self, end: datetime) -> bool:
        """Say whether every question is answered, by numbers that reach to the end of the watch."""
        reaches = self.newest is not None and self.newest >= end - timedelta(seconds=monitoring.SAMPLE_SECONDS)
        return reaches and all(gate.verdict != gates.INCONCLUSIVE for gate in self.gates)

    def as_dict(self) -> dict[str, Any]:
        """Return what a task registers."""
        sides = {"new": self.evidence.new, "old": self.evidence.old}
        shown = {
            side: {**vars(answers), "error_percent": answers.error_percent}
            for side, answers in sides.items()
            if answers
        }
        verdict = gates.overall([replace(gate, waived="") for gate in self.gates])
        stops = bool(gates.stopping(self.gates))
        return {"service": self.service, "revision": self.revision, "verdict": verdict, "stops": stops, **shown}


def run(options: Options, _check_mode: bool) -> Result:
    """Watch all revisions at once; check mode does so too, because nothing changes by it."""
    if not options["targets"]:
        raise BadInput("targets is empty: nothing would be proved by that.", option="targets")
    session = Session(options, patience=PATIENCE_SECONDS)
    session.sign_in()
    watched = [Watched(target, *revisions_of(session, target)) for target in options["targets"]]
    since = datetime.now(UTC) - timedelta(seconds=options["look_back_seconds"])
    seconds = watch(session, watched, since)
    every = [gate for entry in watched for gate in entry.gates]
    result = {
        "changed": False,
        "gates": [gate.as_dict() for gate in every],
        "verdict": gates.overall(every),
        "stops": bool(gates.stopping(every)),
        "targets": [entry.as_dict() for entry in watched],
        "watched_seconds": round(seconds, 1),
    }
    if result["stops"] and options["fail_when_red"]:
        raise RemediationError(
            f"The new revision may not have more users. {'; '.join(gates.reasons(every))}.", **result
        )
    return result


def revisions_of(session: Session, target: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return the new revision and the old one as given; else what the traffic moves to, and what serves beside it."""
    if target.get("revision"):
        return target["revision"], target.get("old_revision")
    service = read_service(session, target["service"])
    shares = cloud_run_traffic.serving(service or {})
    step = traffic_steps.unfinished(service or {})
    by_share = sorted(shares, key=lambda revision: (shares[revision], revision))
    if service is None or not by_share:
        raise BadInput(f"Service {target['service']} has no revision that serves.", option="targets.service")
    new = step.to if step else by_share[-1]
    beside = [revision for revision in by_share if revision != new]
    return new, target.get("old_revision") or (beside[-1] if beside else None)


def watch(session: Session, watched: list[Watched], since: datetime) -> float:
    """Look again and again until all is said, and return the seconds that took."""
    seconds = max(float(entry.limits["watch_seconds"]) for entry in watched)
    deadline = Deadline(seconds)
    patience = Deadline(seconds + max(float(entry.limits["lag_seconds"]) for entry in watched))
    pause = min(LONGEST_PAUSE, max(1.0, seconds / 6))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _look in poll(patience, pause, factor=1.0, maximum=pause):
            until = datetime.now(UTC)
            look(session, pool, watched, since, until)
            if any(entry.has_failed() for entry in watched):
                break
            run_watch.heed(f"watch {', '.join(entry.title for entry in watched)}")
            end = until - timedelta(seconds=max(0.0, deadline.elapsed() - seconds))
            if deadline.expired and all(entry.is_settled(end) for entry in watched):
                break
    return deadline.elapsed()


def look(session: Session, pool: ThreadPoolExecutor, watched: list[Watched], since: datetime, until: datetime) -> None:
    """Read everything at the same time and judge it; what cannot be read is an open question."""
    revisions = [name for entry in watched for name in (entry.revision, entry.old) if name]
    latencies = any(entry.asks_for("max_latency_seconds", "max_latency_ratio") for entry in watched)
    asked = Answered()
    counting = pool.submit(
        asked.ask, "requests", lambda: monitoring.served(session, revisions, since, until, latencies=latencies)
    )
    others = list(pool.map(lambda entry: errors_and_lines(session, entry, since), watched))
    served: dict[str, monitoring.Served] | None = counting.result()
    for entry, found in zip(watched, others, strict=True):
        percent = float(entry.limits["latency_percentile"])
        new = _answers(served[entry.revision], percent) if served else None
        old = _answers(served[entry.old], percent) if served and entry.old else None
        evidence = replace(found, new=new, old=old, unread={**asked.unread, **found.unread})
        entry.note(evidence, served[entry.revision].newest if served else None)


def errors_and_lines(session: Session, entry: Watched, since: datetime) -> Evidence:
    """Return the new kinds of errors of a revision, and how many lines of its log each pattern lets through."""
    asked, groups = Answered(), None
    lines: dict[str, int] = {}
    if entry.asks_for("max_new_error_groups"):
        groups = asked.ask("error_groups", lambda: error_reporting.new_groups(session, entry.service, entry.revision))
    for pattern in entry.limits["log_patterns"]:
        most = int(pattern.get("at_most") or 0) + 1
        count = asked.ask(
            pattern["name"], partial(cloud_logging.count_lines, session, entry.revision, pattern["filter"], since, most)
        )
        lines |= {} if count is None else {pattern["name"]: count}
    return Evidence(error_groups=None if groups is None else tuple(groups), log_lines=lines, unread=asked.unread)


class Answered:
    """Ask, and keep what kept others from answering."""

    def __init__(self) -> None:
        self.unread: dict[str, str] = {}

    def ask(self, source: str, read: Callable[[], T]) -> T | None:
        """Return what was read; None where an API refused, with its words in ``unread``."""
        try:
            return read()
        except ApiError as error:
            self.unread[source] = error.message
            return None


def _answers(served: monitoring.Served, percent: float) -> Answers:
    return Answers(served.requests, served.failed, served.latency_seconds(percent))


OPERATION = Operation(name="delivery_gate", options=OPTIONS, run=run)
