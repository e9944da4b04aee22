# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Before which moves a person is asked, and what is watched meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.delivery_plan import deliveries
from ansible_collections.netra.remediation.plugins.module_utils.checks.delivery_questions import (
    moved_wholly,
    question_at,
    targets_under_watch,
)
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry

RUN = "20250923T101500Z-3fa29c"
ASKING = {"percent": 50, "approval": True}
LAST = {"percent": 100, "approval": True, "approval_seconds": 60, "approval_overrun": "roll_back"}


def plans(**steps: list[Any]) -> list[dict[str, Any]]:
    """Return the deliveries of services with these steps."""
    services = [{"name": name, "image": "i", "traffic_steps": each} for name, each in steps.items()]
    return list(deliveries(checked({"services": services})).values())


@pytest.mark.parametrize(
    ("shares", "step", "moves"),
    [
        ({"api": 0}, 0, None),  # the first step asks nobody
        ({"api": 10}, 1, ("api:50",)),
        ({"api": 50}, 1, None),  # it has that share already
        ({"api": 50}, 2, None),  # there is no third step before the whole
        ({"api": 50}, None, ("api:100",)),
        ({"api": 10, "web": 20}, 1, ("api:50", "web:50")),
        ({"web": 20}, 1, ("web:50",)),
        ({}, 1, None),  # nothing is deployed
    ],
)
def test_a_person_is_asked_before_the_step_that_says_so(shares: dict[str, int], step: int | None, moves: Any) -> None:
    found = question_at(RUN, plans(api=[10, ASKING, LAST], web=[20, ASKING, 100]), shares, step)
    assert (found.moves if found else None) == moves


def test_one_question_has_the_shortest_time_and_the_strictest_end() -> None:
    found = question_at(RUN, plans(api=[LAST], web=[{"percent": 100, "approval": True}]), {"api": 0, "web": 0}, None)
    assert found is not None
    assert (found.moves, found.seconds, found.overrun) == (("api:100", "web:100"), 60, "roll_back")


@pytest.mark.parametrize(
    ("shares", "moved", "watched"),
    [
        ({"api": 0}, {}, []),
        ({"api": 10}, {}, [("api", 10)]),
        ({"api": 60}, {}, [("api", 60)]),  # more than the step, such as from a run before
        ({"api": 10}, {"web": "web-2"}, [("api", 10), ("web", 100)]),
        ({"api": 10}, {"plain": "plain-2"}, [("api", 10)]),  # without a gate there is nothing to hold it against
    ],
)
def test_what_has_users_by_this_run_is_watched(shares: dict[str, int], moved: dict[str, str], watched: Any) -> None:
    every = plans(api=[10, ASKING, LAST], web=[20, 100], plain=[100])
    assert [(each["service"], each["percent"]) for each in targets_under_watch(every, shares, moved)] == watched


def test_what_a_run_moved_wholly_is_on_record() -> None:
    said = [
        ("traffic_moved", {"service": "auth", "to": "auth-2", "percent": None}),
        ("traffic_moved", {"service": "api", "to": "api-2", "percent": 10}),
        ("traffic_moved", {"service": "web", "to": "web-2"}),
        ("rolled_back", {"service": "web", "revision": "web-1"}),
    ]
    assert moved_wholly(Entry(0, "", kind, body, "", "") for kind, body in said) == {"auth": "auth-2"}
