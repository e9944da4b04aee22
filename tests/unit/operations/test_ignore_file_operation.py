# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Required paths of a build context: found, repaired, and left alone the second time."""

from __future__ import annotations

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
    assert result["excluded"] == [{"path": REQUIRED[0], "line": 2, "pattern": "**/monitoring/"}]
    assert path.read_text() == checked["diff"]["after"]
    again = run(path)
    assert (again["changed"], again["excluded"]) == (False, [])


def test_absent_drops_the_paths(tmp_path):
    path = tmp_path / ".dockerignore"
    assert run(path, state="absent")["changed"]
    assert path.read_text() == f"{REQUIRED[0]}\n"
    assert not run(path, state="absent")["changed"]
