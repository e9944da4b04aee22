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
