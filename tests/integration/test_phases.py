# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same repair without Terraform, one phase after the other; and what a run needs that is not there."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest
import yaml
from playbook_story import BACKEND, Story, contract, succeeded

SERVICES = contract()["remediation_services"]
TASKS_ENGINE = {
    "remediation_infrastructure_engine": "tasks",
    "remediation_waves": [[service["name"] for service in SERVICES]],
}


@pytest.fixture(scope="module")
def story(sandbox: Any) -> Story:
    sandbox.reset("incident")
    return Story(sandbox)


def told(done: Any) -> str:
    """Return what a run printed, each run of white space as one space."""
    return " ".join(done.stdout.split())


ALONE = {
    "configuration": "The deployment config files were not written",
    "deployment": "No service was deployed",
}


def test_a_phase_alone_refuses_to_act_on_what_is_not_known(story: Story, tmp_path: pathlib.Path) -> None:
    """One run of two environments: both are this one, by a contract that asks for one phase."""
    serving, place = story.serving(BACKEND), tmp_path / "alone.yml"
    hosts = {f"{phase}-alone": {**TASKS_ENGINE, "remediation_only": [phase]} for phase in ALONE}
    place.write_text(yaml.safe_dump({"alone": {"hosts": hosts}}), encoding="utf-8")
    done = story.play("remediate", "-i", str(place), "--limit", "alone")
    assert done.returncode != 0
    said = dict(re.findall(r"fatal: \[([\w-]+)\]: FAILED! =>(.*?)(?=fatal: |TASK \[|PLAY RECAP)", told(done)))
    for phase, says in ALONE.items():
        assert says in said[f"{phase}-alone"]
        assert "output redis_host for REDIS_HOST" in said[f"{phase}-alone"]
    assert story.serving(BACKEND) == serving


@pytest.mark.parametrize("phase", ["phase1", "phase2", "phase3", "phase4"])
def test_the_phases_one_by_one_repair_it_too(story: Story, phase: str) -> None:
    assert succeeded(story.play("remediate", "--tags", phase, **TASKS_ENGINE))["changed"] > 0


def test_after_all_phases_nothing_is_left_to_do_and_the_golden_path_alone_passes(story: Story) -> None:
    mark = story.sandbox.mark()
    assert succeeded(story.play("remediate", "--tags", "phase5", **TASKS_ENGINE))["changed"] == 0
    assert story.sandbox.writes(mark) == []
    (started,) = story.recorded("started")
    assert started["phases"] == []  # the diagnosis asks for none, whatever was selected
    assert {entry["verdict"] for entry in story.recorded("gate")} == {"pass"}


def test_the_runs_used_no_terraform(story: Story) -> None:
    assert not (story.sandbox.directory / "workspace/terraform-gcp-staging/.terraform").exists()
