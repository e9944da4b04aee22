# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode predicts a service that does not exist yet, also before its image is built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playbook_story import Story, contract, succeeded

FRONTEND = "netra-frontend-staging"


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
    assert (f"Would create service {FRONTEND} with the image" in done.stdout) is not image_is_built
    assert story.sandbox.writes(mark) == []
    if image_is_built:
        assert succeeded(story.play("remediate", remediation_services=services))["changed"] > 0
        assert list(story.serving(FRONTEND).values()) == [100]
