"""Schedules in the unix-cron format."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra_sandbox.services.cloud_scheduler.attempts import pause, status_of
from netra_sandbox.services.cloud_scheduler.cron import CronError, parse

UTC_ZONE = ZoneInfo("Etc/UTC")


@pytest.mark.parametrize(
    ("text", "after", "zone", "expected"),
    [
        ("* * * * *", "2026-01-01T00:00:30", "Etc/UTC", "2026-01-01T00:01:00"),
        ("*/15 * * * *", "2026-01-01T00:15:00", "Etc/UTC", "2026-01-01T00:30:00"),
        ("5/20 * * * *", "2026-01-01T00:26:00", "Etc/UTC", "2026-01-01T00:45:00"),
        ("0 9 * * mon-fri", "2026-01-02T10:00:00", "Etc/UTC", "2026-01-05T09:00:00"),
        ("0 0 * * 7", "2026-01-01T00:00:00", "Etc/UTC", "2026-01-04T00:00:00"),
        ("30 4 1,15 * *", "2026-01-02T00:00:00", "Etc/UTC", "2026-01-15T04:30:00"),
        # Both days restricted: either of them.
        ("0 0 13 * fri", "2026-01-10T00:00:00", "Etc/UTC", "2026-01-13T00:00:00"),
        ("0 0 29 feb *", "2026-01-01T00:00:00", "Etc/UTC", "2028-02-29T00:00:00"),
        ("0 8 * * *", "2026-01-01T00:00:00", "Europe/Berlin", "2026-01-01T07:00:00"),
        # Clocks go from 2:00 to 3:00 on 29 March 2026: 2:30 is not there on that day.
        ("30 2 * * *", "2026-03-28T12:00:00", "Europe/Berlin", "2026-03-30T00:30:00"),
    ],
)
def test_is_due_next(text, after, zone, expected):
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert parse(text).after(moment, ZoneInfo(zone)) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 8",
            "*/0 * * * *",
        ),
        *("*/0 * * * *", "5-1 * * * *", "a * * * *", "1,,2 * * * *", "every 5 minutes", "*-3 * * * *", "1.5 * * * *"),
    ],
)
def test_refuses(text):
    with pytest.raises(CronError):
        parse(text)


def test_a_day_that_no_calendar_has_is_never_due():
    assert parse("0 0 31 feb *").after(datetime(2026, 1, 1, tzinfo=UTC), UTC_ZONE) is None


@settings(max_examples=40, deadline=None)
@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.integers(0, 59),
    st.integers(0, 23),
)
def test_a_daily_schedule_is_due_within_a_day(moment, minute, hour):
    found = parse(f"{minute} {hour} * * *").after(moment, UTC_ZONE)
    assert moment < found <= moment + timedelta(days=1)
    assert (found.hour, found.minute, found.second) == (hour, minute, 0)


def test_pauses_double_then_grow_evenly():
    retry = {"minBackoffDuration": "10s", "maxBackoffDuration": "300s", "maxDoublings": 3}
    assert [pause(retry, number) for number in range(1, 9)] == [10, 20, 40, 80, 160, 240, 300, 300]


@pytest.mark.parametrize(
    ("http", "status"),
    [(200, ""), (204, ""), (302, "UNKNOWN"), (403, "PERMISSION_DENIED"), (418, "INVALID_ARGUMENT"), (502, "INTERNAL")],
)
def test_statuses(http, status):
    assert status_of(http) == status
