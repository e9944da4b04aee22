# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Clock, Deadline, pause, poll


class FakeTime:
    """A clock that sleeping moves."""

    def __init__(self):
        self.time = 100.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += seconds

    @property
    def clock(self):
        return Clock(now=lambda: self.time, sleep=self.sleep)


def test_deadline_counts_down_and_stops_at_zero():
    fake = FakeTime()
    deadline = Deadline(5, fake.clock)
    fake.time += 3
    assert deadline.remaining() == 2
    assert not deadline.expired
    fake.time += 3
    assert deadline.remaining() == 0
    assert deadline.expired


def test_pause_never_sleeps_past_the_deadline():
    fake = FakeTime()
    pause(Deadline(1, fake.clock), 60)
    assert fake.slept == [1]


def test_poll_looks_once_without_time_and_once_more_at_the_end():
    assert list(poll(Deadline(0, FakeTime().clock))) == [1]
    fake = FakeTime()
    attempts = list(poll(Deadline(1, fake.clock), 0.25, factor=1.0))
    assert attempts == [1, 2, 3, 4, 5]
    assert sum(fake.slept) == 1


def test_poll_grows_its_pauses_up_to_the_maximum():
    fake = FakeTime()
    list(itertools.islice(poll(Deadline(100, fake.clock), 0.1, factor=2.0, maximum=0.5), 6))
    assert fake.slept == [0.1, 0.2, 0.4, 0.5, 0.5]
