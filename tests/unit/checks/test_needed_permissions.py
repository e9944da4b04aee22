# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The permissions of the build phase are those of who builds."""

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks.needed_permissions import needed_permissions

UPLOAD = "artifactregistry.repositories.uploadArtifacts"


@pytest.mark.parametrize(
    ("engine", "wanted", "unwanted"),
    [
        ({}, "cloudbuild.builds.create", UPLOAD),
        ({"build_engine": "cloud_build"}, "cloudbuild.builds.create", UPLOAD),
        ({"build_engine": "buildah"}, UPLOAD, "cloudbuild.builds.create"),
        ({"build_engine": "auto"}, UPLOAD, "cloudbuild.builds.create"),
    ],
)
def test_the_build_phase_needs_what_its_builder_needs(engine: dict[str, str], wanted: str, unwanted: str) -> None:
    contract = {"services": [{"name": "a", "build": {"image": "b"}}], "secrets": [], **engine}
    assert wanted in needed_permissions(contract)["build"]
    assert unwanted not in needed_permissions(contract)["build"]
    assert "build" not in needed_permissions({**contract, "services": [{"name": "a"}]})
