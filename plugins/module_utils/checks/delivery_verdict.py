# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge by numbers whether users may get more of a new revision. Pure.

A failure needs evidence too, with one exception: what cannot become right even if every request that is still missing
succeeds has failed already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.record.gates import (
    DELIVERY,
    FAIL,
    INCONCLUSIVE,
    PASS,
    Gate,
)

DEFAULTS: Mapping[str, Any] = {
    "min_requests": 20,
    "max_error_percent": 1,
    "latency_percentile": 95,
    "lag_seconds": 240,
    "watch_seconds": 60,
    "observe_only": False,
    "log_patterns": (),
}
WHOLE = 100


@dataclass(frozen=True)
class Answers:
    """What users got from one revision: requests, of which failed, and the percentile of the latency asked for."""

    requests: int = 0
    failed: int = 0
    latency_seconds: float | None = None

    @property
    def error_percent(self) -> float | None:
        """Return which part failed, None where there was no request."""
        return WHOLE * self.failed / self.requests if self.requests else None


@dataclass(frozen=True)
class Evidence:
    """All that is known of a new revision, and of the old one beside it; None where nobody could read it.

    ``unread`` says why, by source: requests, error_groups, or the name of a log pattern.
    """

    new: Answers | None = None
    old: Answers | None = None
    error_groups: tuple[str, ...] | None = None
    log_lines: Mapping[str, int] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)


def judged(name: str, evidence: Evidence, limits: Mapping[str, Any]) -> list[Gate]:
    """Return a gate per limit; ``limits`` are complete (``DEFAULTS``), a limit that is missing is not asked for."""
    waived = "it is only observed" if limits["observe_only"] else ""
    return [
        replace(gate, scope=DELIVERY, waived=waived or _pardon(gate, limits.get("accept_inconclusive")))
        for gate in _gates(name, evidence, limits)
    ]


def _pardon(gate: Gate, accepted: str | None) -> str:
    return f"an open question is accepted here: {accepted}" if accepted and gate.verdict == INCONCLUSIVE else ""


def _gates(name: str, evidence: Evidence, limits: Mapping[str, Any]) -> Iterator[Gate]:
    yield _errors(name, evidence, limits)
    if limits.get("max_error_percent_above_old") is not None and evidence.old is not None:
        yield _errors_beside(name, evidence, limits)
    if limits.get("max_latency_seconds") is not None:
        yield _latency(name, evidence, limits)
    if limits.get("max_latency_ratio") is not None and evidence.old is not None:
        yield _latency_beside(name, evidence, limits)
    if limits.get("max_new_error_groups") is not None:
        yield _error_groups(name, evidence, limits)
    for pattern in limits["log_patterns"]:
        yield _log_lines(name, evidence, pattern)


def _errors(name: str, evidence: Evidence, limits: Mapping[str, Any]) -> Gate:
    title, limit, needed = f"{name}: error rate", float(limits["max_error_percent"]), int(limits["min_requests"])
    new = evidence.new
    if new is None:
        return Gate(title, INCONCLUSIVE, None, limit, "percent", _unread(evidence, "requests"))
    surely_too_many = WHOLE * new.failed > limit * max(new.requests, needed)
    verdict = FAIL if surely_too_many else PASS if new.requests >= max(needed, 1) else INCONCLUSIVE
    reason = f"{new.failed} of {new.requests} requests failed{_percent(new)}, at most {limit:g} % may"
    return Gate(title, verdict, new.error_percent, limit, "percent", reason + _needed(verdict, needed))


def _errors_beside(name: str, evidence: Evidence, limits: Mapping[str, Any]) -> Gate:
    title, limit = f"{name}: error rate beside the old revision", float(limits["max_error_percent_above_old"])
    new, old, open_question = _both(evidence, limits)
    if open_question or new.error_percent is None or old.error_percent is None:
        return Gate(title, INCONCLUSIVE, None, limit, "percent", open_question or "nothing was answered")
    above = new.error_percent - old.error_percent
    reason = (
        f"{new.failed} of {new.requests} requests failed{_percent(new)}, of the old revision {old.failed} of "
        f"{old.requests}{_percent(old)}; it may be at most {limit:g} points more"
    )
    return Gate(title, FAIL if above > limit else PASS, above, limit, "percent", reason)


def _latency(name: str, evidence: Evidence, limits: Mapping[str, Any]) -> Gate:
    percent, limit, needed = limits["latency_percentile"], float(limits["max_latency_seconds"]), limits["min_requests"]
    title, new = f"{name}: latency", evidence.new
    if new is None:
        return Gate(title, INCONCLUSIVE, None, limit, "seconds", _unread(evidence, "requests"))
    if new.latency_seconds is None:
        return Gate(
            title, INCONCLUSIVE, None, limit, "seconds", f"no request was answered{_needed(INCONCLUSIVE, needed)}"
        )
    is_enough = new.requests >= int(needed)
    verdict = INCONCLUSIVE if not is_enough else PASS if new.latency_seconds <= limit else FAIL
    reason = (
        f"{percent:g} % of {new.requests} requests took up to {new.latency_seconds:.3g} s, the limit is {limit:g} s"
    )
    return Gate(title, verdict, new.latency_seconds, limit, "seconds", reason + _needed(verdict, needed))


def _latency_beside(name: str, evidence: Evidence, limits: Mapping[str, Any]) -> Gate:
    title, limit = f"{name}: latency beside the old revision", float(limits["max_latency_ratio"])
    new, old, open_question = _both(evidence, limits)
    if open_question or new.latency_seconds is None or not old.latency_seconds:
        return Gate(title, INCONCLUSIVE, None, limit, "times", open_question or "the old revision has no latency")
    ratio = new.latency_seconds / old.latency_seconds
    reason = (
        f"{limits['latency_percentile']:g} % of the requests took up to {new.latency_seconds:.3g} s, of the old "
        f"revision up to {old.latency_seconds:.3g} s; it may take at most {limit:g} times as long"
    )
    return Gate(title, FAIL if ratio > limit else PASS, ratio, limit, "times", reason)


def _error_groups(name: str, evidence: Evidence, limits: Mapping[str, Any]) -> Gate:
    title, limit, found = f"{name}: new kinds of errors", float(limits["max_new_error_groups"]), evidence.error_groups
    if found is None:
        return Gate(title, INCONCLUSIVE, None, limit, "error groups", _unread(evidence, "error_groups"))
    told = f"this revision was the first to report {len(found)}: {'; '.join(found[:3])}" if found else "none"
    return Gate(title, FAIL if len(found) > limit else PASS, float(len(found)), limit, "error groups", told)


def _log_lines(name: str, evidence: Evidence, pattern: Mapping[str, Any]) -> Gate:
    title, limit = f"{name}: log lines of {pattern['name']}", float(pattern.get("at_most") or 0)
    count = evidence.log_lines.get(pattern["name"])
    if count is None:
        return Gate(title, INCONCLUSIVE, None, limit, "lines", _unread(evidence, pattern["name"]))
    # One more than the limit is read, not all.
    told = f"{'more than ' if count > limit else ''}{min(count, limit):g}, at most {limit:g} may be there"
    return Gate(title, FAIL if count > limit else PASS, float(count), limit, "lines", told)


def _both(evidence: Evidence, limits: Mapping[str, Any]) -> tuple[Answers, Answers, str]:
    """Return both revisions' answers, and why they cannot be compared; empty where they can."""
    needed, new, old = int(limits["min_requests"]), evidence.new, evidence.old
    if new is None or old is None:
        return Answers(), Answers(), _unread(evidence, "requests")
    fewest = min(new.requests, old.requests)
    told = f"there were {new.requests} requests, to the old revision {old.requests}; both need {needed}"
    return new, old, told if fewest < max(needed, 1) else ""


def _needed(verdict: str, needed: Any) -> str:
    return f"; {needed} requests are needed to judge" if verdict == INCONCLUSIVE else ""


def _percent(answers: Answers) -> str:
    return "" if answers.error_percent is None else f" ({answers.error_percent:.3g} %)"


def _unread(evidence: Evidence, source: str) -> str:
    return evidence.unread.get(source) or "nobody measured"
