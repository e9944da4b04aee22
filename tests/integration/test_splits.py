# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A split that a person made is kept, or the run stops before its first write; the tests of this file run in order."""

from __future__ import annotations

from typing import Any

import pytest
from playbook_story import BACKEND, RECORDED, Story, changed_services, succeeded


@pytest.fixture(scope="module")
def story(sandbox: Any) -> Story:
    sandbox.reset("healthy")
    return Story(sandbox)


def test_a_run_that_must_deploy_stops_at_a_split_before_any_write(story: Story, google: Any) -> None:
    split, _writes = google.run("cloud_run_traffic", name=BACKEND, revision=RECORDED, percent=10)
    assert split["changed"], split
    before, mark = story.serving(BACKEND), story.sandbox.mark()
    assert sorted(before.values()) == [10, 90]
    done = story.play("remediate", remediation_services=changed_services())
    assert done.returncode != 0
    said = " ".join((done.stdout + done.stderr).split())
    assert f"traffic is split ({BACKEND}: " in said
    assert "set traffic to latest in the service's entry of remediation_services" in said
    assert (story.serving(BACKEND), story.sandbox.writes(mark)) == (before, [])


def test_a_run_with_nothing_to_deploy_keeps_the_split(story: Story) -> None:
    before, mark = story.serving(BACKEND), story.sandbox.mark()
    done = story.play("remediate")
    assert succeeded(done)["changed"] == 0
    assert "RUN-006" in done.stdout
    assert (story.serving(BACKEND), story.sandbox.writes(mark)) == (before, [])


def test_a_named_revision_ends_it_by_rollback(story: Story) -> None:
    done = story.play("rollback", remediation_rollback_revisions={BACKEND: RECORDED})
    assert succeeded(done)["changed"] > 0
    assert story.serving(BACKEND) == {RECORDED: 100}
    assert story.hold(BACKEND) is not None
