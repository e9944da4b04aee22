"""The unix-cron format: when a schedule is due next; pure.

https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MONTHS = {
    **{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6},
    **{"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12},
}
_DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_FIELDS: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_SUNDAY = 7
_MOST_DAYS = 366 * 9  # a schedule for 29 February waits eight years at most


class CronError(ValueError):
    """A schedule that cannot be read."""


@dataclass(frozen=True)
class Schedule:
    """The values of each field; a day matches by either of its two fields when both are restricted."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def on(self, day: date) -> bool:
        """Tell whether a day matches."""
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (in_month or in_week) if self.either_day else (in_month and in_week)

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the first time after a moment, in UTC; None for a day that no calendar has.

        An hour that a change of the clocks leaves out is left out; one that comes twice counts once.
        """
        local = moment.astimezone(zone)
        for offset in range(_MOST_DAYS):
            day = local.date() + timedelta(days=offset)
            if not self.on(day):
                continue
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    found = datetime.combine(day, time(hour, minute), zone).astimezone(UTC)
                    exists = found.astimezone(zone).time() == time(hour, minute)
                    if exists and found > moment:
                        return found
        return None


def parse(text: str) -> Schedule:
    """Read five fields of unix-cron; raise CronError for anything else."""
    parts = text.lower().split()
    if len(parts) != len(_FIELDS):
        raise CronError(f"a schedule has five fields: {text}")
    minutes, hours, days, months, weekdays = (_values(part, *field) for part, field in zip(parts, _FIELDS, strict=True))
    restricted = not parts[2].startswith("*") and not parts[4].startswith("*")
    weekdays = frozenset(0 if day == _SUNDAY else day for day in weekdays)
    return Schedule(minutes, hours, days, months, weekdays, restricted)


def _values(part: str, name: str, low: int, high: int, names: Mapping[str, int]) -> frozenset[int]:
    found: set[int] = set()
    for piece in part.split(","):
        span, slash, step = piece.partition("/")
        if slash and (not step.isdigit() or not int(step)):
            raise CronError(f"{piece} is no step of a {name}")
        if span == "*":
            first, last = low, high
        else:
            start, dash, stop = span.partition("-")
            first = _value(start, name, low, high, names)
            last = _value(stop, name, low, high, names) if dash else (high if slash else first)
        if first > last:
            raise CronError(f"{piece} is no range of a {name}")
        found.update(range(first, last + 1, int(step or 1)))
    return frozenset(found)


def _value(text: str, name: str, low: int, high: int, names: Mapping[str, int]) -> int:
    number = names.get(text, int(text) if text.isdigit() else -1)
    if not low <= number <= high:
        raise CronError(f"{text} is no {name}")
    return number
