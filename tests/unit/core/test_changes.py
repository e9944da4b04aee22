# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import (
    Change,
    agrees,
    change_of,
    closest,
    differences,
    from_dict,
    is_as_planned,
    is_known,
    known_after,
    place_of,
    value_after,
)

UNKNOWN = known_after("the build")
LEAVES = st.none() | st.booleans() | st.integers() | st.text(alphabet="ab:/.@", max_size=6)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_agrees_with_itself_and_with_what_nobody_knew(value: Any) -> None:
    assert is_known(value)
    assert agrees(value, value)
    assert agrees(UNKNOWN, value) is (value is not None)


@given(VALUES, VALUES)
def test_of_two_known_values_only_equal_ones_agree(one: Any, other: Any) -> None:
    assert agrees(one, other) == (one == other)


@pytest.mark.parametrize(
    ("planned", "now", "agree"),
    [
        (f"registry/app@{UNKNOWN}", "registry/app@sha256:12", True),
        (f"registry/app@{UNKNOWN}", "registry/other@sha256:12", False),
        (f"redis://{UNKNOWN}:{known_after('x y')}/0", "redis://10.0.0.3:6379/0", True),
        (f"redis://{UNKNOWN}:6379", "redis://10.0.0.3:6380", False),
        (f"a.c{UNKNOWN}", "abc1", False),  # what stands around it is meant word for word
        ([f"{UNKNOWN}"], ["a", "b"], False),
        ({"host": UNKNOWN, "tier": "BASIC"}, {"host": "h", "tier": "STANDARD_HA"}, False),
        ({"host": UNKNOWN}, {"port": 1}, False),
        ("10.0.0.3", UNKNOWN, False),  # what was known once is not unknown now
        (UNKNOWN, UNKNOWN, True),
        (UNKNOWN, None, False),  # it was to have some value
        (True, 1, True),
        ([{"r": UNKNOWN, "p": 10}, {"r": "a", "p": 90}], [{"r": "a", "p": 90}, {"r": "b", "p": 10}], True),
        ([{"r": UNKNOWN, "p": 10}, {"r": "a", "p": 90}], [{"r": "a", "p": 80}, {"r": "b", "p": 20}], False),
        ([{"r": "b", "p": 10}, {"r": "a", "p": 90}], [{"r": "a", "p": 90}, {"r": "b", "p": 10}], False),
        (UNKNOWN, "two\nlines", True),
    ],
)
def test_what_is_unknown_stands_for_any_text(planned: Any, now: Any, agree: bool) -> None:
    assert agrees(planned, now) is agree


def test_each_key_of_a_mapping_is_a_field_and_what_is_empty_is_none() -> None:
    change = change_of(
        "service a",
        "update",
        {"env": {"A": "1", "B": "2"}, "cpu": "1", "labels": {}},
        {"env": {"A": "1"}, "cpu": "2"},
        "e",
    )
    assert change.fields == {"cpu": {"before": "1", "after": "2"}, "env.B": {"before": "2", "after": None}}
    assert from_dict(change.as_dict()) == change


PLANNED = Change(
    "service a", "update", {"image": {"before": "i@1", "after": f"i@{UNKNOWN}"}, "cpu": {"before": "1", "after": "2"}}
)


@pytest.mark.parametrize(
    ("fields", "action", "told"),
    [
        ({"image": {"before": "i@1", "after": "i@2"}, "cpu": {"before": "1", "after": "2"}}, "update", []),
        # The build gave the same image again, so the field stays.
        ({"cpu": {"before": "1", "after": "2"}}, "update", []),
        ({"image": {"before": "i@1", "after": "i@2"}}, "update", ["cpu (planned 1 to 2; now it stays)"]),
        (
            {"image": {"before": "i@0", "after": "i@2"}, "cpu": {"before": "1", "after": "2"}}, "update",
            [f"image (planned i@1 to i@{UNKNOWN}; now i@0 to i@2)"],
        ),
        (
            {**PLANNED.fields, "env.X": {"before": None, "after": "y"}}, "update",
            ["env.X (planned it stays; now nothing to y)"],
        ),
        (dict(PLANNED.fields), "create", ["it was to update it and would now create it"]),
    ],
)  # fmt: skip
def test_what_is_not_as_planned_is_named(fields: dict[str, Any], action: str, told: list[str]) -> None:
    now = Change("service a", action, fields)
    assert differences(PLANNED, now) == told
    assert is_as_planned(PLANNED, now) is (told == [])


def test_what_was_to_be_made_may_be_there_already() -> None:
    planned = change_of("terraform r.a", "create", {}, {"tier": "BASIC"})
    assert is_as_planned(planned, change_of("terraform r.a", "import", {}, {}))
    assert not is_as_planned(planned, change_of("terraform r.a", "import", {"tier": "HA"}, {"tier": "BASIC"}))
    assert not is_as_planned(change_of("terraform r.a", "import", {}, {}), planned)
    made = change_of("job a", "create", {}, {"image": "i", "proved": True})
    assert is_as_planned(made, change_of("job a", "update", {}, {"proved": True}))
    assert not is_as_planned(made, change_of("job a", "update", {"image": "j"}, {"image": "i"}))
    assert not is_as_planned(made, change_of("job a", "update", {}, {"cpu": "2"}))


def test_the_value_of_an_option_after_a_change() -> None:
    change = change_of("r", "update", {"labels": {"a": "1", "b": "2"}, "size": 1}, {"labels": {"a": "3"}, "size": 2})
    assert value_after(change, "labels", {"a": "1", "b": "2", "c": "4"}) == {"a": "3", "c": "4"}
    assert value_after(change, "size", 1) == 2
    assert value_after(change, "tier", "x") == "x"


def test_planned_changes_are_found_in_order_and_the_closest_is_told() -> None:
    moves = [change_of("service a", "update", {"traffic": at}, {"traffic": at + 1}) for at in range(3)]
    assert [place_of(moves, since, moves[1]) for since in (0, 1, 2)] == [1, 1, None]
    assert closest(moves, change_of("service a", "update", {"traffic": 1}, {"traffic": 9})) is not None
    assert closest([], moves[0]) is None
