# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When nothing may be deployed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.freezes import covers, freeze_in_force
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

WEEKEND = {"from": "fri 18:00", "until": "mon 08:00", "timezone": "Europe/Berlin", "reason": "the weekend"}
NIGHT = {"from": "22:00", "until": "06:00", "reason": "the night"}
HOLIDAY = {
    "from": "2026-12-20T18:00",
    "until": "2027-01-04T08:00",
    "timezone": "America/New_York",
    "reason": "a holiday",
}


@pytest.mark.parametrize(
    ("freeze", "now", "frozen"),
    [
        pytest.param(WEEKEND, "2026-07-03T15:59", False, id="friday 17:59 in Berlin's summer"),
        pytest.param(WEEKEND, "2026-07-03T16:00", True, id="friday 18:00 in Berlin's summer"),
        pytest.param(WEEKEND, "2026-12-04T16:00", False, id="friday 17:00 in Berlin's winter"),
        pytest.param(WEEKEND, "2026-12-06T12:00", True, id="sunday"),
        pytest.param(WEEKEND, "2026-12-07T06:59", True, id="monday 07:59"),
        pytest.param(WEEKEND, "2026-12-07T07:00", False, id="monday 08:00"),
        pytest.param(NIGHT, "2026-12-07T21:59", False, id="before the night"),
        pytest.param(NIGHT, "2026-12-07T23:30", True, id="before midnight"),
        pytest.param(NIGHT, "2026-12-07T05:59", True, id="after midnight"),
        pytest.param(NIGHT, "2026-12-07T06:00", False, id="in the morning"),
        pytest.param({**NIGHT, "from": "00:00", "until": "06:00"}, "2026-12-07T00:00", True, id="within a day"),
        pytest.param(HOLIDAY, "2026-12-20T22:59", False, id="an hour before, as New York is behind"),
        pytest.param(HOLIDAY, "2026-12-20T23:00", True, id="when it begins"),
        pytest.param(HOLIDAY, "2027-01-04T13:00", False, id="when it ends"),
        pytest.param(
            {**HOLIDAY, "until": "2026-12-20T20:00-05:00"}, "2026-12-21T00:59", True, id="an offset of its own"
        ),
    ],
)
def test_a_window(freeze: dict[str, str], now: str, frozen: bool) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert covers(freeze, moment) is frozen
    assert (freeze_in_force({"freezes": [freeze]}, moment) is not None) is frozen


def test_the_reason_and_the_end_are_told() -> None:
    found = freeze_in_force({"freezes": [NIGHT, WEEKEND]}, datetime(2026, 12, 6, 12, tzinfo=UTC))
    assert found is not None
    assert found["text"] == "the weekend (until mon 08:00 Europe/Berlin)"


CLOCKS = st.tuples(st.sampled_from(["mon", "wed", "sun"]), st.integers(0, 23), st.integers(0, 59)).map(
    lambda parts: f"{parts[0]} {parts[1]:02}:{parts[2]:02}"
)


@given(CLOCKS, CLOCKS, st.integers(0, 7 * 24 * 60 - 1))
def test_a_window_and_the_rest_of_the_week_share_no_minute(begin: str, end: str, minute: int) -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(minutes=minute)
    window = {"from": begin, "until": end, "reason": "r"}
    if begin != end:
        assert covers(window, now) is not covers({**window, "from": end, "until": begin}, now)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"from": "friday 18:00"}, "remediation_freezes[0].from is 'friday 18:00': give a moment"),
        ({"until": "25:00"}, "remediation_freezes[0].until is '25:00'"),
        ({"until": "08:00"}, "remediation_freezes[0].until is a time of the day, and from is a time of the week"),
        ({"until": "fri 18:00"}, "remediation_freezes[0].until is not after from"),
        ({"from": "2026-12-20", "until": "2026-12-19"}, "remediation_freezes[0].until is not after from"),
        ({"timezone": "Berlin"}, "remediation_freezes[0].timezone is 'Berlin'"),
        ({"timezone": "../etc/passwd"}, "remediation_freezes[0].timezone is '../etc/passwd'"),
        ({"reason": None}, "remediation_freezes[0].reason is missing"),
        ({"to": "x"}, "remediation_freezes[0].to is not known"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadInput) as refused:
        checked({"services": [{"name": "api", "image": "i"}], "freezes": [{**WEEKEND, **change}]})
    assert complaint in refused.value.message
