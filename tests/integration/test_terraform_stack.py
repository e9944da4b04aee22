# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""terraform_stack with the real binary: from the first apply over drift and a killed apply to the end."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from module_runs import run_module
from playbook_story import PROJECT

TERRAFORM = shutil.which("terraform") or shutil.which("tofu")
pytestmark = pytest.mark.skipif(TERRAFORM is None, reason="neither terraform nor tofu is on PATH")
INSTANCES = f"https://redis.googleapis.com/v1/projects/{PROJECT}/locations/us-central1/instances"
CACHE, SECOND = "google_redis_instance.cache", "google_redis_instance.second"
WAIT = "redis.projects.locations.operations.get"
PATCH = "redis.projects.locations.instances.patch"
PAYLOAD = "only-in-the-environment-3f9c"
CONFIGURATION = """
terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}
provider "google" {
  project = "netra-staging"
  region  = "us-central1"
}
variable "memory" { type = number }
variable "tier" { type = string }
variable "words" { type = map(list(string)) }
variable "token" {
  type      = string
  sensitive = true
  default   = ""
}
resource "google_redis_instance" "cache" {
  name               = "stack-cache"
  memory_size_gb     = var.memory
  tier               = var.tier
  authorized_network = "projects/netra-staging/global/networks/staging-vpc"
}
output "host" { value = google_redis_instance.cache.host }
output "words" { value = var.words }
output "token" {
  value     = var.token
  sensitive = true
}
"""
MORE = """
resource "google_redis_instance" "second" {
  name               = "stack-second"
  memory_size_gb     = 1
  authorized_network = "projects/netra-staging/global/networks/staging-vpc"
}
"""
WORDS = {"a key": ['${not} a "template"', "%{if}", "back\\slash é\n"], "b": []}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    place = tmp_path_factory.mktemp("stack")
    (place / "main.tf").write_text(CONFIGURATION, encoding="utf-8")
    return place


@pytest.fixture(autouse=True)
def sandbox_terraform(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(sandbox.directory / "terraform.rc"))


@pytest.fixture
def stack(google: Any, directory: pathlib.Path) -> Any:
    """Return a function that has the stack, with some of its variables changed."""

    def have(check_mode: bool = False, memory: int = 1, tier: str = "BASIC", **options: Any) -> dict[str, Any]:
        variables = {"memory": memory, "tier": tier, "words": WORDS}
        given = {"directory": str(directory), "variables": variables, **options}
        return google.run("terraform_stack", check_mode, **given)[0]

    return have


@pytest.fixture
def api(sandbox: Any) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {sandbox.token}"
    return session


def actions(result: dict[str, Any]) -> dict[str, list[str]]:
    assert not result.get("failed"), result
    return {entry["address"]: entry["actions"] for entry in result["resources"]}


def test_check_mode_plans_and_the_run_does_just_that(stack: Any, directory: pathlib.Path) -> None:
    kept = {"tfvars_file": "netra.auto.tfvars", "sensitive_variables": {"token": PAYLOAD}}
    planned = stack(check_mode=True, **kept)
    assert actions(planned) == {CACHE: ["create"]}
    assert f"+ {CACHE} is created\n" in planned["diff"]["prepared"]
    assert not (directory / "netra.auto.tfvars").exists()
    done = stack(**kept)
    assert (done["changed"], done["diff"]) == (True, planned["diff"])
    assert done["outputs"]["words"] == WORDS, "Terraform read something else than what was given"
    assert (done["sensitive_outputs"], done["output_types"]["host"]) == (["token"], "string")
    again = stack(**kept)
    assert (again["changed"], again["exit_code"], again["resources"]) == (False, 0, [])
    assert (directory / "netra.auto.tfvars").stat().st_mode & 0o077 == 0
    written = (directory / "netra.auto.tfvars").read_text(encoding="utf-8")
    assert 'tier   = "BASIC"\n' in written
    assert PAYLOAD not in written + json.dumps([planned, done, again])


def test_drift_is_found_and_repaired(stack: Any, api: requests.Session) -> None:
    patched = api.patch(f"{INSTANCES}/stack-cache", params={"updateMask": "memorySizeGb"}, json={"memorySizeGb": 3})
    patched.raise_for_status()
    until(lambda: api.get(f"{INSTANCES}/stack-cache").json()["memorySizeGb"] == 3)
    seen = stack(state="planned")
    assert (seen["changed"], seen["exit_code"]) == (True, 2)
    (drifted,) = seen["drift"]
    assert (drifted["address"], drifted["noise"]) == (CACHE, False)
    assert (drifted["before"]["memory_size_gb"], drifted["after"]["memory_size_gb"]) == (1, 3)
    assert actions(stack()) == {CACHE: ["update"]}
    assert api.get(f"{INSTANCES}/stack-cache").json()["memorySizeGb"] == 1
    assert stack(state="planned")["exit_code"] == 0


def test_the_guard_stops_a_replaced_instance_also_in_a_saved_plan(stack: Any, tmp_path: pathlib.Path) -> None:
    refused = stack(tier="STANDARD_HA")
    assert f"{CACHE} (replaced)" in refused["msg"]
    assert "Nothing was applied" in refused["msg"]
    saved = str(tmp_path / "replacement")
    planned = stack(tier="STANDARD_HA", state="planned", plan_file=saved)
    assert actions(planned) == {CACHE: ["delete", "create"]}
    assert pathlib.Path(saved).stat().st_mode & 0o077 == 0
    assert f"{CACHE} (replaced)" in stack(plan_file=saved)["msg"]
    assert stack()["changed"] is False


def test_a_saved_plan_is_applied_as_it_is_and_once(stack: Any, tmp_path: pathlib.Path) -> None:
    saved = str(tmp_path / "plan")
    stack(memory=2, state="planned", plan_file=saved)
    assert actions(stack(memory=7, plan_file=saved)) == {CACHE: ["update"]}
    assert stack(memory=2)["changed"] is False
    assert "make a new plan" in stack(plan_file=saved)["msg"]
    missing = stack(plan_file=str(tmp_path / "nothing"))
    assert "there is no such plan. Check plan_file." in missing["msg"]


def test_an_apply_that_was_killed_is_completed_by_the_next(
    stack: Any, api: requests.Session, sandbox: Any, directory: pathlib.Path
) -> None:
    (directory / "second.tf").write_text(MORE, encoding="utf-8")
    with held(sandbox, WAIT), kill_at_end(directory):
        until(lambda: is_struck(sandbox))
    until(lambda: api.get(f"{INSTANCES}/stack-second").json().get("state") == "READY")
    assert "already exists" in stack(memory=2)["msg"].lower()
    written = directory.stat().st_mtime_ns
    planned = stack(memory=2, check_mode=True, import_existing=True)
    assert directory.stat().st_mtime_ns == written, "check mode made or removed a file"
    done = stack(memory=2, import_existing=True)
    assert (actions(done), done["resources"]) == ({SECOND: ["no-op"]}, planned["resources"])
    assert done["resources"][0]["imported"]
    assert stack(memory=2, import_existing=True)["changed"] is False
    assert len([each for each in api.get(INSTANCES).json()["instances"] if "stack-" in each["name"]]) == 2
    assert [path.name for path in directory.glob("*.tf")] == ["main.tf", "second.tf"]


def test_a_limit_stops_a_plan_that_changes_more(stack: Any) -> None:
    refused = stack(memory=4, max_changes=0)
    assert f"Terraform would change 1 resources, and max_changes allows 0: {CACHE}" in refused["msg"]


def test_a_variable_that_a_file_would_overrule_is_refused(stack: Any, directory: pathlib.Path) -> None:
    (directory / "terraform.tfvars").write_text('token = "from-the-file"\n', encoding="utf-8")
    refused = stack(sensitive_variables={"token": PAYLOAD})
    (directory / "terraform.tfvars").unlink()
    assert "terraform.tfvars gives token too" in refused["msg"]
    assert "sensitive_variables" in refused["msg"]


def test_another_backend_is_another_state(stack: Any, directory: pathlib.Path) -> None:
    (directory / "backend.tf").write_text('terraform {\n  backend "local" {}\n}\n', encoding="utf-8")
    (directory / "terraform.tfstate").rename(directory / "first.tfstate")
    assert actions(stack(memory=2, state="planned", backend_config={"path": "first.tfstate"})) == {}
    empty = stack(memory=2, state="planned", backend_config={"path": "empty.tfstate"})
    assert set(actions(empty)) == {CACHE, SECOND}
    assert actions(stack(memory=2, state="planned", backend_config={"path": "first.tfstate"})) == {}
    (directory / "backend.tf").unlink()
    (directory / "first.tfstate").rename(directory / "terraform.tfstate")
    shutil.rmtree(directory / ".terraform")


def test_one_resource_goes_back_to_the_recorded_configuration(
    stack: Any, directory: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """Two runs are on record, with another memory each; the state is the one of the directory."""
    records = {"directory": str(tmp_path / "records"), "environment": "env"}
    for minute, memory in ((1, 2), (2, 5)):
        variables = {"memory": memory, "tier": "BASIC", "words": WORDS}
        kept = {"directory": str(directory), "variables": variables}
        run = f"20251101T100{minute}00Z-aaaaaa"
        assert not run_module("run_record", **records, start=run, configuration=kept).get("failed")
        stack(memory=memory)
        assert not run_module("run_record", **records, run=run, configuration_applied=True).get("failed")
    revert = {"record_directory": records["directory"], "environment": "env"}
    assert "name the resources that are to go back in targets" in stack(memory=5, revert=revert)["msg"]
    (directory / "new.auto.tfvars").write_text('tier = "STANDARD_HA"\n', encoding="utf-8")
    refused = stack(check_mode=True, memory=5, revert=revert, targets=[CACHE])
    assert "new.auto.tfvars did not hold for run 20251101T100100Z-aaaaaa what it holds or lacks now" in refused["msg"]
    (directory / "new.auto.tfvars").unlink()
    planned = stack(check_mode=True, memory=5, revert=revert, targets=[CACHE])
    done = stack(memory=5, revert=revert, targets=[CACHE])
    assert (actions(done), done["diff"]) == ({CACHE: ["update"]}, planned["diff"])
    assert "memory_size_gb: 5 -> 2" in done["diff"]["prepared"]
    assert stack(memory=2)["changed"] is False
    nothing = {"record_directory": str(tmp_path / "nowhere"), "environment": "env"}
    assert "applied another configuration than the last one" in stack(memory=2, revert=nothing, targets=[CACHE])["msg"]


def test_targets_limit_a_plan(stack: Any) -> None:
    assert stack(memory=4, targets=[SECOND])["changed"] is False


def test_the_holder_of_a_locked_state_is_named(stack: Any, directory: pathlib.Path, sandbox: Any) -> None:
    with held(sandbox, PATCH), kill_at_end(directory, "memory=4"):
        until(lambda: is_struck(sandbox))
        refused = stack(memory=5, lock_timeout=0)
    assert "holds the state for OperationTypeApply since" in refused["msg"]
    assert "force-unlock" in refused["msg"]
    assert actions(stack(memory=4)) == {CACHE: ["update"]}


def test_a_workspace_has_a_state_of_its_own(stack: Any, directory: pathlib.Path) -> None:
    written = directory.stat().st_mtime_ns
    foreseen = stack(check_mode=True, workspace="other")
    assert (foreseen["changed"], foreseen["outputs"]) == (True, {})
    taken = stack(check_mode=True, workspace="other", import_existing=True)
    assert directory.stat().st_mtime_ns == written, "check mode made a workspace"
    assert {entry["address"] for entry in taken["resources"] if entry["imported"]} == {CACHE, SECOND}
    planned = stack(workspace="other", state="planned")
    assert actions(planned) == actions(foreseen) == {CACHE: ["create"], SECOND: ["create"]}
    assert actions(stack(workspace="default", memory=4)) == {}


def test_the_end_needs_the_names_of_what_is_lost(stack: Any, api: requests.Session) -> None:
    assert "(destroyed)" in stack(state="absent")["msg"]
    done = stack(state="absent", allow_destroy=[CACHE, SECOND])
    assert actions(done) == {CACHE: ["delete"], SECOND: ["delete"]}
    assert [each for each in api.get(INSTANCES).json().get("instances", []) if "stack-" in each["name"]] == []


@contextlib.contextmanager
def kill_at_end(directory: pathlib.Path, memory: str = "memory=2") -> Iterator[None]:
    """Apply by hand, and kill all of it at the end of the block."""
    given = ["-var", memory, "-var", "tier=BASIC", "-var", f"words={json.dumps({'a': []})}"]
    apply = subprocess.Popen(
        [str(TERRAFORM), "apply", "-auto-approve", "-input=false", *given],
        cwd=directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(apply.pid, signal.SIGKILL)
        apply.wait()


@contextlib.contextmanager
def held(sandbox: Any, method: str) -> Iterator[None]:
    """Answer calls of a method later than any test waits."""
    sandbox.call("faults", {"kind": "delay", "method": method, "seconds": 900})
    try:
        yield
    finally:
        requests.delete(f"{sandbox.proxy}/_sandbox/faults", timeout=30).raise_for_status()


def is_struck(sandbox: Any) -> bool:
    return any(fault["seen"] for fault in sandbox.call("faults")["faults"])


def until(holds: Any, seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.05)
