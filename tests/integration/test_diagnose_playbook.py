# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a diagnosis ends and what it leaves behind: nothing, but the file that somebody named."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from playbook_story import Story, recap, succeeded

FIRST = "BLD-001 netra-backend-staging"


@pytest.fixture(scope="module")
def story(sandbox: Any) -> Any:
    sandbox.reset("incident")
    yield Story(sandbox)
    sandbox.reset("healthy")


def test_a_diagnosis_ends_well_and_leaves_nothing_behind(story: Story) -> None:
    mark, before = story.sandbox.mark(), files_of(story)
    done = story.play("diagnose")
    assert succeeded(done)["changed"] == 0
    assert "1. BLD-001 ERROR  netra-backend-staging" in done.stdout
    assert story.sandbox.writes(mark) == []
    assert files_of(story) == before


def files_of(story: Story) -> set[pathlib.Path]:
    """Return what a run could leave behind: records, and files among the sources."""
    folders = (story.sandbox.directory / name for name in ("records", "workspace"))
    return {path for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_a_diagnosis_fails_and_writes_where_it_was_asked_to(story: Story, tmp_path: pathlib.Path) -> None:
    mark, place = story.sandbox.mark(), tmp_path / "diagnosis.json"
    done = story.play("diagnose", "-e", "remediation_fail_on=error", "-e", f"remediation_diagnosis_file={place}")
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
    done = story.play("diagnose", "-e", json.dumps(chosen))
    assert succeeded(done)["changed"] == 0
    assert "Silenced: INF-001 staging-redis until 2999-12-31: it is on its way" in " ".join(done.stdout.split())
