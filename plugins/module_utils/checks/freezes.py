# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When nothing may be deployed: days around a holiday, each weekend, each night. Pure.

A window begins with `from` and ends before `until`, both in the same form: a moment (`2026-12-20T18:00`), a time of the
week (`fri 18:00`) or a time of the day (`22:00`), by the clock of its time zone. The last two may run over their end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ansible_collections.netra.remediation.plugins.module_utils.checks.shapes import Shape, refuse, refuse_if

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = re.compile(r"(?:(?P<day>mon|tue|wed|thu|fri|sat|sun) )?(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)")
DAY_MINUTES, WEEK_MINUTES = 24 * 60, 7 * 24 * 60
NEEDED = Shape(required=True)
FREEZE = Shape("mapping", keys={"from": NEEDED, "until": NEEDED, "reason": NEEDED, "timezone": Shape()})


def freeze_in_force(contract: Mapping[str, Any], now: datetime) -> dict[str, str] | None:
    """Return the first freeze that covers a moment: its reason, its end, and both in words."""
    for freeze in contract.get("freezes") or ():
        if covers(freeze, now):
            until = f"{freeze['until']} {_zone_name(freeze)}"
            text = f"{freeze['reason']} (until {until})"
            return {"reason": str(freeze["reason"]), "until": until, "text": text}
    return None


def covers(freeze: Mapping[str, Any], now: datetime) -> bool:
    """Say whether a moment lies within a window."""
    zone = _zone(freeze)
    here, begin, end = now.astimezone(zone), str(freeze["from"]), str(freeze["until"])
    if not CLOCK.fullmatch(begin.lower()):
        return _moment(begin, zone) <= now < _moment(end, zone)
    is_weekly = begin[:3].lower() in DAYS
    minute = here.hour * 60 + here.minute + (here.weekday() * DAY_MINUTES if is_weekly else 0)
    first, last = _minutes(begin), _minutes(end)
    return first <= minute < last if first < last else minute >= first or minute < last


def refuse_bad_freezes(contract: Mapping[str, Any]) -> None:
    """Refuse a window whose ends cannot be read or do not fit each other, and a time zone that nobody knows."""
    for index, freeze in enumerate(contract.get("freezes") or ()):
        place = f"remediation_freezes[{index}]"
        try:
            zone = _zone(freeze)
        except (ZoneInfoNotFoundError, ValueError):
            refuse(f"{place}.timezone", f"is {freeze['timezone']!r}, which no time zone is called (as Europe/Berlin)")
        forms = {side: _form(f"{place}.{side}", str(freeze[side]), zone) for side in ("from", "until")}
        mixed = f"is {forms['until']}, and from is {forms['from']}: give both in the same form"
        refuse_if(forms["from"] != forms["until"], f"{place}.until", mixed)
        same = freeze["from"] == freeze["until"]
        ended = forms["from"] == "a moment" and _moment(freeze["until"], zone) <= _moment(freeze["from"], zone)
        refuse_if(same or ended, f"{place}.until", "is not after from, so the window never opens")


def _form(place: str, text: str, zone: tzinfo) -> str:
    found = CLOCK.fullmatch(text.lower())
    if found:
        return "a time of the week" if found["day"] else "a time of the day"
    try:
        _moment(text, zone)
    except ValueError:
        refuse(
            place,
            f"is {text!r}: give a moment (2026-12-20T18:00), a time of the week (fri 18:00) or of the day (22:00)",
        )
    return "a moment"


def _minutes(text: str) -> int:
    found = CLOCK.fullmatch(text.lower())
    if found is None:
        raise ValueError(text)
    day = DAYS.index(found["day"]) if found["day"] else 0
    return day * DAY_MINUTES + int(found["hour"]) * 60 + int(found["minute"])


def _moment(text: Any, zone: tzinfo) -> datetime:
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _zone_name(freeze: Mapping[str, Any]) -> str:
    return str(freeze.get("timezone") or "UTC")


def _zone(freeze: Mapping[str, Any]) -> tzinfo:
    return ZoneInfo(_zone_name(freeze)) if freeze.get("timezone") else UTC
