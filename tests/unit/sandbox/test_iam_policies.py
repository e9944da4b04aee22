# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies: versions, etags, conditions (cloud.google.com/iam/docs/reference/rest/v1/Policy)."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from netra_sandbox.kernel import iam_policies
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.kernel.store import Store

KEY = "run:projects/p/locations/l/services/s"
CONDITION = {"title": "until", "expression": "request.time < timestamp('2030-01-01T00:00:00Z')"}


@pytest.fixture
def store(tmp_path: pathlib.Path) -> Store:
    return Store(tmp_path / "state.sqlite")


def binding(*members: str, role: str = "roles/run.invoker", **more: Any) -> dict[str, Any]:
    return {"role": role, "members": list(members), **more}


def test_a_resource_without_a_policy_has_the_empty_one(store: Store) -> None:
    assert iam_policies.stored(store, KEY) == {"etag": "ACAB"}


def test_bindings_of_one_role_and_condition_become_one(store: Store) -> None:
    given = {"bindings": [binding("allUsers"), binding("user:a@b.c", "allUsers"), binding(role="roles/run.viewer")]}
    written = iam_policies.write(store, KEY, given)
    assert written["bindings"] == [binding("allUsers", "user:a@b.c")]
    assert iam_policies.stored(store, KEY) == written


def test_a_stale_etag_is_refused_and_the_policy_stays(store: Store) -> None:
    first = iam_policies.write(store, KEY, {"bindings": [binding("allUsers")]})
    second = iam_policies.write(store, KEY, {"etag": first["etag"], "bindings": []})
    with pytest.raises(ApiError, match="There were concurrent policy changes") as refused:
        iam_policies.write(store, KEY, first)
    assert refused.value.status == "ABORTED"
    assert iam_policies.stored(store, KEY) == second


def test_an_etag_may_come_back_in_the_other_alphabet_of_base64(store: Store) -> None:
    for _ in range(50):
        etag = iam_policies.stored(store, KEY)["etag"].replace("+", "-").replace("/", "_")
        iam_policies.write(store, KEY, {"etag": etag, "bindings": [binding("allUsers")]})


def test_a_condition_is_seen_in_version_three_and_hidden_below(store: Store) -> None:
    iam_policies.write(store, KEY, {"version": 3, "bindings": [binding("allUsers", condition=CONDITION)]})
    policy = iam_policies.stored(store, KEY)
    assert iam_policies.visible(policy, 3)["bindings"][0]["condition"] == CONDITION
    for version in (0, 1):
        hidden = iam_policies.visible(policy, version)
        assert hidden["version"] == 1
        assert hidden["bindings"][0]["role"].startswith("roles/run.invoker_withcond_")
        assert "condition" not in hidden["bindings"][0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"version": 2}, "Invalid policy version"),
        ({"bindings": [binding("allUsers", condition=CONDITION)]}, "must specify version 3"),
        ({"bindings": [binding("allUsers", role="run.invoker")]}, "Role run.invoker is not supported"),
        ({"bindings": [binding("allUsers", role="roles/x_withcond_1f")]}, "is not supported for this resource"),
        ({"bindings": [binding("someone@b.c")]}, "The member someone@b.c is of an unknown type"),
        ({"bindings": [binding(*(f"user:u{number}@b.c" for number in range(1501)))]}, "1500"),
    ],
)
def test_what_is_no_policy_is_refused(store: Store, given: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiError, match=words) as refused:
        iam_policies.write(store, KEY, given)
    assert refused.value.status == "INVALID_ARGUMENT"
    assert iam_policies.stored(store, KEY) == {"etag": "ACAB"}


def test_the_policy_goes_with_its_resource(store: Store) -> None:
    iam_policies.write(store, KEY, {"bindings": [binding("allUsers")]})
    iam_policies.forget(store, KEY)
    assert iam_policies.stored(store, KEY) == {"etag": "ACAB"}
