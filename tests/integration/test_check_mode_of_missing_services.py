# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode predicts a service that does not exist yet, also before its image is built."""

from __future__ import annotations

import concurrent.futures
import os
from collections.abc import Iterator
from typing import Any

import pytest
from playbook_story import Story, contract, recap, succeeded

FRONTEND = "netra-frontend-staging"
AT_ONCE = int(os.environ.get("NETRA_RUNS_AT_ONCE", "3"))


@pytest.fixture
def story(sandbox: Any, google: Any) -> Iterator[Story]:
    """Start from a healthy environment without its frontend."""
    sandbox.reset("healthy")
    gone, _writes = google.run("cloud_run_service", name=FRONTEND, state="absent")
    assert gone["changed"], gone
    yield Story(sandbox)
    sandbox.reset("healthy")


@pytest.mark.parametrize("image_is_built", [True, False])
def test_a_missing_service_is_predicted_and_then_created(story: Story, image_is_built: bool) -> None:
    if not image_is_built:
        page = story.sandbox.directory / "workspace/frontend/server.py"
        page.write_text(page.read_text(encoding="utf-8") + "\n# newer\n", encoding="utf-8")
    mark = story.sandbox.mark()
    services = contract()["remediation_services"]
    next(service for service in services if service["name"] == FRONTEND)["invoker_iam_disabled"] = True
    done = story.play("remediate", "--check", "--diff", remediation_services=services)
    assert succeeded(done)["changed"] > 0
    assert f"+ service {FRONTEND}" in done.stdout
    assert ("netra-frontend@(known after the build)" in " ".join(done.stdout.split())) is not image_is_built
    assert story.sandbox.writes(mark) == []
    if image_is_built:
        one_works_and_the_others_name_it(story, services)
        assert list(story.serving(FRONTEND).values()) == [100]


def one_works_and_the_others_name_it(story: Story, services: list[Any]) -> None:
    """Start several runs at once: whoever comes when all is done has nothing to do."""
    mark = story.sandbox.mark()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        runs = [pool.submit(story.play, "remediate", remediation_services=services) for _run in range(AT_ONCE)]
        done = [run.result() for run in runs]
    worked = [run for run in done if run.returncode == 0 and recap(run)["changed"]]
    assert len(worked) == 1, [run.stdout for run in done]
    assert all("works on it. Nothing was written." in " ".join(run.stdout.split()) for run in done if run.returncode)
    assert all(recap(run)["changed"] == 0 for run in done if run not in worked)
    made = [request["method"] for request in story.sandbox.writes(mark)]
    assert made.count("run.projects.locations.services.create") == 1
    assert [method for method in made if method.endswith("objects.delete")] == ["storage.objects.delete"]
