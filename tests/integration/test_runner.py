# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The story as AWX tells it: ansible-runner, with this checkout as its project and nothing set up."""

from __future__ import annotations

import json
import pathlib
import subprocess
from typing import Any

import pytest
from playbook_story import BACKEND, BIN, INVENTORY, RECORDED, ROOT, Story, succeeded

pytestmark = pytest.mark.skipif(not (BIN / "ansible-runner").exists(), reason="ansible-runner is not installed here")


@pytest.fixture(scope="module")
def story(sandbox: Any) -> Story:
    sandbox.reset("incident")
    return Story(sandbox)


@pytest.fixture
def job(story: Story, tmp_path: pathlib.Path) -> Any:
    """Return a function that runs a playbook as a job template does; extra variables come as AWX hands them over."""
    (tmp_path / "project").symlink_to(ROOT)
    (tmp_path / "env").mkdir()

    def run(playbook: str, *options: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        (tmp_path / "env/extravars").write_text(json.dumps(variables), encoding="utf-8")
        cmdline = ("--cmdline", " ".join(options)) if options else ()
        place = ("-p", f"playbooks/{playbook}.yml", "--inventory", str(INVENTORY))
        return story.run("ansible-runner", "run", str(tmp_path), *place, *cmdline)

    return run


def test_a_check_changes_nothing(story: Story, job: Any) -> None:
    mark = story.sandbox.mark()
    assert succeeded(job("remediate", "--check", "--diff"))["changed"] > 0
    assert story.sandbox.writes(mark) == []


def test_a_job_repairs(job: Any) -> None:
    assert succeeded(job("remediate"))["changed"] > 0


def test_the_next_job_changes_nothing(story: Story, job: Any) -> None:
    mark = story.sandbox.mark()
    assert succeeded(job("remediate"))["changed"] == 0
    assert story.sandbox.writes(mark) == []


def test_a_job_rolls_back(story: Story, job: Any) -> None:
    assert succeeded(job("rollback"))["changed"] > 0
    assert story.serving(BACKEND) == {RECORDED: 100}


def test_a_job_lifts_the_hold_with_what_a_survey_asks(story: Story, job: Any) -> None:
    assert succeeded(job("remediate", remediation_lift_hold=True))["changed"] > 0
    assert story.hold(BACKEND) is None
