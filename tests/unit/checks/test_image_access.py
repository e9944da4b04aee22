# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether Cloud Run may read an image: by the policies of its repository and of the project that one is in."""

from __future__ import annotations

from typing import Any

import pytest
from broken_environments import AGENT, HEALTHY, changed, judged, of_service

READER, MEMBER = "roles/artifactregistry.reader", f"serviceAccount:{AGENT}"
ELSEWHERE = "projects/other/locations/r/repositories/repo"
DIGEST = "sha256:" + "0" * 64
LETS: dict[str, list[str]] = {MEMBER: [READER]}
NOBODY: dict[str, list[str]] = {}


def refused(**policies: Any) -> list[str]:
    """Return what is found of a service whose image is in another project, by the policies that were read."""
    named = {"repository": f"repository {ELSEWHERE}", "project": "project other"}
    read = {named[name]: policy for name, policy in policies.items()}
    wanted = of_service(image=f"r-docker.pkg.dev/other/repo/app@{DIGEST}", build=None)
    found = judged(changed(policies={**HEALTHY.policies, **read}), wanted)
    return [finding.command for finding in found if finding.id == "RUN-014"]


@pytest.mark.parametrize(
    ("policies", "is_refused"),
    [
        ({"repository": LETS}, False),
        ({"repository": NOBODY, "project": LETS}, False),
        ({"repository": NOBODY, "project": NOBODY}, True),
        ({"repository": {"allUsers": [READER]}, "project": NOBODY}, False),
        ({"repository": {MEMBER: ["roles/logging.viewer"]}, "project": NOBODY}, True),
        # The agent of another project than the one that deploys.
        ({"repository": {MEMBER.replace("-1@", "-2@"): [READER]}, "project": NOBODY}, True),
        # Nobody knows what these roles hold.
        ({"repository": {MEMBER: ["projects/other/roles/puller"]}, "project": NOBODY}, False),
        ({"repository": {MEMBER: ["roles/serverless.serviceAgent"]}, "project": NOBODY}, False),
        # What was not read, or is not there, is no finding.
        ({"repository": NOBODY}, False),
        ({"project": NOBODY}, False),
        ({"repository": None, "project": NOBODY}, False),
        ({}, False),
    ],
)
def test_the_policies_of_repository_and_project_decide(policies: dict[str, Any], is_refused: bool) -> None:
    found = refused(**policies)
    assert bool(found) is is_refused
    if found:
        assert found[0].startswith("gcloud artifacts repositories add-iam-policy-binding repo --location=r --member=")
        assert found[0].endswith(f":{AGENT} --role={READER} --project=other")


def test_without_the_project_s_number_nobody_knows_the_agent() -> None:
    policies = {"project": NOBODY, f"repository {ELSEWHERE}": NOBODY, "project other": NOBODY}
    assert [finding.id for finding in judged(changed(policies=policies, numbers={}))] == []


def test_an_image_of_another_registry_is_not_judged() -> None:
    wanted = of_service(image=f"docker.io/library/app@{DIGEST}", build=None)
    assert "RUN-014" not in {finding.id for finding in judged(changed(policies={"project": NOBODY}), wanted)}
