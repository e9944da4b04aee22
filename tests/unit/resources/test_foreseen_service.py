# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import change_of
from ansible_collections.netra.remediation.plugins.module_utils.resources import (
    cloud_run,
    cloud_run_traffic,
    foreseen_service,
    traffic_steps,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources.foreseen_service import NEW_REVISION, foreseen

OLD = "projects/p/locations/r/services/api/revisions/api-00001-abc"
SERVICE: dict[str, Any] = {
    "name": "projects/p/locations/r/services/api",
    "latest_ready_revision": OLD,
    "latest_created_revision": OLD,
    "traffic": [{"type_": cloud_run_traffic.TO_LATEST, "percent": 100}],
    "traffic_statuses": [{"type_": cloud_run_traffic.TO_LATEST, "percent": 100, "revision": "api-00001-abc"}],
    "annotations": {"kept": "1", "gone": "2"},
}
TARGETS = [{"revision": "api-00001-abc", "percent": 100}, {"latest": True, "percent": 0, "tag": "candidate"}]
AIMS = st.sampled_from([{"latest": True}, {"revision": "a"}, {"revision": "b"}])


def test_a_new_revision_waits_behind_its_tag_under_a_name_that_nobody_knows() -> None:
    before, after = {"image": "a"}, {"image": "b", "traffic": TARGETS}
    seen = foreseen(SERVICE, [change_of("service api", "update", before, after)])
    assert seen is not None
    assert cloud_run.candidate_of(seen, "candidate") == {
        "revision": NEW_REVISION, "tag": "candidate", "url": NEW_REVISION,
    }  # fmt: skip
    assert cloud_run_traffic.serving(seen) == {"api-00001-abc": 100}
    assert SERVICE["latest_created_revision"] == OLD


def test_then_it_gets_the_traffic() -> None:
    made = change_of("service api", "update", {"image": "a"}, {"image": "b", "traffic": TARGETS})
    moved = change_of("service api", "update", {"traffic": TARGETS}, {"traffic": [{"latest": True, "percent": 100}]})
    seen = foreseen(SERVICE, [made, moved])
    assert seen is not None
    assert cloud_run_traffic.serving(seen) == {NEW_REVISION: 100}


def test_marks_come_and_go_and_a_move_makes_no_revision() -> None:
    annotations = {"annotations": {"gone": "2"}}, {"annotations": {"new": "3"}}
    change = change_of("service api", "update", *annotations)
    seen = foreseen(SERVICE, [change])
    assert seen is not None
    assert seen["annotations"] == {"kept": "1", "new": "3"}
    assert seen["latest_created_revision"] == OLD
    assert not foreseen_service.makes_revision(change)


def test_a_service_that_would_be_made_is_there_for_the_next_task() -> None:
    traffic = [{"latest": True, "percent": 100}, {"latest": True, "percent": 0, "tag": "candidate"}]
    change = change_of("service api", "create", {}, {"image": "a", "traffic": traffic})
    assert foreseen(None, []) is None
    seen = foreseen(None, [change])
    assert seen is not None
    assert cloud_run_traffic.serving(seen) == {NEW_REVISION: 100}
    assert foreseen_service.makes_revision(change)


def test_one_that_would_be_deleted_is_not_there() -> None:
    gone = change_of("service api", "delete", {"image": "a"}, {})
    assert foreseen(SERVICE, [gone]) is None
    again = foreseen(SERVICE, [gone, change_of("service api", "create", {}, {"image": "b"})])
    assert again is not None
    assert again["latest_created_revision"] == NEW_REVISION


def test_marks_are_told_without_their_time() -> None:
    hold = '{"holder": "alice", "reason": "errors", "time": "2025-09-23T10:15:00Z"}'
    step = traffic_steps.Step("api-00002", {"api-00001": 90, "api-00002": 10}, {"api-00001": 100}).as_mark()
    marks = {cloud_run.HOLD: hold, traffic_steps.MARK: step, "own": "x"}
    assert foreseen_service.change_shown({"annotations": marks})["annotations"] == {
        cloud_run.HOLD: '{"reason": "errors", "holder": "alice"}', traffic_steps.MARK: "10 % to api-00002", "own": "x",
    }  # fmt: skip
    told = foreseen_service.change_shown({"annotations": marks})
    assert foreseen_service.change_shown(told) == told
    unread = {"annotations": {traffic_steps.MARK: "?"}}
    assert foreseen_service.change_shown(unread) == unread


@given(st.lists(st.tuples(AIMS, st.integers(0, 60), st.sampled_from([None, "x", "y"])), max_size=5))
def test_the_same_traffic_has_one_form(found: list[tuple[dict[str, Any], int, str | None]]) -> None:
    targets = [{**aim, "percent": percent, **({"tag": tag} if tag else {})} for aim, percent, tag in found]
    settled = cloud_run_traffic.settled(targets)
    assert cloud_run_traffic.canonical(settled) == cloud_run_traffic.canonical(targets)
    assert cloud_run_traffic.settled(reversed(settled)) == settled
