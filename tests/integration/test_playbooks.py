# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole story of an incident: the tests of this file run in order, each on what the one before left behind."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import yaml

ROOT = pathlib.Path(__file__).parents[2]
BIN = pathlib.Path(sys.executable).parent
INVENTORY = ROOT / "inventory/sandbox"
PROJECT = "netra-staging"
BACKEND = "netra-backend-staging"
RECORDED = "netra-backend-staging-00035-fnj"
CAUSES = ("BLD-001", "INF-001", "INF-002", "INF-003", "SEC-001", "CFG-001")
NAMED_SANDBOX = "NETRA_SANDBOX_DIR"


@dataclass
class Story:
    """The sandbox of the story and all that its runs printed."""

    sandbox: Any
    printed: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables of a run: only the inventory leads it to the sandbox."""
        kept = {name: value for name, value in os.environ.items() if name not in self.sandbox.environment}
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        chosen = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), NAMED_SANDBOX: str(self.sandbox.directory)}
        return {**kept, "PATH": path, "ANSIBLE_NOCOLOR": "1", **chosen}

    def play(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a playbook from the checkout."""
        return self.run("ansible-playbook", "-i", str(INVENTORY), str(ROOT / f"playbooks/{name}.yml"), *options)

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment that runs the tests, and keep what it printed."""
        done = subprocess.run(
            [str(BIN / program), *arguments],
            cwd=ROOT,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=240,
        )
        self.printed.append(done.stdout + done.stderr)
        return done

    def ask(self, url: str) -> dict[str, Any]:
        """Read from an API of the sandbox."""
        answer = requests.get(url, headers={"Authorization": f"Bearer {self.sandbox.token}"}, timeout=30)
        answer.raise_for_status()
        return dict(answer.json())

    def serving(self, service: str) -> dict[str, int]:
        """Return the percentage of each serving revision."""
        found = self.ask(f"https://run.googleapis.com/v2/projects/{PROJECT}/locations/us-central1/services/{service}")
        latest = found.get("latestReadyRevision", "").rsplit("/", 1)[-1]
        statuses = [status for status in found["trafficStatuses"] if status.get("percent")]
        return {status.get("revision", latest): status["percent"] for status in statuses}

    def payloads(self) -> set[bytes]:
        """Return every payload of every secret, by reading them."""
        base = "https://secretmanager.googleapis.com/v1"
        found = set()
        for secret in self.ask(f"{base}/projects/{PROJECT}/secrets")["secrets"]:
            for version in self.ask(f"{base}/{secret['name']}/versions").get("versions", []):
                if version["state"] == "ENABLED":
                    answer = self.ask(f"{base}/{version['name']}:access")
                    found.add(base64.b64decode(answer["payload"]["data"]))
        return found


def recap(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """Return the numbers of the only host's recap."""
    line = next(line for line in done.stdout.splitlines() if re.match(r"netra-staging +:", line))
    return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", line)}


def succeeded(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    assert done.returncode == 0, done.stdout + done.stderr
    return recap(done)


def contract() -> dict[str, Any]:
    """Return the variables of the sandbox's inventory."""
    return dict(yaml.safe_load((INVENTORY / "group_vars/all/contract.yml").read_text(encoding="utf-8")))


def changed_services() -> list[dict[str, Any]]:
    """Return the services of the contract, the backend with one more variable."""
    services = contract()["remediation_services"]
    services[0]["environment"]["LOG_LEVEL"] = "debug"
    return list(services)


@pytest.fixture(scope="module")
def story(sandbox) -> Story:
    sandbox.reset("incident")
    return Story(sandbox)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("remediation_project", ""),
        ("remediation_region", ["us-central1"]),
        ("remediation_waves", [["no-such-service"]]),
        ("remediation_services", "not-a-list"),
        ("remediation_gates", {"health_seconds": "soon"}),
        ("remediation_mode", "everything"),
        ("remediation_service_account_file", "/nonexistent/key.json"),
    ],
)
def test_bad_input_is_refused_by_name_before_any_write(story: Story, variable: str, value: Any) -> None:
    mark = story.sandbox.mark()
    done = story.play("remediate", "-e", json.dumps({variable: value}))
    assert done.returncode != 0
    assert variable in done.stdout
    assert story.sandbox.writes(mark) == []
    assert not list(story.sandbox.directory.glob("records/**/ledger.jsonl"))


def test_a_secret_that_only_people_know_is_refused_before_any_write(story: Story) -> None:
    mark = story.sandbox.mark()
    names = [secret["name"] for secret in contract()["remediation_secrets"]]
    done = story.play("remediate", "-e", json.dumps({"remediation_secrets": [{"name": name} for name in names]}))
    assert done.returncode != 0
    assert "gcloud secrets create service-secret-staging" in " ".join(done.stdout.split())
    assert story.sandbox.writes(mark) == []


def test_the_golden_path_fails_with_reasons(story: Story) -> None:
    done = story.play("validate")
    assert done.returncode != 0
    assert "503" in done.stdout
    assert "golden path" in done.stdout


def test_the_diagnosis_names_the_causes_and_writes_nothing(story: Story) -> None:
    mark = story.sandbox.mark()
    done = story.play("diagnose")
    assert succeeded(done)["changed"] == 0
    assert [cause for cause in CAUSES if cause not in done.stdout] == []
    assert story.sandbox.writes(mark) == []


def test_check_mode_writes_nothing(story: Story) -> None:
    mark = story.sandbox.mark()
    before = story.serving(BACKEND)
    done = story.play("remediate", "--check", "--diff", "-vvv")
    assert succeeded(done)["changed"] > 0
    assert story.sandbox.writes(mark) == []
    assert story.serving(BACKEND) == before
    assert not list(story.sandbox.directory.glob("records/**/ledger.jsonl"))


def test_the_environment_is_repaired(story: Story) -> None:
    done = story.play("remediate", "--diff", "-vvv")
    assert succeeded(done)["changed"] > 0
    assert "report.md" in done.stdout
    assert RECORDED not in story.serving(BACKEND)


def test_the_golden_path_passes(story: Story) -> None:
    assert succeeded(story.play("validate"))["changed"] == 0


def test_a_second_run_changes_nothing(story: Story) -> None:
    mark = story.sandbox.mark()
    assert succeeded(story.play("remediate"))["changed"] == 0
    assert story.sandbox.writes(mark) == []


def test_a_full_run_changes_nothing_either(story: Story) -> None:
    assert succeeded(story.play("remediate", "-e", "remediation_mode=full"))["changed"] == 0


def test_a_rollback_returns_to_what_is_recorded_and_holds(story: Story) -> None:
    done = story.play("rollback", "--diff", "-vvv")
    assert succeeded(done)["changed"] > 0
    assert story.serving(BACKEND) == {RECORDED: 100}
    assert succeeded(story.play("validate"))["changed"] == 0


def test_a_rollback_is_not_rolled_back(story: Story) -> None:
    assert succeeded(story.play("rollback"))["changed"] == 0
    assert story.serving(BACKEND) == {RECORDED: 100}


def test_roll_forward_respects_the_hold_and_says_how_to_lift_it(story: Story) -> None:
    mark = story.sandbox.mark()
    done = story.play("remediate")
    assert done.returncode != 0
    assert "remediation_lift_hold=true" in done.stdout
    assert story.sandbox.writes(mark) == []


def test_a_lifted_hold_rolls_forward(story: Story) -> None:
    assert succeeded(story.play("remediate", "-e", "remediation_lift_hold=true"))["changed"] > 0
    assert RECORDED not in story.serving(BACKEND)
    assert succeeded(story.play("remediate"))["changed"] == 0


def test_a_failing_gate_rolls_back_and_names_the_first_cause(story: Story) -> None:
    before = story.serving(BACKEND)
    gates = {"health_seconds": 2, "websocket_seconds": 0.0001, "database_seconds": 2, "errors_per_hour": 5}
    extra = {"remediation_gates": gates, "remediation_services": changed_services()}
    done = story.play("remediate", "-e", json.dumps(extra), "-vvv")
    assert done.returncode != 0
    assert "websocket" in done.stdout.lower()
    assert story.serving(BACKEND) == before


def test_no_secret_is_anywhere(story: Story) -> None:
    payloads = story.payloads()
    texts = {f"output {number}": text.encode() for number, text in enumerate(story.printed)}
    places = [*story.sandbox.directory.glob("records/**/*"), story.sandbox.directory / "requests.jsonl"]
    texts |= {str(path): path.read_bytes() for path in places if path.is_file()}
    private_key = json.loads((story.sandbox.directory / "key.json").read_text(encoding="utf-8"))["private_key"]
    # One line of the key: line breaks look different in each format.
    secrets = {
        *payloads,
        *map(base64.b64encode, payloads),
        story.sandbox.token.encode(),
        private_key.encode().split()[5],
    }
    assert len(payloads) >= 6
    assert len(texts) > 20
    # Not the value itself in the message: it would be printed.
    leaks = [place for place, text in texts.items() for secret in secrets if len(secret) > 5 and secret in text]
    assert leaks == []


def test_the_sandbox_answered_as_google_does(story: Story) -> None:
    assert [event for event in story.sandbox.events() if event["event"] in {"answer-violation", "handler-error"}] == []
