# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose split it is, and what the steps of a move make of the traffic."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.operations import cloud_run_service, cloud_run_traffic
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run_traffic as traffic
from ansible_collections.netra.remediation.plugins.module_utils.resources import traffic_steps

NEW, OLD, OLDER = "api-00003", "api-00002", "api-00001"
FULL = "projects/p/locations/r/services/api/revisions/"
HOLD = {"netra-remediation-hold": '{"reason": "it broke"}'}


def service(targets: list[traffic.Target], annotations: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a service with these targets, of which NEW is the newest revision."""
    encoded = traffic.encode_targets(targets)
    return {
        "template": {"containers": [{"image": "image@sha256:1"}]},
        "latest_created_revision": FULL + NEW,
        "latest_ready_revision": FULL + NEW,
        "traffic": encoded,
        "traffic_statuses": [{**target, "revision": target.get("revision", NEW)} for target in encoded],
        "annotations": annotations or {},
    }


def after(before: dict[str, Any], decision: Plan) -> dict[str, Any]:
    """Return the service as it is once a decision is carried out."""
    targets = decision.after.get("traffic") or traffic.current_targets(before)
    return service(targets, decision.after.get("annotations"))


def move(there: dict[str, Any], **options: Any) -> dict[str, Any]:
    given_options = {"keep_tags": True, "remove_tags": [], "refuse_when_held": True, "step": False, **options}
    return after(there, cloud_run_traffic.decide({"name": "api", **given_options}, there))


def step(there: dict[str, Any], percent: int, revision: str = NEW) -> dict[str, Any]:
    return move(there, revision=revision, percent=percent, step=True)


TAGS = [{"latest": True, "percent": 0, "tag": "candidate"}, {"revision": OLDER, "percent": 0, "tag": "v1"}]
WAITING = service([{"revision": OLD, "percent": 100}, *TAGS])
BY_TWO = service([{"revision": OLD, "percent": 70}, {"revision": OLDER, "percent": 30}])


@given(st.lists(st.integers(1, 99), min_size=1, max_size=6).map(sorted), st.sampled_from([WAITING, BY_TWO]))
def test_each_step_is_known_as_our_own_and_says_who_served_before(percents: list[int], begun: dict[str, Any]) -> None:
    there = begun
    for percent in percents:
        there = step(there, percent)
        found = traffic_steps.unfinished(there)
        assert found is not None
        assert (found.to, found.percent, found.before) == (NEW, percent, traffic.serving(begun))
        assert sum(found.shares.values()) == 100
        assert not cloud_run_traffic.decide(
            {"name": "api", "keep_tags": True, "remove_tags": [], "revision": NEW, "percent": percent, "step": True},
            there,
        ).changed
    assert traffic.serving(traffic_steps.taken_back(there)) == traffic.serving(there)
    assert traffic.shares_asked_for(traffic_steps.taken_back(there)) == traffic.serving(begun)


def test_the_tags_stay_through_all_steps_and_the_way_back() -> None:
    there = step(step(WAITING, 10), 50)
    tags = {target["tag"] for target in traffic.current_targets(there) if target.get("tag")}
    assert tags == {"candidate", "v1"}
    back = traffic.current_targets(traffic_steps.taken_back(there))
    assert {target["tag"] for target in back if target.get("tag")} == tags


def test_a_step_never_takes_a_share_away() -> None:
    there = step(WAITING, 50)
    assert step(there, 10) == there


def test_the_newest_revision_is_named() -> None:
    assert traffic.serving(step(WAITING, 10, "latest")) == {OLD: 90, NEW: 10}
    assert traffic.shares_asked_for(step(WAITING, 10, "latest")) == {OLD: 90, NEW: 10}


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param({"traffic": [{"latest": True, "percent": 100}]}, id="the last step"),
        pytest.param({"revision": OLD}, id="a way back"),
        pytest.param({"revision": NEW, "percent": 30}, id="a person's share"),
    ],
)
def test_any_other_move_ends_it(ending: dict[str, Any]) -> None:
    moved = move(step(WAITING, 10), **ending)
    assert traffic_steps.MARK not in moved["annotations"]
    assert traffic_steps.unfinished(moved) is None


def test_taking_a_tag_away_ends_nothing() -> None:
    assert traffic_steps.unfinished(move(step(WAITING, 10), remove_tags=["v1"]))


def test_a_split_that_a_person_changed_is_that_person_s() -> None:
    there = step(WAITING, 10)
    theirs = service([{"revision": OLD, "percent": 80}, {"revision": NEW, "percent": 20}], there["annotations"])
    assert traffic_steps.unfinished(theirs) is None
    assert traffic_steps.taken_back(theirs) == theirs


@pytest.mark.parametrize(
    "mark", ["", "null", "[]", "{}", '{"to": "x"}', "not json", '{"to": 1, "shares": 2, "before": 3}']
)
def test_a_mark_that_cannot_be_read_claims_nothing(mark: str) -> None:
    there = step(WAITING, 10)
    assert traffic_steps.unfinished({**there, "annotations": {traffic_steps.MARK: mark}}) is None


def test_a_hold_refuses_a_step() -> None:
    with pytest.raises(UnsafeChange, match="it broke"):
        step(service([{"revision": OLD, "percent": 100}], HOLD), 10)


@pytest.mark.parametrize("percent", [0, 100, 120])
def test_a_step_is_a_part(percent: int) -> None:
    with pytest.raises(BadInput, match="more than 0 and less than 100"):
        cloud_run_traffic.run({"name": "api", "step": True, "revision": "latest", "percent": percent}, False)


def test_another_template_starts_from_those_who_served_before() -> None:
    there = step(WAITING, 10)
    decision = cloud_run_service.decide({"image": "image@sha256:2"}, there, "candidate", "api")
    assert traffic.effective_shares(there, decision.after["traffic"]) == {OLD: 100}
    assert traffic_steps.MARK not in decision.after.get("annotations", {})
    assert {target["tag"] for target in decision.after["traffic"] if target.get("tag")} == {"candidate", "v1"}


def test_the_same_template_goes_on_and_gets_its_tag_back() -> None:
    there = step(WAITING, 10)
    assert not cloud_run_service.decide({"image": "image@sha256:1"}, there, "candidate", "api").changed
    untagged = move(there, remove_tags=["candidate"])
    again = after(untagged, cloud_run_service.decide({"image": "image@sha256:1"}, untagged, "candidate", "api"))
    assert traffic_steps.unfinished(again) == traffic_steps.unfinished(there)
    assert {target.get("tag") for target in traffic.current_targets(again)} >= {"candidate"}
