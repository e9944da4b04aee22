# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import Change, change_of
from ansible_collections.netra.remediation.plugins.module_utils.resources.foreseen_secret import (
    empty_secret,
    foreseen,
    next_version,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources.secret_manager import newest_enabled

EMPTY = empty_secret("s", "projects/p/secrets/s")
THERE: dict[str, Any] = {
    **EMPTY, "labels": {"a": "1"},
    "versions": [{"version": "3", "state": "enabled"}, {"version": "1", "state": "destroyed"}],
}  # fmt: skip
MADE = change_of("secret s", "create", {}, {"payload": "f1", "labels": {"b": "2"}})


@pytest.mark.parametrize(
    ("secret", "said", "newest", "labels"),
    [
        (THERE, [], "3", {"a": "1"}),
        (None, [MADE], "1", {"b": "2"}),
        (None, [Change("terraform t.s", "create", {})], None, {}),
        (None, [MADE, change_of("secret s", "update", {"payload": "f1"}, {"payload": "f2"})], "2", {"b": "2"}),
        (THERE, [change_of("secret s", "update", {"payload": "f0"}, {"payload": "f1"})], "4", {"a": "1"}),
        (THERE, [change_of("secret s", "update", {"labels": {"a": "1"}}, {"labels": {"c": "3"}})], "3", {"c": "3"}),
        (THERE, [change_of("secret s", "update", {}, {"version_states": {"3": "disabled"}})], None, {"a": "1"}),
    ],
)
def test_a_secret_is_as_the_tasks_before_would_leave_it(
    secret: dict[str, Any] | None, said: list[Change], newest: str | None, labels: dict[str, str]
) -> None:
    found = foreseen(secret, said, EMPTY)
    assert found is not None
    assert (newest_enabled(found), found["labels"]) == (newest, labels)


def test_one_that_is_not_there_or_would_be_deleted_is_not_there() -> None:
    assert foreseen(None, [], EMPTY) is None
    assert foreseen(THERE, [change_of("secret s", "delete", {"labels": {"a": "1"}}, {})], EMPTY) is None


def test_numbers_are_not_used_again() -> None:
    assert [next_version(numbers) for numbers in ([], ["1"], ["9", "10"])] == ["1", "2", "11"]
