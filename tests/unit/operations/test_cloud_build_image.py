# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Cloud Build is asked to do."""

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.operations.cloud_build_image import working_directory
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_build import build_request
from ansible_collections.netra.remediation.plugins.module_utils.source.build_context import read_tree


@pytest.mark.parametrize(
    ("dockerfile", "told"),
    [
        ("FROM python\nWORKDIR /srv\nWORKDIR app\n", "/srv/app"),
        ("FROM python AS base\nWORKDIR /srv\nFROM base\n", "/srv"),
        ("FROM python\n", ""),
        ("", ""),
    ],
)
def test_the_proof_runs_where_the_image_works_and_not_among_the_sources(tmp_path, dockerfile, told):
    (tmp_path / "Dockerfile").write_text(dockerfile)
    directory = working_directory(read_tree(str(tmp_path), "Dockerfile"))
    request = build_request(
        source={}, image="i", dockerfile="Dockerfile", tag="t", verify_imports=["app"], directory=directory
    )
    assert (directory, request["steps"][1].get("dir", "")) == (told, told)


def test_the_image_is_built_by_the_builder_whose_ignore_rules_are_checked():
    (build,) = build_request(source={}, image="i", dockerfile="Dockerfile", tag="t")["steps"]
    assert build["env"] == ["DOCKER_BUILDKIT=1"]
