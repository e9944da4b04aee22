# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a game is worth, and which one a seed chooses."""

from __future__ import annotations

import pytest

from netra_sandbox.game_day import scoring
from netra_sandbox.scenarios import files


@pytest.mark.parametrize(
    ("seconds", "hints", "expected"),
    [(0, 0, 100), (59.9, 0, 100), (60, 0, 99), (600, 0, 90), (0, 3, 70), (125, 2, 78), (0, 11, 0), (1e6, 0, 0)],
)
def test_hints_and_minutes_cost(seconds, hints, expected):
    assert scoring.points(seconds, hints) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(3.7, "3 s"), (60, "1 min 0 s"), (3725, "62 min 5 s")])
def test_a_duration_is_written_for_people(seconds, expected):
    assert scoring.duration(seconds) == expected


def test_a_seed_chooses_a_broken_scenario_and_always_the_same():
    names = files.names()
    chosen = [scoring.choose(names, seed) for seed in range(200)]
    assert chosen == [scoring.choose(names[::-1], seed) for seed in range(200)]
    assert set(chosen) == set(names) - {"healthy", "empty"}
