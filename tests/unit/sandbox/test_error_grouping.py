"""Which errors are of one kind, and when they occurred."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra_sandbox.services.error_reporting.grouping import group_of, has_stack, timed_counts

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def trace(line=3, function="load", kind="KeyError", words="'a'"):
    return (
        f'Traceback (most recent call last):\n  File "/app/main.py", line {line}, in {function}\n    x\n{kind}: {words}'
    )


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (trace(), trace(line=99), True),
        (trace(), trace(words="'b'"), True),
        (trace(), trace(kind="ValueError"), False),
        (trace(), trace(function="save"), False),
        (trace(kind="ImportError", words="a"), trace(kind="ImportError", words="b"), False),
        (
            f"{trace()}\n\nDuring handling of the above exception:\n\n{trace(kind='OSError')}",
            trace(kind="OSError"),
            True,
        ),
        ("request 17 failed", "request 18 failed", True),
        ("request failed", "answer failed", False),
        ("", "", True),
    ],
)
def test_groups(left, right, same):
    assert (group_of(left) == group_of(right)) is same


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (trace(), True),
        ("Error: x\n    at f (a.js:1:2)", True),
        ("panic: x\n\ngoroutine 1 [running]:", True),
        ("x", False),
    ],
)
def test_stacks_are_recognised(message, expected):
    assert has_stack(message) is expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3600), max_size=30), st.integers(60, 3600), st.booleans())
def test_every_error_is_counted_once_in_its_window(seconds, length, rounded):
    times = [BEGIN + timedelta(seconds=second) for second in seconds]
    end, duration = BEGIN + timedelta(hours=1), timedelta(seconds=length)
    windows = timed_counts(times, BEGIN, end, duration, rounded=rounded)
    assert sum(count for _, _, count in windows) == len(times)
    assert all(closed - opened == duration for opened, closed, _ in windows)
    assert windows == sorted(windows)
    for opened, closed, count in windows:
        assert sum(opened < moment <= closed for moment in times) == count or rounded
