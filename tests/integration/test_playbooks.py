# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole story of an incident: the tests of this file run in order, each on what the one before left behind."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from killed_runs import killed_at_write
from playbook_story import (
    BACKEND,
    BIN,
    RECORDED,
    ROOT,
    SUPPLIED,
    Story,
    changed_services,
    recap,
    spellings,
    succeeded,
    supplied_secrets,
)

from ansible_collections.netra.remediation.plugins.module_utils.foundation import changes, intent

KEY = "jwt-secret-key-staging"
CONFIG = "deployment/staging_config.yaml"
APPLICATION = ROOT / "sandbox/application"
APPROVER = "alice@example.com"
NEW_KEYS = {"good": 'nVq3+8/Zx%20Lw5"tR0kYb7Mc4Jd9PhGs2', "bad": "uT6w-1XzC_v4Bn8Mq3Ls7Kd0Jf5HgAe9R"}
SERVICES = (BACKEND, "netra-auth-service", "netra-frontend-staging")
READERS = {BACKEND, "netra-auth-service"}
LATEST_SERVES = [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}]
FIRST = "BLD-001 netra-backend-staging"
CAUSES = ("BLD-001", "INF-001", "INF-002", "INF-003", "SEC-001", "CFG-001")


@pytest.fixture(scope="module")
def story(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Tell it by ansible-runner, which AWX runs, where that is installed: with the newest ansible-core."""
    sandbox.reset("incident")
    runner = (BIN / "ansible-runner").exists()
    return Story(sandbox, tmp_path_factory.mktemp("jobs") if runner else None, watches_arguments=True)


def test_the_golden_path_fails_with_reasons(story: Story) -> None:
    done = story.play("validate")
    assert done.returncode != 0
    words = " ".join(done.stdout.split())
    assert "https://api.staging.netrasystems.ai/health answered 503" in words
    assert "golden path: login" in words
    assert "golden path: events: not tried, because" in words


@pytest.mark.every_core
def test_the_diagnosis_names_the_causes_and_writes_nothing(story: Story) -> None:
    mark, before = story.sandbox.mark(), files_of(story)
    done = story.play("diagnose")
    assert succeeded(done)["changed"] == 0
    assert f"1. {CAUSES[0]} ERROR  netra-backend-staging" in done.stdout
    assert [cause for cause in CAUSES if cause not in done.stdout] == []
    assert story.sandbox.writes(mark) == []
    assert files_of(story) == before


def changes_of(story: Story) -> tuple[changes.Change, ...]:
    """Return the changes that the newest run said before it made them."""
    journal = intent.read(str(story.sandbox.directory / f"records/netra-staging/{story.newest()}/{intent.FILE}"))
    assert journal is not None
    return journal.said


def files_of(story: Story, *names: str) -> set[pathlib.Path]:
    """Return what a run could leave behind: records, and files among the sources."""
    folders = (story.sandbox.directory / name for name in names or ("records", "workspace"))
    return {path for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_a_diagnosis_fails_and_writes_where_it_was_asked_to(story: Story, tmp_path: pathlib.Path) -> None:
    mark, place = story.sandbox.mark(), tmp_path / "diagnosis.json"
    done = story.play("diagnose", remediation_fail_on="error", remediation_diagnosis_file=str(place))
    assert done.returncode == 2
    assert f"the first cause is {FIRST}" in " ".join(done.stdout.split())
    assert recap(done)["changed"] == 0
    told = json.loads(place.read_text(encoding="utf-8"))
    assert place.stat().st_mode & 0o077 == 0
    assert (told["environment"], told["verdict"]["first"], told["findings"][0]["key"]) == (
        "netra-staging",
        FIRST,
        FIRST,
    )
    assert told["verdict"]["complete"]
    assert story.sandbox.writes(mark) == []


def test_what_is_selected_and_silenced_decides_how_it_ends(story: Story) -> None:
    silence = {"id": "INF-001", "reason": "it is on its way", "until": "2999-12-31"}
    chosen = {"remediation_checks": ["INF-001"], "remediation_silenced": [silence], "remediation_fail_on": "warning"}
    done = story.play("diagnose", **chosen)
    assert succeeded(done)["changed"] == 0
    assert "Silenced: INF-001 staging-redis until 2999-12-31: it is on its way" in " ".join(done.stdout.split())


@dataclass(frozen=True)
class Desk:
    """What a run of this story is given: variables with secrets, a plan, and who may approve it."""

    variables: str
    plan: pathlib.Path
    key: pathlib.Path
    signers: pathlib.Path

    def options(self, approvals: int = 1, **more: Any) -> tuple[str, ...]:
        """Return the options of a run that keeps to the plan."""
        asked = {
            "remediation_plan": str(self.plan),
            "remediation_plan_approvals": approvals,
            "remediation_allowed_signers": str(self.signers),
            **more,
        }
        return ("-e", self.variables, "-e", json.dumps(asked))

    def approve(self, reason: str) -> None:
        """Approve the plan as a person does."""
        who = ("--as", APPROVER, "--key", str(self.key), "--reason", reason)
        command = [str(ROOT / "cli/plan"), "approve", str(self.plan), *who]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHON": sys.executable})


@pytest.fixture(scope="module")
def desk(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    place = tmp_path_factory.mktemp("desk")
    variables, environment = supplied_secrets(place)
    key, signers = place / "key", place / "signers"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    signers.write_text(f"{APPROVER} {(place / 'key.pub').read_text(encoding='utf-8')}", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield Desk(variables, story.sandbox.directory / "records/netra-staging/plan.json", key, signers)


@pytest.mark.every_core
def test_check_mode_writes_nothing_but_a_plan(story: Story, desk: Desk) -> None:
    mark = story.sandbox.mark()
    before = story.serving(BACKEND)
    done = story.play("remediate", "--check", "--diff", "-vvv", "-e", desk.variables)
    assert succeeded(done)["changed"] > 0
    assert story.sandbox.writes(mark) == []
    assert story.serving(BACKEND) == before
    assert [path.name for path in files_of(story, "records")] == [desk.plan.name]
    assert f"apply it with -e remediation_plan={desk.plan}" in " ".join(done.stdout.split())


def test_a_plan_that_nobody_approved_is_not_applied(story: Story, desk: Desk) -> None:
    mark = story.sandbox.mark()
    done = story.play("remediate", *desk.options())
    assert done.returncode != 0
    assert "it needs the approval of 1, and 0 approved it. Nothing was written." in " ".join(done.stdout.split())
    assert story.sandbox.writes(mark) == []


def test_a_run_that_is_killed_holds_nobody_up(story: Story, desk: Desk) -> None:
    """In an apply of Terraform: the next run, below, takes the lock over and completes the repair."""
    desk.approve("as agreed at nine")
    assert killed_at_write(story, 1, handled=True, method="vpcaccess.*", options=desk.options())
    story.killed = 1


@pytest.mark.every_core
def test_the_environment_is_repaired_exactly_as_planned(story: Story, desk: Desk) -> None:
    desk.approve("as agreed at nine")
    mark = story.sandbox.mark()
    done = story.play("remediate", "--diff", "-vvv", *desk.options())
    assert succeeded(done)["changed"] > 0
    (kept,) = story.recorded("plan")
    assert [(said["approver"], said["reason"]) for said in kept["approvals"]] == [(APPROVER, "as agreed at nine")]
    planned = [changes.from_dict(change) for change in json.loads(desk.plan.read_text(encoding="utf-8"))["changes"]]
    made = changes_of(story)
    assert [change for change in made if changes.place_of(planned, 0, change) is None] == []
    assert "report.md" in done.stdout
    # The run that was killed, whose record is closed now.
    taken_up = [(entry["verdict"], entry["done"][0]) for entry in story.recorded("resumed")]
    assert taken_up == [("killed", "build")] * story.killed
    ran = [write["method"].rpartition("locations.")[2] for write in story.sandbox.writes(mark)]
    proof = ran.index("jobs.create")  # the image is tried before any revision is made from it
    assert ran[proof : proof + 2] == ["jobs.create", "jobs.run"]
    assert "services.patch" not in ran[:proof]
    assert RECORDED not in story.serving(BACKEND)
    assert story.payloads() >= {payload.encode() for payload in SUPPLIED.values()}


def test_the_golden_path_passes(story: Story) -> None:
    assert succeeded(story.play("validate"))["changed"] == 0


@pytest.mark.every_core
def test_a_second_run_changes_nothing(story: Story) -> None:
    mark = story.sandbox.mark()
    assert succeeded(story.play("remediate"))["changed"] == 0
    assert story.sandbox.writes(mark) == []


def test_nothing_drifted_and_a_schedule_can_tell(story: Story, tmp_path: pathlib.Path) -> None:
    mark, place = story.sandbox.mark(), tmp_path / "drift.json"
    assert succeeded(story.play("drift", remediation_drift_file=str(place)))["changed"] == 0
    told = json.loads(place.read_text(encoding="utf-8"))
    assert told == {"environment": "netra-staging", "exit_code": 0, "drift": [], "changes": [], "error": ""}
    assert story.sandbox.writes(mark) == []


def test_a_plan_that_is_out_of_date_names_what_moved(story: Story, desk: Desk, google: Any) -> None:
    """Somebody labels a service by hand between the check and the run."""
    steps = [10, {"percent": 50, "approval": True}, {"percent": 100, "approval": True}]
    changed = {"remediation_services": changed_services(), "remediation_traffic_steps": steps}
    mark = story.sandbox.mark()
    done = story.play("remediate", "--check", *desk.options(0, remediation_plan="", **changed))
    assert succeeded(done)["changed"] > 0
    asked = [request["method"] for request in story.sandbox.requests(mark) if request["validate_only"]]
    assert "run.projects.locations.services.patch" in asked  # the server judged what it can know
    assert f"Would ask a person before {BACKEND} gets 50 % and 100 % of the traffic." in " ".join(done.stdout.split())
    by_hand, _writes = google.run("cloud_run_service", name=BACKEND, labels={"by-hand": "1"})
    assert by_hand.get("changed"), by_hand
    mark = story.sandbox.mark()
    done = story.play("remediate", *desk.options(0, **changed))
    assert done.returncode != 0
    said = " ".join(done.stdout.split())
    assert f"service {BACKEND}: labels.by-hand was absent and is 1" in said
    assert "Nothing was written. Make a new plan with --check" in said
    assert story.sandbox.writes(mark) == []
    undone, _writes = google.run("cloud_run_service", name=BACKEND, labels={"by-hand": None})
    assert undone.get("changed"), undone


def test_a_full_run_changes_nothing_either(story: Story) -> None:
    skipped = {"build": "the images are new"}
    done = story.play("remediate", "--skip-tags", "phase5", remediation_mode="full", remediation_skip=skipped)
    assert succeeded(done)["changed"] == 0
    assert "Left out: build (remediation_skip: the images are new)" in done.stdout
    assert {entry["phase"]: entry["why"] for entry in story.recorded("left_out")} == {
        "build": "remediation_skip: the images are new",
        "golden_path": "--skip-tags phase5",
    }
    begun = [entry["phase"] for entry in story.recorded("phase_began")]
    assert begun == ["infrastructure", "configuration", "deployment"]


@pytest.mark.every_core
def test_a_rollback_brings_back_what_it_may_and_tells_what_it_may_not(story: Story) -> None:
    """Traffic and the config file go back; the ignore file does not, because a person edited it since."""
    config, ignore = (story.sandbox.directory / f"workspace/{name}" for name in (CONFIG, ".dockerignore"))
    edited = ignore.read_text(encoding="utf-8") + "# a person\n"
    ignore.write_text(edited, encoding="utf-8")
    done = story.play("rollback", "--diff", "-vvv")
    assert done.returncode != 0
    assert recap(done)["changed"] > 0
    assert (story.serving(BACKEND), story.hold(BACKEND) is None) == ({RECORDED: 100}, False)
    assert "POSTGRES_HOST: PLACEHOLDER_POSTGRES_HOST" in config.read_text(encoding="utf-8")
    assert ignore.read_text(encoding="utf-8") == edited
    went = f"The traffic went back and is held there: that of {BACKEND} to {RECORDED}."
    said = " ".join((done.stdout + done.stderr).split())
    assert f"The rollback of netra-staging is not complete. {went}" in said
    assert f"Went back as well: file {config}. Did not go back: file {ignore} (it is not what run " in said
    told = {pathlib.Path(item["subject"]).name: item["outcome"] for item in story.recorded("undone")}
    assert told == {config.name: "done", ignore.name: "refused"}
    assert {gate["verdict"] for gate in story.recorded("gate")} == {"pass"}
    ignore.write_bytes((APPLICATION / ignore.name).read_bytes())
    assert succeeded(story.play("validate"))["changed"] == 0


def test_a_rollback_is_not_rolled_back(story: Story) -> None:
    done = story.play("rollback")
    assert succeeded(done)["changed"] == 0
    assert f"As before the run already: traffic of {BACKEND}, file " in " ".join(done.stdout.split())
    assert story.serving(BACKEND) == {RECORDED: 100}


def test_roll_forward_respects_the_hold_and_says_how_to_lift_it(story: Story) -> None:
    mark = story.sandbox.mark()
    done = story.play("remediate")
    assert done.returncode != 0
    assert "remediation_lift_hold=true" in done.stdout
    assert story.sandbox.writes(mark) == []


def test_a_lifted_hold_rolls_forward(story: Story) -> None:
    assert succeeded(story.play("remediate", remediation_lift_hold=True))["changed"] > 0
    assert RECORDED not in story.serving(BACKEND)
    assert story.hold(BACKEND) is None


def rotated(story: Story, place: pathlib.Path, name: str, **variables: Any) -> Any:
    """Rotate the key of tokens to a new one."""
    claims = {"iss": "netra-auth-service", "sub": "0", "email": "probe@netrasystems.ai", "kind": "access"}
    use = {"secret": KEY, "kind": "jwt_key", "url": "https://api.staging.netrasystems.ai/health", "claims": claims}
    variables = {"remediation_secret_uses": [use], **variables}
    given = {"remediation_rotate": [KEY], "remediation_secret_payloads": {KEY: NEW_KEYS[name]}, **variables}
    (place / "variables.json").write_text(json.dumps(given), encoding="utf-8")
    return story.play("rotate", "--diff", "-vvv", "-e", f"@{place / 'variables.json'}")


def test_a_rotation_whose_golden_path_fails_is_undone(story: Story, tmp_path: pathlib.Path) -> None:
    gates = {"health_seconds": 2, "websocket_seconds": 0.0001, "database_seconds": 2, "errors_per_hour": 5}
    done = rotated(story, tmp_path, "bad", remediation_gates=gates)
    assert done.returncode != 0
    said = " ".join((done.stdout + done.stderr).split())
    assert "golden path: websocket: " in said
    assert "The rotation was undone: the old versions are enabled and serve." in said
    assert story.versions(KEY) == {"1": "ENABLED", "2": "DISABLED"}
    assert {name: story.bound(name).get("JWT_SECRET_KEY") for name in READERS} == dict.fromkeys(READERS, f"{KEY}:1")
    assert {name: (story.tags(name), story.hold(name)) for name in READERS} == dict.fromkeys(READERS, (set(), None))
    assert all(story.service(name)["traffic"] == LATEST_SERVES for name in READERS)
    assert {moved["service"] for moved in story.recorded("rolled_back")} == READERS


def test_a_rotation_rolls_the_services_that_read_the_secret_and_only_those(
    story: Story, tmp_path: pathlib.Path
) -> None:
    before = {name: story.serving(name) for name in SERVICES}
    done = rotated(story, tmp_path, "good")
    assert succeeded(done)["changed"] > 0
    assert story.versions(KEY) == {"1": "DISABLED", "2": "DISABLED", "3": "ENABLED"}
    after = {name: story.serving(name) for name in SERVICES}
    assert {name for name in SERVICES if after[name] != before[name]} == READERS
    assert {name: story.bound(name).get("JWT_SECRET_KEY") for name in READERS} == dict.fromkeys(READERS, f"{KEY}:3")
    passed = {gate["name"] for gate in story.recorded("gate") if gate["verdict"] == "pass"}
    assert f"health of secret {KEY}:3 as jwt_key" in passed
    config = (story.sandbox.directory / f"workspace/{CONFIG}").read_text(encoding="utf-8")
    assert f"{KEY}:3" in config
    assert [entry["path"].rpartition("/")[2] for entry in story.recorded("file_written")] == [pathlib.Path(CONFIG).name]
    assert [tag for name in READERS for tag in story.tags(name)] == []


def test_a_failing_gate_rolls_back_and_names_the_first_cause(story: Story) -> None:
    (before,) = story.serving(BACKEND)
    gates = {"health_seconds": 2, "websocket_seconds": 0.0001, "database_seconds": 2, "errors_per_hour": 5}
    done = story.play("remediate", "-vvv", remediation_gates=gates, remediation_services=changed_services())
    assert done.returncode != 0
    (moved,) = story.recorded("traffic_moved")
    assert (moved["service"], moved["from"]) == (BACKEND, before)
    assert moved["to"] != before
    (rolled_back,) = story.recorded("rolled_back")
    assert (rolled_back["service"], rolled_back["revision"], rolled_back["away_from"]) == (BACKEND, before, moved["to"])
    assert story.serving(BACKEND) == {before: 100}
    assert story.tags(BACKEND) == set()
    cause = "The gates of netra-staging are not green. golden path: websocket: "
    assert cause in str((story.hold(BACKEND) or {}).get("reason"))
    went_back = f" The traffic went back and is held there: that of {BACKEND} to {before}."
    said = " ".join((done.stdout + done.stderr).split())
    assert re.search(re.escape(cause) + r"[^;]{,80}" + re.escape(went_back), said), said


@pytest.mark.every_core
def test_no_secret_is_anywhere(story: Story) -> None:
    payloads = story.payloads()
    texts = {f"output {number}": text.encode() for number, text in enumerate(story.printed)}
    directory = story.sandbox.directory
    places = [*directory.glob("records/**/*"), directory / "requests.jsonl", directory.parent / f"{directory.name}.log"]
    if story.jobs:
        places += [
            path for kept in ("stdout", "job_events/*.json") for path in story.jobs.glob(f"*/artifacts/*/{kept}")
        ]
    texts |= {str(path): path.read_bytes() for path in places if path.is_file()}
    private_key = json.loads((story.sandbox.directory / "key.json").read_text(encoding="utf-8"))["private_key"]
    # One line of the key: line breaks look different in each format.
    payloads |= {payload.encode() for payload in NEW_KEYS.values()}
    assert any(b"ansible-playbook" in title for title in story.arguments)
    texts["the arguments of processes"] = b"\n".join(story.arguments)
    secrets = {
        *(spelling for payload in payloads for spelling in spellings(payload)),
        story.sandbox.token.encode(),
        private_key.encode().split()[5],
    }
    assert len(payloads) >= 9
    assert len(texts) > 10
    # Not the value itself in the message: it would be printed.
    leaks = [place for place, text in texts.items() for secret in secrets if len(secret) > 5 and secret in text]
    assert leaks == []


@pytest.mark.every_core
def test_the_sandbox_answered_as_google_does(story: Story) -> None:
    assert [event for event in story.sandbox.events() if event["event"] in {"answer-violation", "handler-error"}] == []
