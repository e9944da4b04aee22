# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.operations import cloud_run_service, cloud_run_traffic

HOLD = "netra-remediation-hold"
LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"


def service(newest="api-00002", ready="api-00002", traffic=None, **more):
    targets = traffic or [{"type_": LATEST, "percent": 100}]
    statuses = [{**target, "revision": target.get("revision", ready)} for target in targets]
    return {
        "name": "projects/p/locations/r/services/api",
        "template": {"containers": [{"image": "image@sha256:1"}]},
        "latest_created_revision": f"projects/p/locations/r/services/api/revisions/{newest}",
        "latest_ready_revision": f"projects/p/locations/r/services/api/revisions/{ready}",
        "traffic": targets,
        "traffic_statuses": statuses,
        **more,
    }


def test_what_somebody_deployed_meanwhile_gets_no_traffic():
    move = options(traffic=[{"latest": True, "percent": 100}], newest="api-00002")
    waiting = service(traffic=[{"type_": REVISION, "revision": "api-00001", "percent": 100}])
    assert cloud_run_traffic.decide(move, waiting).update_mask == ["traffic"]
    with pytest.raises(UnsafeChange, match=r"its newest revision is api-00003, and it was to be api-00002. Somebody"):
        cloud_run_traffic.decide(move, {**waiting, **service(newest="api-00003")})


def test_a_changed_template_waits_behind_its_tag():
    decision = cloud_run_service.decide({"image": "image@sha256:2"}, service(), "candidate", "api")
    assert decision.update_mask == ["template", "traffic"]
    assert decision.after["traffic"] == [
        {"revision": "api-00002", "percent": 100},
        {"latest": True, "percent": 0, "tag": "candidate"},
    ]


def test_an_unchanged_service_keeps_its_traffic():
    assert not cloud_run_service.decide({"image": "image@sha256:1"}, service(), "candidate", "api").changed


def test_without_a_tag_the_traffic_is_left_alone():
    assert cloud_run_service.decide({"image": "image@sha256:2"}, service(), None, "api").update_mask == ["template"]


def test_a_revision_that_failed_is_tried_again():
    broken = service(newest="api-00003", terminal_condition={"state": "CONDITION_FAILED"})
    assert cloud_run_service.decide({"image": "image@sha256:1"}, broken, None, "api").update_mask == ["template"]


def test_a_revision_that_a_killed_run_left_waiting_is_taken_up():
    waiting = service(traffic=[{"type_": REVISION, "revision": "api-00001", "percent": 100}])
    decision = cloud_run_service.decide({"image": "image@sha256:1"}, waiting, "candidate", "api")
    assert decision.update_mask == ["traffic"]


@pytest.mark.parametrize(
    "targets",
    [
        [{"latest": True, "percent": 90}],
        [{"percent": 100}],
        [{"latest": True, "revision": "api-00001", "percent": 100}],
    ],
)
def test_traffic_that_cannot_be_meant_is_refused(targets):
    with pytest.raises(BadInput, match="traffic"):
        cloud_run_service.complete_targets(targets)


def options(**more):
    return {"name": "api", "keep_tags": True, "remove_tags": [], "refuse_when_held": True, **more}


def held(**more):
    mark = json.dumps({"reason": "it broke", "holder": "someone", "time": "2026-01-01T00:00:00Z"})
    pinned = [{"type_": REVISION, "revision": "api-00001", "percent": 100}]
    return service(traffic=pinned, annotations={HOLD: mark}, **more)


def following_latest():
    return {name: value for name, value in service().items() if name in {"traffic", "traffic_statuses"}}


def test_a_hold_refuses_a_move_that_says_nothing_of_it():
    with pytest.raises(UnsafeChange, match=r"it broke.*remediation_lift_hold"):
        cloud_run_traffic.decide(options(traffic=[{"latest": True, "percent": 100}]), held())


def test_a_hold_lets_tags_come_and_go():
    pinned = [{"revision": "api-00001", "percent": 100}, {"latest": True, "percent": 0, "tag": "trial"}]
    assert cloud_run_traffic.decide(options(traffic=pinned), held()).update_mask == ["traffic"]


def test_lifting_and_moving_are_one_write():
    decision = cloud_run_traffic.decide(options(traffic=[{"latest": True, "percent": 100}], hold=None), held())
    assert decision.update_mask == ["annotations", "traffic"]
    assert HOLD not in decision.after.get("annotations", {})


def test_the_same_hold_again_changes_nothing():
    hold = {"reason": "it broke", "holder": "someone"}
    assert not cloud_run_traffic.decide(options(hold=hold), held()).changed


def test_a_share_is_taken_from_those_who_serve():
    decision = cloud_run_traffic.decide(options(revision="api-00001", percent=10), service())
    shares = {target.get("revision"): target["percent"] for target in decision.after["traffic"]}
    assert shares == {"api-00001": 10, "api-00002": 90}


LATEST_GETS_ALL = [{"latest": True, "percent": 100}]


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        pytest.param({"traffic": LATEST_GETS_ALL}, held(), id="by its traffic"),
        pytest.param({"traffic": None}, held(), id="by clearing its traffic"),
        pytest.param(
            {"image": "image@sha256:2"}, {**held(), **following_latest()}, id="by a new revision that latest follows"
        ),
    ],
)
def test_a_hold_refuses_a_change_that_moves_the_traffic(wanted, there):
    with pytest.raises(UnsafeChange, match=r"it broke.*hold null"):
        cloud_run_service.decide(wanted, there, None, "api")


@pytest.mark.parametrize(
    ("wanted", "tag"),
    [
        pytest.param({"image": "image@sha256:2"}, None, id="a new revision beside a pin"),
        pytest.param({"image": "image@sha256:2"}, "candidate", id="a candidate"),
        pytest.param({"traffic": LATEST_GETS_ALL, "annotations": {HOLD: None}}, None, id="it lifts the hold"),
        pytest.param({"labels": {"team": "netra"}}, None, id="a label"),
    ],
)
def test_a_hold_lets_other_changes_pass(wanted, tag):
    assert cloud_run_service.decide(wanted, held(), tag, "api").changed


def test_a_candidate_beside_a_held_latest_moves_nothing():
    there = {**held(), **following_latest()}
    decision = cloud_run_service.decide({"image": "image@sha256:2"}, there, "candidate", "api")
    assert decision.after["traffic"][0] == {"revision": "api-00002", "percent": 100}
