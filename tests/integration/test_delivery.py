# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New revisions get users in steps, each gated by what users got; the tests of this file run in order."""

from __future__ import annotations

import concurrent.futures
import getpass
import json
import pathlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
import requests
from module_runs import run_module
from playbook_story import Story, contract, succeeded

FRONTEND = "netra-frontend-staging"
OLD = f"{FRONTEND}-00021-vqz"
APP = "https://app.staging.netrasystems.ai"
# Healthy where probes look, and broken where users go, or once somebody breaks it: only what users get tells it.
BROKEN = """
import http.server, json, os, sys, traceback
broken = ["REPAIRED" not in os.environ]
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        broken.append(broken[-1] or self.path.startswith("/break"))
        good = self.path.startswith("/health") or not broken[-1]
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


def visit(number: int, path: str = "") -> int:
    return requests.get(f"{APP}/{path}?{number}", timeout=20).status_code


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


@contextmanager
def once_asked(story: Story, *acts: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Let somebody act when the runs of this file ask their next question, and the one after that."""
    ended = threading.Event()

    def questions() -> list[dict[str, Any]]:
        ledgers = sorted(story.sandbox.directory.glob("records/*/*/ledger.jsonl"))
        lines = [json.loads(line) for path in ledgers for line in path.read_text(encoding="utf-8").splitlines()]
        return [{**line["body"], "run": ledgers[-1].parent.name} for line in lines if line["kind"] == "approval_asked"]

    def watch(before: int) -> None:
        for number, act in enumerate(acts, start=1):
            while len(questions()) < before + number:
                if ended.wait(0.1):
                    return
            act(questions()[-1])

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        acting = pool.submit(watch, len(questions()))
        try:
            yield
        finally:
            ended.set()
            acting.result()


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


def test_a_red_gate_is_no_matter_for_whoever_is_asked(
    google: Any, candidate: dict[str, Any], tmp_path: pathlib.Path
) -> None:
    """Also not for who approved beforehand; check mode says what would be asked."""
    place = {"directory": str(tmp_path), "environment": "asked"}
    started = run_module("run_record", **place)
    limits = {"min_requests": 5, "watch_seconds": 60, "lag_seconds": 60}
    plan = {
        "service": FRONTEND,
        "steps": [{"service": FRONTEND, "percent": 50, "limits": limits}],
        "whole": None,
        "approvals": [{"percent": 100, "seconds": 60, "overrun": "stop"}],
    }
    asked = {**place, "run": started["run"]["id"], "deliveries": [plan], "revisions": {FRONTEND: candidate["revision"]}}
    predicted, _writes = google.run("delivery_approval", check_mode=True, **asked)
    assert predicted["question"].startswith(
        f"Would ask whether a new revision may have 100 % of the traffic of {FRONTEND}"
    )
    nobody, _writes = google.run("delivery_approval", step=0, **asked)
    assert (nobody["question"], nobody["moves"]) == ("", [])
    red, writes = google.run("delivery_approval", approved={f"{FRONTEND}:100": "in advance"}, **asked)
    assert (red["failure"]["verdict"], writes) == ("fail", [])
    assert f"{candidate['revision']} at 50 %: error rate: " in red["msg"]


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


REPAIRED = {"REPAIRED": "yes"}
AUTH = "netra-auth-service"
MOST_TASKS_TO_ROLLBACK = 8
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


def test_a_gate_that_turns_red_while_a_person_is_asked_takes_the_first_wave_back_too(
    story: Story, google: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first wave has a service that refuses who comes without a token: as a candidate, and in its trial."""
    private = private_pages(google)
    changed = {"name": PRIVATE, "image": private["template"]["image"], "port": 3000, "private": True}
    changed |= {"revision_key": "revision", "environment": {"LOG_LEVEL": "debug"}}
    assert requests.get(f"{private['uri']}/health", timeout=20).status_code == 403
    before = {name: story.serving(name) for name in (AUTH, PRIVATE, FRONTEND)}
    good = {name: next(iter(shares)) for name, shares in before.items()}
    frontend = {
        "traffic_steps": [{"percent": 50, "watch_seconds": 2}, {"percent": 100, "approval": True}],
        "delivery_gate": {"min_requests": 4, "lag_seconds": 20},
    }

    def break_it(_question: dict[str, Any]) -> None:
        assert 500 in (visit(number, "break") for number in range(50))  # half of them meet the new revision

    mark = story.sandbox.mark()
    with users(), once_asked(story, break_it):
        done = deploy(story, frontend, REPAIRED, changed, remediation_last_known_good=good)
    assert done.returncode != 0
    assert "nobody had to be asked any more" in " ".join(done.stdout.split())
    assert {name: story.serving(name) for name in before} == before
    assert {entry["service"] for entry in story.recorded("rolled_back")} == set(before)
    assert {entry["service"] for entry in story.recorded("traffic_moved")} == set(before)
    verdicts = [entry["verdict"] for entry in story.recorded("gate") if entry["name"].endswith("at 50 %: error rate")]
    assert verdicts == ["pass", "fail"]
    (asked,) = story.recorded("approval")
    assert (asked["moves"], asked["answer"]) == ([f"{FRONTEND}:100"], "gate_failed")
    assert all(story.hold(name) for name in before)
    # Seconds depend on what else the machine does; the tasks between do not.
    after = done.stdout.rpartition("Wait for the answer, with the gate armed")[2]
    between = after.partition("revision behind a tag")[0]
    with capsys.disabled():
        told = f"{between.count('TASK [')} tasks, {seconds_to_rollback(story, mark):.2f} s"
        sys.stdout.write(f"\n{told} from the red gate to the rollback's first write\n")
    assert 0 < between.count("TASK [") <= MOST_TASKS_TO_ROLLBACK


def seconds_to_rollback(story: Story, mark: int) -> float:
    """Return how long after the last red gate on record Cloud Run was first asked to change something."""
    path = story.sandbox.directory / f"records/netra-staging/{story.newest()}/ledger.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    red = max(line["time"] for line in lines if line["kind"] == "gate" and line["body"]["verdict"] == "fail")
    verdict = datetime.fromisoformat(red)
    moments = [
        datetime.fromisoformat(write["time"])
        for write in story.sandbox.writes(mark)
        if "run.projects" in write["method"]
    ]
    return min((moment - verdict).total_seconds() for moment in moments if moment > verdict)


STEPS = {"traffic_steps": [20, {"percent": 60, "approval": True}, {"percent": 100, "approval": True}]}
WITH_USERS = {"min_requests": 4, "watch_seconds": 1, "lag_seconds": 30}


def test_a_run_goes_on_with_the_step_that_was_under_way(story: Story, google: Any) -> None:
    variables = {**REPAIRED, "AGAIN": "yes"}
    env = {**google.run("cloud_run_service", name=FRONTEND)[0]["service"]["template"]["env"], **variables}
    made, _writes = google.run("cloud_run_service", name=FRONTEND, env=env, candidate_tag="candidate")
    candidate = made["candidate"]["revision"]
    # What a run leaves behind that ends here.
    google.run("cloud_run_traffic", name=FRONTEND, revision=candidate, percent=20, step=True, hold=None)
    assert sorted(story.serving(FRONTEND).values()) == [20, 80]
    (story.sandbox.directory / "records/netra-staging/approve").write_text("reject that of yesterday", "utf-8")

    def approve(question: dict[str, Any]) -> None:
        give_up = time.monotonic() + 60
        while not any("older than" in note["text"] for note in story.recorded("note")) and time.monotonic() < give_up:
            time.sleep(0.1)
        line = f"approve {question['run']} {','.join(question['moves'])} users are content"
        pathlib.Path(question["file"]).write_text(line, "utf-8")

    with users(), once_asked(story, approve):
        done = deploy(
            story,
            {**STEPS, "delivery_gate": WITH_USERS},
            variables,
            remediation_approved={f"{FRONTEND}:100": "CHG-7"},
            remediation_budgets={"deployment": {"seconds": 4}},
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
    first, last = story.recorded("approval")
    assert (first["moves"], first["by"], first["reason"]) == (
        [f"{FRONTEND}:60"],
        getpass.getuser(),
        "users are content",
    )
    assert (last["moves"], last["reason"]) == ([f"{FRONTEND}:100"], "CHG-7")
    assert [gate["name"] for gate in first["gates"] + last["gates"]] == [
        f"{candidate} at 20 %: error rate",
        f"{candidate} at 60 %: error rate",
    ]
    assert "older than the question and names no run" in " ".join(done.stdout.split())
    report = (story.sandbox.directory / f"records/netra-staging/{story.newest()}/report.md").read_text(encoding="utf-8")
    assert "(users are content)" in report.partition("## Approvals")[2]
    told = story.recorded("budget")
    assert [spent["level"] for spent in told] == ["near", "over"]
    assert {3, 4} & {spent["spent"] for spent in told}  # told when it passed, not at the next border
    assert "deployment took " in done.stderr
