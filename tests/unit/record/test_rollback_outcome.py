# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.record.rollback_outcome import (
    asks_for_rollback,
    outcome_of,
)

API = {"service": "api", "revision": "api-1", "verdict": "planned"}
WEB = {"service": "web", "revision": "web-1", "verdict": "planned"}
BOTH = {"planned": [API, WEB], "services": [API, WEB]}
DENIED = {"failed": True, "msg": "Could not update service web: denied."}
LOOP_FAILED = {"failed": True, "msg": "One or more items failed", "results": [{"changed": True}, DENIED]}
PROBE_FAILED = {"failed": True, "msg": "api is not healthy."}


def move(item: dict[str, Any], **result: Any) -> dict[str, Any]:
    return {"item": item, "changed": True, "failed": False, **result}


@pytest.mark.parametrize(
    ("action", "result", "asks"),
    [
        pytest.param("run_record", {"failure": {"verdict": "fail"}}, True, id="a gate failed"),
        pytest.param("run_record", {"failure": {"verdict": "inconclusive"}}, False, id="a gate was not measured"),
        pytest.param("cloud_run_service", {"failure": {"status": "INTERNAL"}}, True, id="a deployment failed"),
        pytest.param("netra.remediation.health_probe", {"msg": "unhealthy"}, True, id="a candidate is unhealthy"),
        pytest.param("netra.remediation.environment_info", {"failure": {}}, False, id="nobody could look"),
        pytest.param("netra.remediation.user_journey", {"msg": "x"}, False, id="nobody could walk"),
    ],
)
def test_only_what_speaks_against_the_deployment_asks_for_a_rollback(action, result, asks) -> None:
    assert asks_for_rollback(action, result) is asks


@pytest.mark.parametrize(
    ("attempt", "sentence"),
    [
        pytest.param(
            {"plan": BOTH, "moves": [move(API), move(WEB)]},
            "The traffic went back and is held there: that of api to api-1, that of web to web-1.",
            id="all went back",
        ),
        pytest.param(
            {"plan": BOTH, "moves": [move(API), move(WEB, **DENIED)], "obstacle": LOOP_FAILED},
            "The traffic went back and is held there: that of api to api-1. "
            "The traffic stays where it is: that of web (Could not update service web: denied).",
            id="one went back, one failed",
        ),
        pytest.param(
            {"plan": {"planned": [API], "services": [API]}, "moves": [move(API)], "obstacle": PROBE_FAILED},
            "The traffic went back and is held there: that of api to api-1. After the move: api is not healthy.",
            id="it went back and is not healthy there",
        ),
        pytest.param(
            {"plan": BOTH, "obstacle": PROBE_FAILED},
            "No traffic was rolled back. The traffic stays where it is: that of api (api is not healthy); "
            "that of web (api is not healthy).",
            id="a trial failed",
        ),
        pytest.param(
            {
                "plan": {
                    "planned": [API],
                    "services": [API, {"service": "web", "verdict": "refused", "reason": "no revision is on record"}],
                },
                "moves": [move(API)],
            },
            "The traffic went back and is held there: that of api to api-1. "
            "The traffic stays where it is: that of web (no revision is on record).",
            id="one has nowhere to go",
        ),
        pytest.param(
            {"plan": {"failed": True}, "obstacle": {"failed": True, "msg": "Rolling back staging is refused. api: x."}},
            "No traffic was rolled back: Rolling back staging is refused. api: x.",
            id="the plan is refused",
        ),
        pytest.param(
            {"plan": {"planned": [], "services": []}},
            "No traffic was rolled back: this run had moved none.",
            id="nothing had moved",
        ),
        pytest.param(
            {
                "plan": {
                    "services": [{"service": "api", "verdict": "already_serving", "reason": "api-2 serves nothing"}]
                }
            },
            "No traffic was rolled back: api: api-2 serves nothing.",
            id="it serves already",
        ),
        pytest.param(
            {"plan": {"planned": [API], "services": [API]}},
            "No traffic was rolled back. The traffic stays where it is: that of api (the run failed before).",
            id="a rollback by hand that failed early",
        ),
        pytest.param({}, "No traffic was rolled back: this run had moved none.", id="no plan was made"),
        pytest.param(
            {"declined": "remediation_auto_rollback is false"},
            "No traffic was rolled back: remediation_auto_rollback is false.",
            id="switched off",
        ),
        pytest.param(
            {"asked": False},
            "No traffic was rolled back: no gate failed, but one could not be measured.",
            id="not measured",
        ),
        pytest.param(
            {
                "plan": {"planned": [API], "services": [API]},
                "obstacle": PROBE_FAILED,
                "cleanups": [{"item": API, "failed": False, "failure": {"kind": "api_error"}}],
            },
            "No traffic was rolled back. The traffic stays where it is: that of api (api is not healthy). "
            "The tag rollback is still on api: remove it with cloud_run_traffic and remove_tags.",
            id="the tag could not be taken away",
        ),
    ],
)
def test_the_outcome_says_exactly_what_moved_and_what_did_not(attempt, sentence) -> None:
    assert outcome_of(attempt).sentence == sentence


def test_a_move_that_failed_is_no_move() -> None:
    outcome = outcome_of({"plan": BOTH, "moves": [move(API), move(WEB, **DENIED)], "obstacle": LOOP_FAILED})
    assert outcome.moved == {"api": "api-1"}
    assert outcome.unmoved == {"web": "Could not update service web: denied."}


def test_a_move_that_changed_nothing_is_not_claimed() -> None:
    assert outcome_of({"plan": BOTH, "moves": [move(API, changed=False)]}).moved == {}


FILE, EDITED = "/srv/staging.yaml", "it is not what run R1 left: it was edited since"
REVERTED = {"changed": True, "resources": [{"address": "google_redis_instance.cache", "actions": ["update"]}]}
TEMPLATE, SKIPPED = "template of api", {"skipped": True, "changed": False}
ALL = ["traffic", "config_files", "secret_bindings", "terraform"]
BACK = "The traffic went back and is held there: that of api to api-1."


def files(outcome: str, reason: str = "") -> dict[str, Any]:
    return {"changed": outcome == "done", "files": [{"path": FILE, "outcome": outcome, "reason": reason}]}


def bound(outcome: str, reason: str = "") -> dict[str, Any]:
    return {"changed": outcome == "done", "bindings": [{"subject": TEMPLATE, "outcome": outcome, "reason": reason}]}


@pytest.mark.parametrize(
    ("facts", "sentence", "is_whole"),
    [
        pytest.param(
            {"config_files": files("done"), "secret_bindings": bound("done"), "terraform": REVERTED},
            f"{BACK} Went back as well: file {FILE}, {TEMPLATE}, resource google_redis_instance.cache.",
            True,
            id="everything",
        ),
        pytest.param(
            {"config_files": files("already"), "secret_bindings": bound("already"), "terraform": {"resources": []}},
            f"{BACK} As before the run already: file {FILE}, {TEMPLATE}, resource google_redis_instance.cache.",
            True,
            id="again",
        ),
        pytest.param(
            {"config_files": files("refused", EDITED), "secret_bindings": bound("already"), "terraform": DENIED},
            f"{BACK} As before the run already: {TEMPLATE}. Did not go back: file {FILE} ({EDITED}); "
            "resource google_redis_instance.cache (Could not update service web: denied).",
            False,
            id="one is refused, one failed, and neither hides the rest",
        ),
        pytest.param(
            {"config_files": DENIED, "secret_bindings": bound("failed", "No."), "terraform": {"resources": []}},
            f"{BACK} As before the run already: resource google_redis_instance.cache. "
            f"Did not go back: config files (Could not update service web: denied); {TEMPLATE} (No).",
            False,
            id="the records could not be read",
        ),
        pytest.param(
            {
                "plan": {"services": [{**API, "verdict": "already_serving", "reason": "it stands"}]},
                "moves": [],
                "config_files": files("already"),
                "undo": ["traffic", "config_files"],
            },
            f"No traffic was rolled back: api: it stands. As before the run already: traffic of api, file {FILE}.",
            True,
            id="the traffic stood already",
        ),
        pytest.param(
            {"config_files": files("done"), "undo": ["config_files"]},
            f"Went back as well: file {FILE}.",
            True,
            id="only files",
        ),
        pytest.param(
            {},
            f"{BACK} Did not go back: config files (the run failed before); secret bindings (the run failed before); "
            "terraform (the run failed before).",
            False,
            id="it ended early",
        ),
    ],
)
def test_everything_that_was_to_go_back_is_told(facts, sentence, is_whole) -> None:
    attempt = {"plan": {"planned": [API], "services": [API]}, "moves": [move(API)], "undo": ALL}
    outcome = outcome_of({**attempt, "targets": ["google_redis_instance.cache"], **facts})
    assert (outcome.sentence, outcome.is_whole) == (sentence, is_whole)


@pytest.mark.parametrize(("evidence", "is_whole"), [(None, True), ({"run": "R1"}, False)])
def test_only_a_service_that_has_somewhere_to_go_is_missed(evidence, is_whole) -> None:
    refused = {**WEB, "verdict": "refused", "reason": "its image is gone", "evidence": evidence}
    plan = {"planned": [API], "services": [API, refused]}
    assert outcome_of({"plan": plan, "moves": [move(API)], "undo": ["traffic"]}).is_whole is is_whole
    (rest,) = outcome_of({"plan": plan, "moves": [move(API)], "undo": ["config_files"]}).others
    assert ("the traffic did not go back" in rest.reason) is not is_whole


def test_what_waits_for_the_traffic_is_not_tried_without_it() -> None:
    plan = {"planned": [API], "services": [API, {**WEB, "verdict": "already_serving", "reason": "it serves"}]}
    outcome = outcome_of({"plan": plan, "obstacle": PROBE_FAILED, "undo": ALL, "config_files": SKIPPED})
    assert not outcome.is_whole
    assert [(item.item, item.outcome) for item in outcome.items()] == [
        ("traffic", "already"),
        ("traffic", "failed"),
        ("config_files", "refused"),
        ("secret_bindings", "refused"),
        ("terraform", "refused"),
    ]


def test_check_mode_speaks_of_what_would_go_back() -> None:
    attempt = {"plan": {"planned": [API], "services": [API]}, "moves": [move(API)], "undo": ["traffic", "config_files"]}
    told = outcome_of({**attempt, "config_files": files("done")}, predicted=True).sentence
    back = "The traffic would go back and be held there: that of api to api-1."
    assert told == f"{back} Would go back as well: file {FILE}."
