# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may take a lock: only by rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.record.run_lock import (
    ENDED,
    FREE,
    HELD,
    MINE,
    holder_of,
    standing,
)

LOCK = {"run": "theirs", "valid_seconds": 600, "user": "ada", "host": "runner-1", "playbook": "remediate", "job": None}


@pytest.mark.parametrize(
    ("lock", "age", "is_gone", "take_over", "expected"),
    [
        (None, 0.0, False, None, FREE),
        ({**LOCK, "run": "ours"}, 9999.0, True, None, MINE),
        (LOCK, 0.0, False, None, HELD),
        (LOCK, 600.0, False, None, HELD),
        (LOCK, 600.1, False, None, ENDED),
        (LOCK, 0.0, True, None, ENDED),
        (LOCK, 0.0, False, "theirs", ENDED),
        (LOCK, 0.0, False, "another", HELD),
        (LOCK, 0.0, False, "", HELD),
    ],
)
def test_a_lock_is_judged(lock, age, is_gone, take_over, expected) -> None:
    judged = standing(lock, run="ours", age_seconds=age, is_gone=is_gone, take_over=take_over)
    assert judged.state == expected
    assert bool(judged.reason) == (expected == ENDED)


@given(st.floats(0, 600), st.text(max_size=10).filter(lambda name: name != "theirs"))
def test_nothing_but_a_rule_ends_a_lock(age: float, take_over: str) -> None:
    assert standing(LOCK, run="ours", age_seconds=age, is_gone=False, take_over=take_over).state == HELD


@pytest.mark.parametrize(
    ("job", "age", "expected"),
    [
        (None, 12.0, "run theirs of ada on runner-1 (remediate), last heard of 12 s ago"),
        (
            "417",
            1500.0,
            "run theirs of ada on runner-1, job 417 (remediate), since 2025-09-23T10:15:00Z, last heard of 25 min ago",
        ),
    ],
)
def test_a_holder_is_told(job: str | None, age: float, expected: str) -> None:
    since = {"since": "2025-09-23T10:15:00.123Z"} if job else {}
    assert holder_of({**LOCK, "job": job, **since}, age) == expected
