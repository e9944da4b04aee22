# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Required paths of a build context: found, repaired, and left alone the second time."""

from __future__ import annotations

import json

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.operations.ignore_file import OPERATION

REQUIRED = ["app/services/monitoring/__init__.py"]


def run(path, state="present", check_mode=False):
    return OPERATION.run({"path": str(path), "required_paths": REQUIRED, "state": state}, check_mode)


def test_repairs_and_names_the_line(tmp_path):
    path = tmp_path / ".dockerignore"
    path.write_text("*.log\n**/monitoring/\n")
    checked = run(path, check_mode=True)
    assert checked["changed"]
    assert path.read_text() == "*.log\n**/monitoring/\n"
    result = run(path)
    assert result["excluded"] == [
        {"path": REQUIRED[0], "file": ".dockerignore", "line": 2, "pattern": "**/monitoring/"}
    ]
    assert path.read_text() == checked["diff"]["after"]
    again = run(path)
    assert (again["changed"], again["excluded"]) == (False, [])


def test_absent_drops_the_paths(tmp_path):
    path = tmp_path / ".dockerignore"
    assert run(path, state="absent")["changed"]
    assert path.read_text() == f"{REQUIRED[0]}\n"
    assert not run(path, state="absent")["changed"]


def test_line_ends_bytes_and_mode_stay(tmp_path):
    path = tmp_path / ".dockerignore"
    path.write_bytes(b"# caf\xe9\r\n**/monitoring/\r\n")
    path.chmod(0o600)
    result = run(path)
    assert path.read_bytes() == b"# caf\xe9\r\n**/monitoring/\r\n!app/services/monitoring\r\n"
    assert path.stat().st_mode & 0o777 == 0o600
    json.dumps(result).encode()


def test_gcloud_has_its_own_rules(tmp_path):
    path = tmp_path / ".gcloudignore"
    path.write_text("#!include:.gitignore\n")
    (tmp_path / ".gitignore").write_text("monitoring/\n")
    assert run(path)["excluded"][0]["file"] == ".gitignore"
    assert path.read_text() == "#!include:.gitignore\n!/app/services/monitoring\n"
    assert not run(path)["changed"]


def test_an_include_that_gcloud_refuses_is_refused_by_line(tmp_path):
    path = tmp_path / ".gcloudignore"
    path.write_text("#!include:gone\n")
    with pytest.raises(BadInput, match=r"line 1 of \.gcloudignore includes gone, which cannot be read"):
        run(path)
