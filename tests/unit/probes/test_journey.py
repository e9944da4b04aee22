# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The golden path's judgement: steps in order, secrets hidden, verdicts that prove something."""

from __future__ import annotations

import base64
import json
import time

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.probes import journey
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import Unhealthy, Unmeasured

EVENTS = ["agent_started", "agent_thinking", "agent_completed"]


def state(**known):
    walk = journey.Walk("a@example.org", "pass phrase", Deadline(5))
    for name, value in known.items():
        setattr(walk, name, value)
    return walk


def broken(error):
    def take(_state):
        raise error

    return take


def token(**claims):
    return "h." + base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=") + ".s"


def test_after_a_failure_nothing_is_tried():
    steps = [("one", lambda _s: None, None), ("two", broken(Unhealthy("no")), None), ("three", lambda _s: None, None)]
    results = journey.walk(steps, state())
    assert [step["passed"] for step in results] == [True, False, None]
    assert "two" in results[2]["reason"]
    assert journey.verdict(results) == "fail"


def test_slow_fails_and_the_walk_goes_on():
    results = journey.walk([("one", lambda _s: time.sleep(0.02), 0.001), ("two", lambda _s: None, None)], state())
    assert [step["passed"] for step in results] == [False, True]
    assert "the limit is" in results[0]["reason"]


def test_unmeasured_is_inconclusive():
    results = journey.walk([("one", broken(Unmeasured("proxy down")), None), ("two", lambda _s: None, None)], state())
    assert journey.verdict(results) == "inconclusive"


def test_no_steps_prove_nothing():
    assert journey.verdict([]) == "inconclusive"


def test_reasons_hide_secrets():
    results = journey.walk([("one", broken(Unhealthy("sent pass phrase and t0ken")), None)], state(token="t0ken"))
    assert "pass phrase" not in results[0]["reason"]
    assert "t0ken" not in results[0]["reason"]


@pytest.mark.parametrize(
    ("held", "reason"),
    [("opaque", "not a JWT"), (token(sub="x"), "nothing of its expiry"), (token(exp=1), "expired already")],
)
def test_refuses_tokens(held, reason):
    with pytest.raises(Unhealthy, match=reason):
        journey.hold_token(state(token=held))


def test_accepts_a_token():
    journey.hold_token(state(token=token(exp=time.time() + 60)))


@pytest.mark.parametrize(
    ("types", "answer", "reason"),
    [
        (EVENTS, "long enough", ""),
        ([*EVENTS[:2], "progress", EVENTS[2]], "long enough", ""),
        ([EVENTS[1], EVENTS[0], EVENTS[2]], "long enough", "the events were"),
        (EVENTS[2:], "long enough", "the events were"),
        (EVENTS, "short", "less than the 10"),
    ],
)
def test_events_and_answer(types, answer, reason):
    events = [{"type": kind} for kind in types]
    events[-1]["answer"] = answer
    take = journey.check_events(EVENTS, 10)
    if not reason:
        take(state(run={"events": events}))
        return
    with pytest.raises(Unhealthy, match=reason):
        take(state(run={"events": events}))


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://api.example.com/health?x=1", "https://old---api-x.a.run.app/health?x=1"),
        ("wss://api.example.com/ws", "wss://old---api-x.a.run.app/ws"),
        ("https://auth.example.com/login", "https://auth.example.com/login"),
    ],
)
def test_a_host_can_be_reached_elsewhere(url: str, leads: str) -> None:
    assert journey.led(url, {"api.example.com": "https://old---api-x.a.run.app"}) == leads
