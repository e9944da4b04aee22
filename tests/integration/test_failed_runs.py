# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failing run does with the traffic, and what it says about it; the tests of this file run in order."""

from __future__ import annotations

from typing import Any

import pytest
from killed_runs import stopped_once
from playbook_story import BACKEND, Story, contract

RED = {"remediation_gates": {"websocket_seconds": 0.0001}}
CAUSE = "The gates of netra-staging are not green. golden path: websocket: "
FRONTEND = "netra-frontend-staging"


@pytest.fixture(scope="module")
def story(sandbox: Any) -> Story:
    """Start from an environment where nothing is to be done."""
    sandbox.reset("healthy")
    return Story(sandbox)


def fails(story: Story, *variables: dict[str, Any]) -> str:
    """Remediate, which must fail, and return what it printed, in one line."""
    extra = {name: value for each in variables for name, value in each.items()}
    done = story.play("remediate", **extra)
    assert done.returncode != 0, done.stdout
    return " ".join((done.stdout + done.stderr).split())


def wanted(*tried: str, **levels: str) -> dict[str, Any]:
    """Return a contract whose backend and frontend log at other levels than those that are deployed.

    All is in one wave, without the config files, and only what is `tried` has jobs before: the phases and jobs that a
    story is not about take their time in each of its runs.
    """
    services = contract()["remediation_services"]
    for service in services:
        for level in (level for name, level in levels.items() if name in service["name"]):
            service["environment"]["LOG_LEVEL"] = level
        for job in ("image_proof", "vpc_probe"):
            if service["name"] not in tried:
                service.pop(job, None)
    waves = [[service["name"] for service in services]]
    return {"remediation_services": services, "remediation_waves": waves, "remediation_config_files": []}


def test_nothing_is_rolled_back_when_nothing_had_moved(story: Story) -> None:
    before, mark = story.serving(BACKEND), story.sandbox.mark()
    said = fails(story, RED)
    assert CAUSE in said
    assert "No traffic was rolled back: this run had moved none." in said
    assert (story.serving(BACKEND), story.sandbox.writes(mark)) == (before, [])
    assert story.recorded("rolled_back") == []


def test_no_revision_is_made_that_its_database_would_refuse(story: Story) -> None:
    """The probe from the service's network meets a password that is none."""
    before, mark = story.service(BACKEND), story.sandbox.mark()
    variables = wanted(BACKEND, backend="one")
    (backend,) = (entry for entry in variables["remediation_services"] if entry["name"] == BACKEND)
    del backend["image_proof"]
    backend["vpc_probe"]["targets"][0]["variables"]["password"] = "SECRET_KEY"
    said = fails(story, variables)
    assert f"The gates of netra-staging are not green. health of database of {BACKEND}: " in said
    assert "password authentication failed" in said
    assert "No traffic was rolled back: this run had moved none." in said
    judged = {entry["name"]: entry["verdict"] for entry in story.recorded("gate")}
    assert judged == {f"health of database of {BACKEND}": "fail", f"health of redis of {BACKEND}": "pass"}
    assert story.service(BACKEND) == before
    made = {write["method"].rpartition("locations.")[2] for write in story.sandbox.writes(mark)}
    assert {method for method in made if not method.startswith(("jobs.", "storage."))} == set(), made


def test_without_automatic_rollback_the_traffic_stays_where_the_run_moved_it(story: Story) -> None:
    (before,) = story.serving(FRONTEND)
    said = fails(story, RED, wanted(frontend="one"), {"remediation_auto_rollback": False})
    assert CAUSE in said
    assert "No traffic was rolled back: remediation_auto_rollback is false." in said
    (moved,) = story.recorded("traffic_moved")
    assert moved["from"] == before
    assert story.serving(FRONTEND) == {moved["to"]: 100}
    assert story.hold(FRONTEND) is None
    assert story.recorded("rolled_back") == []


def test_another_revision_than_the_deployed_one_gets_no_traffic(story: Story) -> None:
    """The frontend's status stands for a revision that is not the new one."""
    before, variables = story.serving(FRONTEND), wanted(frontend="other")
    (frontend,) = (entry for entry in variables["remediation_services"] if entry["name"] == FRONTEND)
    frontend["revision_key"] = "status"
    said = fails(story, variables, {"deployment_attempts": 1})
    assert "status is " in said
    assert f'instead of \\"{FRONTEND}-' in said or f'instead of "{FRONTEND}-' in said
    assert story.recorded("traffic_moved") == []
    assert story.serving(FRONTEND) == before


def test_a_gate_that_nobody_measured_fails_the_run_and_rolls_nothing_back(story: Story) -> None:
    unmeasured = {"golden_path_observed": {"observation": {"services": {BACKEND: {}}}}}
    said = fails(story, wanted(frontend="two"), unmeasured)
    assert f"errors of {BACKEND}: nothing was measured" in said
    assert "No traffic was rolled back: no gate failed, but one could not be measured." in said
    (moved,) = story.recorded("traffic_moved")
    assert story.serving(FRONTEND) == {moved["to"]: 100}
    assert story.hold(FRONTEND) is None


def test_a_trial_that_fails_moves_nothing_and_leaves_no_tag(story: Story) -> None:
    said = fails(
        story,
        RED,
        wanted(frontend="two", backend="three"),
        {"rollback_health_seconds": 0.000001, "rollback_attempts": 1},
    )
    assert f"No traffic was rolled back. The traffic stays where it is: that of {BACKEND} (" in said
    (moved,) = story.recorded("traffic_moved")
    assert story.serving(BACKEND) == {moved["to"]: 100}
    assert (story.tags(BACKEND), story.hold(BACKEND)) == (set(), None)
    assert [entry["service"] for entry in story.recorded("not_rolled_back")] == [BACKEND]


def test_a_run_that_takes_up_another_goes_back_to_before_both_and_says_what_moved(story: Story) -> None:
    """Also where the rollback is not healthy where users meet it."""
    first, (moved,) = story.newest(), story.recorded("traffic_moved")
    elsewhere = {"rollback_contract": {BACKEND: {"host": "nowhere.staging.netrasystems.ai"}}, "rollback_interval": 0.1}
    said = fails(story, RED, wanted(frontend="two", backend="three"), elsewhere, {"remediation_resume": first})
    assert f"Takes up run {first} (failed), which finished " in said
    (resumed,) = story.recorded("resumed")
    assert (resumed["done"][-1], resumed["broke_off_in"]) == ("deployment", "golden_path")
    (started,) = story.recorded("started")
    assert (started["resumes"], started["baseline"], started["phases"]) == (first, first, [])
    (back,) = story.recorded("rolled_back")
    assert back["away_from"] == moved["to"]
    assert f"The traffic went back and is held there: that of {BACKEND} to {back['revision']}. After the move: " in said
    assert "nowhere.staging.netrasystems.ai" in said
    assert story.serving(BACKEND) == {back["revision"]: 100}
    assert story.hold(BACKEND) is not None


def test_a_run_that_is_stopped_by_a_file_takes_back_what_it_moved_where_that_is_asked_for(story: Story) -> None:
    (before,) = story.serving(BACKEND)
    variables = {
        **wanted(frontend="two", backend="five"),
        "remediation_lift_hold": True,
        "remediation_budgets": {"total": {"seconds": 1}},
    }
    moved = rf"Record where the traffic went\]((?!TASK).)*item={BACKEND}"
    said = stopped_once(story, moved, "roll_back the app team sees 500s", variables)
    assert "the run is to stop, " in said
    assert "(the app team sees 500s)" in said
    (stopped,), (back,) = story.recorded("stopped"), story.recorded("rolled_back")
    assert (stopped["how"], stopped["then"]) == ("stop_file", "roll_back")
    assert (back["revision"], story.serving(BACKEND)) == (before, {before: 100})
    assert [entry["phase"] for entry in story.recorded("phase_began")][-2:] == ["deployment", "rollback"]
    # Whether a border came when it was nearly spent is a matter of the machine's speed.
    told = [(entry["level"], entry["decision"]) for entry in story.recorded("budget") if entry["level"] != "near"]
    assert told == [("over", "warn")]
    assert story.recorded("finished") == [{}]
