# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New revisions get users in steps, each gated by what users got; the tests of this file run in order."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from playbook_story import Story, contract, succeeded

FRONTEND = "netra-frontend-staging"
OLD = f"{FRONTEND}-00021-vqz"
APP = "https://app.staging.netrasystems.ai"
# Healthy where probes look, and broken where users go: only what users get tells it.
BROKEN = """
import http.server, json, os, sys, traceback
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        good = self.path.startswith("/health") or "REPAIRED" in os.environ
        if not good:
            try:
                raise RuntimeError("no page was rendered")
            except RuntimeError:
                traceback.print_exc()
        self.send_response(200 if good else 500)
        self.end_headers()
        self.wfile.write(json.dumps({"status": "healthy", "revision": os.environ["K_REVISION"]}).encode())
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Answer).serve_forever()
"""
BROKEN_PROGRAM = {"command": ["python"], "args": ["-c", BROKEN]}


def visit(number: int) -> int:
    return requests.get(f"{APP}/?{number}", timeout=20).status_code


@contextmanager
def users() -> Iterator[None]:
    """Let somebody visit the pages, some ten times a second, until the block ends."""
    working = [True]

    def go_on() -> None:
        while working[0]:
            visit(0)
            time.sleep(0.08)

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(go_on)
        try:
            yield
        finally:
            working[0] = False


@pytest.fixture(scope="module", autouse=True)
def healthy(sandbox: Any) -> None:
    sandbox.reset("healthy")
    sandbox.told_a_story = True


@pytest.fixture(scope="module")
def candidate() -> dict[str, Any]:
    return {}


def gate(google: Any, revision: str, **limits: Any) -> dict[str, Any]:
    """Judge what the last minute brought."""
    limits = {"watch_seconds": 0, "lag_seconds": 0, **limits}
    target = {"service": FRONTEND, "revision": revision, "old_revision": OLD, "percent": 50, "limits": limits}
    result, writes = google.run("delivery_gate", targets=[target], look_back_seconds=60, fail_when_red=False)
    assert writes == []
    return result


def test_a_step_splits_the_traffic_and_a_second_one_writes_nothing(google: Any, candidate: dict[str, Any]) -> None:
    made, _writes = google.run("cloud_run_service", name=FRONTEND, candidate_tag="candidate", **BROKEN_PROGRAM)
    candidate.update(made["candidate"])
    options = {"name": FRONTEND, "revision": candidate["revision"], "percent": 50, "step": True}
    predicted, writes = google.run("cloud_run_traffic", check_mode=True, **options)
    moved, _writes = google.run("cloud_run_traffic", **options)
    again, writes = google.run("cloud_run_traffic", **options)
    assert (predicted["diff"], moved["changed"], again["changed"], writes) == (moved["diff"], True, False, [])
    assert "netra-remediation-step" in moved["service"]["annotations"]


def test_without_requests_nobody_can_say(google: Any, candidate: dict[str, Any]) -> None:
    judged = gate(google, candidate["revision"], min_requests=5, max_latency_seconds=1)
    assert (judged["verdict"], judged["stops"]) == ("inconclusive", True)
    assert judged["gates"][0]["reason"] == "0 of 0 requests failed, at most 1 % may; 5 requests are needed to judge"


def test_what_users_got_fails_by_each_of_its_sources(google: Any, candidate: dict[str, Any]) -> None:
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(visit, range(60)))
    assert {200, 500} == set(statuses)
    judged = gate(
        google,
        candidate["revision"],
        observe_only=True,  # so that the first failure does not end the watch before all sources have heard of it
        watch_seconds=4,
        min_requests=5,  # of the chance that decides which revision answers
        max_error_percent_above_old=10,
        max_latency_seconds=10,
        max_new_error_groups=0,
        log_patterns=[{"name": "tracebacks", "filter": 'textPayload:"no page was rendered"', "at_most": 3}],
    )
    found = {entry["name"].partition(": ")[2]: entry for entry in judged["gates"]}
    assert {name: entry["verdict"] for name, entry in found.items()} == {
        "error rate": "fail",
        "error rate beside the old revision": "fail",
        "latency": "pass",
        "new kinds of errors": "fail",
        "log lines of tracebacks": "fail",
    }
    failed = statuses.count(500)
    assert found["error rate"]["reason"] == f"{failed} of {failed} requests failed (100 %), at most 1 % may"
    assert "RuntimeError: no page was rendered" in found["new kinds of errors"]["reason"]
    old = judged["targets"][0]["old"]
    assert 0 < old.pop("latency_seconds") < 10
    assert old == {"requests": statuses.count(200), "failed": 0, "error_percent": 0}


def test_the_old_revision_passes_by_the_same_limits(google: Any) -> None:
    judged = gate(google, OLD, min_requests=5, max_latency_seconds=10, max_new_error_groups=0)
    assert (judged["verdict"], judged["stops"]) == ("pass", False)


def test_what_may_not_be_read_is_an_open_question_in_google_s_words(google: Any, sandbox: Any) -> None:
    method = "monitoring.projects.timeSeries.list"
    sandbox.call("faults", {"kind": "error", "method": method, "status": "PERMISSION_DENIED", "first": 1})
    judged = gate(google, OLD, accept_inconclusive="Monitoring is not for this account")
    (only,) = judged["gates"]
    assert (only["verdict"], judged["stops"]) == ("inconclusive", False)
    assert only["reason"].startswith("Could not read request_count of")
    assert only["waived"] == "an open question is accepted here: Monitoring is not for this account"


PRIVATE = "private-pages"


def private_pages(google: Any) -> dict[str, Any]:
    """Make a service that only callers with a token may call; return it."""
    image = google.run("cloud_run_service", name=FRONTEND)[0]["service"]["template"]["image"]
    made, _writes = google.run("cloud_run_service", name=PRIVATE, image=image, port=3000)
    return dict(made["service"])


def test_a_private_service_is_probed_with_the_caller_s_identity(google: Any) -> None:
    uri = private_pages(google)["uri"]
    target = {"name": "private pages", "kind": "http", "url": f"{uri}/health", "attempts": 3}
    refused, _writes = google.run("health_probe", targets=[target], fail_when_unhealthy=False)
    known, _writes = google.run("health_probe", targets=[{**target, "identity_audience": uri}])
    assert (refused["targets"][0]["observed"]["status"], known["healthy"]) == (403, True)
    assert "Bearer" not in str(known)
    nobody, _writes = google.run(
        "health_probe",
        auth_kind="accesstoken",
        access_token="ya29.token",
        targets=[{**target, "identity_audience": uri}],
    )
    assert nobody["failure"]["option"] == "auth_kind"


AUTH = "netra-auth-service"
OLD_AUTH = "netra-auth-service-00018-qvt"


@pytest.fixture(scope="module")
def story(sandbox: Any) -> Story:
    sandbox.reset("healthy")
    return Story(sandbox)


def deploy(
    story: Story, frontend: dict[str, Any], variables: dict[str, str], *more: dict[str, Any], **options: Any
) -> Any:
    """Roll out the auth service, with more services, and then the frontend, in steps."""
    services = [*contract()["remediation_services"], *more]
    for service in services:
        service.pop("image_proof", None)
        service.pop("vpc_probe", None)
        if service["name"] == AUTH:
            service["environment"]["LOG_LEVEL"] = "debug"
        if service["name"] == FRONTEND:
            service.update({**BROKEN_PROGRAM, **frontend, "environment": {**service["environment"], **variables}})
    waves = [[AUTH, *(service["name"] for service in more)], [FRONTEND, "netra-backend-staging"]]
    return story.play("remediate", remediation_services=services, remediation_waves=waves, **options)


def test_a_red_gate_in_the_second_wave_takes_the_first_one_back_too(story: Story, google: Any) -> None:
    """The first wave has a service that refuses who comes without a token: as a candidate, and in its trial."""
    private = private_pages(google)
    changed = {"name": PRIVATE, "image": private["template"]["image"], "port": 3000, "private": True}
    changed |= {"revision_key": "revision", "environment": {"LOG_LEVEL": "debug"}}
    assert requests.get(f"{private['uri']}/health", timeout=20).status_code == 403
    before = {name: story.serving(name) for name in (AUTH, PRIVATE, FRONTEND)}
    good = {name: next(iter(shares)) for name, shares in before.items()}
    frontend = {
        "traffic_steps": [{"percent": 50, "watch_seconds": 2}, 100],
        "delivery_gate": {"min_requests": 4, "lag_seconds": 20, "max_new_error_groups": 0},
    }
    with users():
        done = deploy(story, frontend, {}, changed, remediation_last_known_good=good)
    assert done.returncode != 0
    assert "at 50 %: error rate" in " ".join(done.stdout.split())
    assert {name: story.serving(name) for name in before} == before
    assert {entry["service"] for entry in story.recorded("rolled_back")} == set(before)
    assert {entry["service"] for entry in story.recorded("traffic_moved")} == set(before)
    red = [entry for entry in story.recorded("gate") if entry["verdict"] == "fail"]
    assert ("delivery", "percent") in {(entry["scope"], entry["unit"]) for entry in red}
    assert all(story.hold(name) for name in before)


STEPS = {"traffic_steps": [20, 60, 100]}
REPAIRED = {"REPAIRED": "yes"}
WITH_USERS = {"min_requests": 4, "watch_seconds": 1, "lag_seconds": 30}


def test_a_run_goes_on_with_the_step_that_was_under_way(story: Story, google: Any) -> None:
    env = {**google.run("cloud_run_service", name=FRONTEND)[0]["service"]["template"]["env"], **REPAIRED}
    made, _writes = google.run("cloud_run_service", name=FRONTEND, env=env, candidate_tag="candidate")
    candidate = made["candidate"]["revision"]
    # What a run leaves behind that ends here.
    google.run("cloud_run_traffic", name=FRONTEND, revision=candidate, percent=20, step=True, hold=None)
    assert sorted(story.serving(FRONTEND).values()) == [20, 80]
    with users():
        done = deploy(
            story,
            {**STEPS, "delivery_gate": WITH_USERS},
            REPAIRED,
            remediation_lift_hold=True,
            remediation_freezes=[{"from": "2020-01-01", "until": "2099-01-01", "reason": "always"}],
            remediation_freeze_override="the pages must be repaired",
        )
    succeeded(done)
    assert f"{candidate} got 20 % of the traffic and then the move stopped" in " ".join(done.stdout.split())
    assert story.serving(FRONTEND) == {candidate: 100}
    assert story.service(FRONTEND).get("annotations", {}).keys().isdisjoint({"netra-remediation-step"})
    (note,) = [entry["text"] for entry in story.recorded("note") if "freeze" in entry["text"]]
    assert note.endswith("overrides the freeze always (until 2099-01-01 UTC): the pages must be repaired")
    moves = [entry.get("percent") for entry in story.recorded("traffic_moved")]
    assert moves == [None, 60, None]  # auth; the share that the frontend had already was judged again, not moved
    judged = [entry["name"].split(": ")[0] for entry in story.recorded("gate") if entry["scope"] == "delivery"]
    assert judged == [f"{candidate} at {percent} %" for percent in (20, 60, 100)]
