# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    BadInput,
    Conflict,
    UnsafeChange,
)
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Field, Plan, body, converge, plan, view

FIELDS = (
    Field("image", "template.image", required_on_create=True),
    Field("count", "scaling.count", default=0),
    Field("arguments", "template.arguments", kind="ordered"),
    Field("zones", "zones", kind="set"),
    Field("targets", "traffic", kind="keyed", key="revision"),
    Field("env", "template.env", kind="map"),
    Field("labels", "labels", kind="owned_map"),
    Field("region", "region", immutable=True),
    Field("cpu", "template.cpu", canonical=lambda value: str(value).removesuffix("000m")),
)
NOW = {"image": "a", "count": 0, "zones": ["x", "y"], "env": {"A": "1"}, "labels": {"by": "google"}, "cpu": "2000m"}


@pytest.mark.parametrize(
    ("desired", "mask", "names"),
    [
        pytest.param({}, [], [], id="nothing mentioned"),
        pytest.param({"image": "a"}, [], [], id="same scalar"),
        pytest.param({"image": "b"}, ["template.image"], ["image"], id="other scalar"),
        pytest.param({"count": None}, [], [], id="null is the default"),
        pytest.param({"arguments": []}, [], [], id="empty is null"),
        pytest.param({"zones": ["y", "x"]}, [], [], id="sets have no order"),
        pytest.param({"targets": None}, [], [], id="clear what is not there"),
        pytest.param({"env": {"A": "1", "B": "2"}}, ["template.env"], ["env.B"], id="one key more"),
        pytest.param({"env": {}}, ["template.env"], ["env.A"], id="an empty map replaces"),
        pytest.param({"labels": {"team": "x"}}, ["labels"], ["labels.team"], id="others' labels stay"),
        pytest.param({"labels": {"by": None}}, ["labels"], ["labels.by"], id="null removes one label"),
        pytest.param({"labels": {"gone": None}}, [], [], id="remove a label that is not there"),
        pytest.param({"labels": {}}, [], [], id="no label owned"),
        pytest.param({"cpu": "2"}, [], [], id="two spellings"),
    ],
)
def test_plan_of_an_update(desired, mask, names):
    decision = plan(FIELDS, desired, NOW)
    assert (decision.update_mask, decision.changed_fields) == (mask, names)
    assert decision.changed == bool(mask)
    assert (decision.before == decision.after) == (not mask)


def test_plan_of_a_creation_and_a_deletion():
    created = plan(FIELDS, {"image": "a", "count": None, "labels": {"team": "x", "old": None}}, None)
    assert (created.action, created.before) == ("create", {})
    assert created.after == {"image": "a", "labels": {"team": "x"}}
    deleted = plan(FIELDS, None, NOW)
    assert (deleted.action, deleted.after) == ("delete", {})
    assert not plan(FIELDS, None, None).changed


def test_plan_refuses_what_cannot_be():
    with pytest.raises(BadInput, match="'api': it does not exist yet and image must be given") as bad:
        plan(FIELDS, {"count": 1}, None, "service 'api'")
    assert bad.value.option == "image"
    with pytest.raises(UnsafeChange, match="region"):
        plan(FIELDS, {"region": "b"}, {**NOW, "region": "a"})


def test_keyed_lists_compare_by_key():
    there = [{"revision": "b", "percent": 90}, {"revision": "a", "percent": 10, "tag": None}]
    wanted = [{"revision": "a", "percent": 10}, {"revision": "b", "percent": 90}]
    assert not plan(FIELDS, {"targets": wanted}, {"targets": there}).changed
    assert plan(FIELDS, {"targets": wanted[:1]}, {"targets": there}).changed


texts = st.text("abc", max_size=2)
maps = st.dictionaries(st.sampled_from("ABC"), texts | st.none(), max_size=3)
values = st.fixed_dictionaries(
    {},
    optional={
        "image": texts | st.none(),
        "count": st.integers(0, 2) | st.none(),
        "arguments": st.lists(texts, max_size=2) | st.none(),
        "zones": st.lists(texts, max_size=2) | st.none(),
        "env": st.dictionaries(st.sampled_from("ABC"), texts, max_size=2) | st.none(),
        "labels": maps | st.none(),
    },
)


@given(desired=values, observed=values)
def test_what_was_applied_is_what_was_wanted(desired, observed):
    decision = plan(FIELDS, desired, observed)
    assert not plan(FIELDS, desired, decision.after).changed
    paths = {field.option: field.path for field in FIELDS}
    assert decision.update_mask == sorted(paths[option] for option in decision.changes)
    untouched = {name: value for name, value in observed.items() if name not in desired and value is not None}
    assert untouched.items() <= decision.after.items()


@given(values)
def test_what_is_there_needs_no_change(observed):
    labels = {name: value for name, value in (observed.get("labels") or {}).items() if value is not None}
    observed = {**observed, **({"labels": labels} if "labels" in observed else {})}
    assert plan(FIELDS, observed, observed).action == "none"


@given(values)
def test_view_reads_back_what_body_wrote(observed):
    assert {name: value for name, value in view(FIELDS, body(FIELDS, observed)).items() if value is not None} == {
        name: value for name, value in observed.items() if value is not None
    }


class Contested:
    """A resource someone else changes between our first read and our first write."""

    def __init__(self, conflicts):
        self.state, self.conflicts, self.previews = {"image": "a"}, conflicts, 0

    def read(self):
        return dict(self.state)

    def shown(self, values):
        return values

    def preview(self, decision, _observed):
        self.previews += 1
        return decision.after

    def apply(self, decision, _observed):
        if self.conflicts:
            self.conflicts -= 1
            self.state["count"] = 7
            raise Conflict("stale", status="ABORTED", http=409)
        self.state = decision.after
        return self.state


def decide(observed) -> Plan:
    return plan(FIELDS, {"image": "b"}, observed)


def test_converge_reads_and_decides_again_after_a_conflict():
    decision, outcome = converge(Contested(1), decide, check_mode=False)
    assert decision.changed
    assert outcome == {"image": "b", "count": 7}


def test_converge_gives_up_after_the_second_conflict():
    with pytest.raises(Conflict):
        converge(Contested(2), decide, check_mode=False)


def test_converge_only_previews_in_check_mode():
    contested = Contested(0)
    decision, outcome = converge(contested, decide, check_mode=True)
    assert (decision.changed, contested.previews, contested.state) == (True, 1, {"image": "a"})
    assert outcome == {"image": "b"}
