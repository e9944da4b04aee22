# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of the documentation runs as it is printed."""

from __future__ import annotations

import ast
import os
import pathlib
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
MODULES = sorted(ROOT.glob("plugins/modules/*.py"))
DEFAULTS = {
    "project": "{{ remediation_project }}",
    "region": "{{ remediation_region }}",
    "auth_kind": "{{ remediation_auth_kind }}",
    "service_account_file": "{{ remediation_service_account_file }}",
}


def examples_of(path: pathlib.Path) -> list[dict]:
    """The tasks that a module's documentation shows."""
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "EXAMPLES":
            return yaml.safe_load(ast.literal_eval(statement.value))
    raise AssertionError(f"{path.name} has no EXAMPLES")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_examples_run_as_printed(path: pathlib.Path, sandbox, tmp_path: pathlib.Path) -> None:
    play = {
        "name": f"Examples of {path.stem}",
        "hosts": "all",
        "gather_facts": False,
        "environment": "{{ remediation_environment }}",
        "module_defaults": {"group/netra.remediation.gcp": DEFAULTS},
        "tasks": examples_of(path),
    }
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
    ran = subprocess.run(
        ["ansible-playbook", "-i", str(ROOT / "inventory/sandbox"), str(playbook)],
        cwd=ROOT,
        env={**os.environ, "NETRA_SANDBOX_DIR": str(sandbox.directory), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
