# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which steps a new revision gets users, and what the contract may not say about it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.delivery_plan import deliveries
from ansible_collections.netra.remediation.plugins.module_utils.checks.needed_permissions import needed_permissions
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.operations.delivery_gate import LIMITS


def contract(service: dict[str, Any] | None = None, **variables: Any) -> dict[str, Any]:
    return checked({"services": [{"name": "api", "image": "i", **(service or {})}], **variables})


def delivery(service: dict[str, Any] | None = None, **variables: Any) -> dict[str, Any]:
    return deliveries(contract(service, **variables))["api"]


def test_by_default_everything_moves_at_once_and_nobody_watches() -> None:
    assert delivery() == {"service": "api", "steps": [], "whole": None, "approvals": []}


def test_steps_are_watched_with_or_without_declared_limits() -> None:
    found = delivery({"traffic_steps": [{"percent": 10, "watch_seconds": 5}, "50", 100]})
    assert [(step["percent"], step["limits"]["watch_seconds"]) for step in found["steps"]] == [(10, 5.0), (50, 60.0)]
    assert found["whole"]["percent"] == 100
    assert found["whole"]["limits"]["max_error_percent"] == 1


def test_a_person_is_asked_where_a_step_says_so() -> None:
    asking = {"percent": "50", "approval": True}
    found = delivery({"traffic_steps": [10, asking, {"percent": 100, "approval": True, "approval_seconds": "60"}]})
    assert found["approvals"] == [
        {"percent": 50, "seconds": 3600.0, "overrun": "stop"},
        {"percent": 100, "seconds": 60.0, "overrun": "stop"},
    ]
    alone = delivery({"traffic_steps": [{"percent": 100, "approval": True, "approval_overrun": "roll_back"}]})
    assert (alone["steps"], alone["whole"]) == ([], None)
    assert alone["approvals"] == [{"percent": 100, "seconds": 3600.0, "overrun": "roll_back"}]
    assert delivery({"traffic_steps": [{"percent": 100, "approval": False}]})["approvals"] == []


def test_a_gate_without_steps_watches_the_whole() -> None:
    found = delivery(delivery_gate={"max_latency_seconds": "1.5"})
    assert (found["steps"], found["whole"]["limits"]["max_latency_seconds"]) == ([], 1.5)


def test_the_service_s_word_comes_first_key_by_key() -> None:
    own = {"traffic_steps": [20, 100], "delivery_gate": {"min_requests": 5}}
    found = delivery(own, traffic_steps=[10, 100], delivery_gate={"min_requests": 50, "observe_only": True})
    (step,) = found["steps"]
    assert (step["percent"], step["limits"]["min_requests"], step["limits"]["observe_only"]) == (20, 5, True)


def test_the_contract_knows_the_limits_of_the_gate() -> None:
    every = dict.fromkeys(LIMITS, 1) | {"log_patterns": [], "accept_inconclusive": "so", "observe_only": True}
    assert set(delivery(delivery_gate=every)["whole"]["limits"]) == set(LIMITS)


@pytest.mark.parametrize(
    ("service", "complaint"),
    [
        ({"traffic_steps": []}, "remediation_services[0].traffic_steps must end with 100"),
        ({"traffic_steps": [10, 50]}, "remediation_services[0].traffic_steps must end with 100"),
        ({"traffic_steps": [50, 10, 100]}, "remediation_services[0].traffic_steps[1] is 10 %"),
        ({"traffic_steps": [0, 100]}, "remediation_services[0].traffic_steps[0] is 0 %"),
        ({"traffic_steps": [10, 120]}, "remediation_services[0].traffic_steps[1] is 120 %"),
        ({"traffic_steps": ["ten", 100]}, "remediation_services[0].traffic_steps[0].percent must be a whole number"),
        ({"traffic_steps": [{"watch_seconds": 5}]}, "remediation_services[0].traffic_steps[0].percent is missing"),
        ({"traffic_steps": [{"percent": 5, "wait": 5}]}, "remediation_services[0].traffic_steps[0].wait is not known"),
        ({"traffic_steps": [{"percent": 100, "approval": "yes"}]}, "traffic_steps[0].approval must be true or false"),
        ({"traffic_steps": [{"percent": 100, "approval_seconds": 5}]}, "approval_seconds is for steps that a person"),
        (
            {"traffic_steps": [{"percent": 100, "approval": True, "approval_seconds": 0}]},
            "traffic_steps[0].approval_seconds leaves no time",
        ),
        (
            {"traffic_steps": [{"percent": 100, "approval": True, "approval_overrun": "go_on"}]},
            "traffic_steps[0].approval_overrun must be one of stop, roll_back",
        ),
        ({"delivery_gate": {"max_errors": 5}}, "remediation_services[0].delivery_gate.max_errors is not known"),
        ({"delivery_gate": {"latency_percentile": 100}}, "delivery_gate.latency_percentile is 100, not between"),
        ({"delivery_gate": {"max_error_percent": 101}}, "delivery_gate.max_error_percent is more than 100 %"),
        ({"delivery_gate": {"log_patterns": [{"name": "a"}]}}, "delivery_gate.log_patterns[0].filter is missing"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(service: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadInput) as refused:
        contract(service)
    assert complaint in refused.value.message


def test_the_permissions_are_those_of_the_gates() -> None:
    pattern = {"name": "panics", "filter": "panic"}
    monitoring, errors, logs = "monitoring.timeSeries.list", "errorreporting.groups.list", "logging.logEntries.list"
    for limits, needed in [
        (None, set()),
        ({"min_requests": 5}, {monitoring}),
        ({"max_new_error_groups": 0, "log_patterns": [pattern]}, {monitoring, errors, logs}),
    ]:
        asked = needed_permissions(contract(delivery_gate=limits))["deployment"]
        assert {monitoring, errors, logs} & set(asked) == needed
