# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long new revisions are watched: a failure ends it, what Monitoring does not show yet prolongs it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks.delivery_verdict import Answers, Evidence
from ansible_collections.netra.remediation.plugins.module_utils.foundation import clock
from ansible_collections.netra.remediation.plugins.module_utils.operations import delivery_gate
from ansible_collections.netra.remediation.plugins.module_utils.operations.delivery_gate import Watched

GOOD, BAD, FEW = Answers(50, 0), Answers(50, 25), Answers(2, 0)
START = datetime(2026, 6, 1, tzinfo=UTC)


class Time:
    """A clock that only a sleep moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        moved = clock.Clock(lambda: self.seconds, self.sleep)
        monkeypatch.setattr(delivery_gate, "Deadline", lambda seconds: clock.Deadline(seconds, moved))
        monkeypatch.setattr(delivery_gate, "datetime", self)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def now(self, _zone: Any) -> datetime:
        return START + timedelta(seconds=self.seconds)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Callable[..., float]:
    """Return for how many seconds a revision is watched, when what is seen depends on the time."""
    time = Time(monkeypatch)

    def watch(seen: Callable[[float], tuple[Answers, float]], **limits: Any) -> float:
        entry = Watched(
            {"service": "api", "limits": {"watch_seconds": 60, "lag_seconds": 240, **limits}}, "api-2", None
        )

        def look(_session: Any, _pool: Any, _entries: Any, _since: datetime, _until: datetime) -> None:
            answers, newest = seen(time.seconds)
            entry.note(Evidence(new=answers), START + timedelta(seconds=newest))

        monkeypatch.setattr(delivery_gate, "look", look)
        return delivery_gate.watch(None, [entry], START)  # type: ignore[arg-type]

    return watch


def test_what_is_seen_at_once_is_watched_for_as_long_as_asked(watched: Callable[..., float]) -> None:
    assert watched(lambda seconds: (GOOD, seconds)) == 60


def test_a_failure_ends_the_watch_at_once(watched: Callable[..., float]) -> None:
    assert watched(lambda seconds: (BAD if seconds >= 20 else GOOD, seconds)) == 20


def test_a_failure_that_is_only_observed_ends_nothing(watched: Callable[..., float]) -> None:
    assert watched(lambda seconds: (BAD, seconds), observe_only=True) == 60


def test_numbers_that_lag_are_waited_for(watched: Callable[..., float]) -> None:
    """Good numbers of the first seconds say nothing about the last ones; all but a sample of them must be there."""
    assert 150 <= watched(lambda seconds: (GOOD, seconds - 150)) <= 160


def test_too_few_requests_are_waited_for_as_long_as_the_lag(watched: Callable[..., float]) -> None:
    assert watched(lambda seconds: (FEW, seconds)) == 300
    assert watched(lambda seconds: (FEW, seconds), lag_seconds=0) == pytest.approx(60, abs=0.1)


def test_requests_that_come_late_end_the_wait(watched: Callable[..., float]) -> None:
    assert watched(lambda seconds: (GOOD if seconds >= 100 else FEW, seconds)) == 100
