# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that somebody stops by a signal."""

from __future__ import annotations

import json
import pathlib
import signal
import time
from typing import Any

import pytest
from killed_runs import signalled_at_write
from playbook_story import PROJECT, Story

from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operations import environment_lock
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_storage

ENVIRONMENT = "netra-staging"
CLOSING_SECONDS = 30.0


@pytest.fixture(scope="module")
def story(sandbox: Any) -> Story:
    sandbox.reset("incident")
    return Story(sandbox)


def is_locked(environment: str) -> bool:
    session = Session({"project": PROJECT, "auth_kind": "application"})
    name = environment_lock.object_name(environment)
    return cloud_storage.read_object(session, f"{PROJECT}_cloudbuild", name) is not None


def test_a_signal_ends_a_run_after_its_step_with_record_and_lock_in_order(story: Story) -> None:
    assert signalled_at_write(story, "redis.*", signal.SIGTERM) == -signal.SIGTERM
    give_up = time.monotonic() + CLOSING_SECONDS
    while is_locked(ENVIRONMENT) and time.monotonic() < give_up:
        time.sleep(0.1)
    assert not is_locked(ENVIRONMENT)
    (stopped,) = story.recorded("stopped")
    assert (stopped["how"], stopped["reason"]) == ("signal", "it got SIGTERM")
    assert story.recorded("finished") == [{}]
    assert report(story)["verdict"] == "stopped"


def report(story: Story) -> dict[str, Any]:
    (path,) = story.sandbox.directory.glob(f"records/*/{story.newest()}/report.json")
    return dict(json.loads(pathlib.Path(path).read_text(encoding="utf-8")))
