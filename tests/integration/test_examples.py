# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of the documentation runs as it is printed."""

from __future__ import annotations

import ast
import os
import pathlib
import shutil
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
MODULES = sorted(ROOT.glob("plugins/modules/*.py"))
TERRAFORM = "terraform_stack"
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


def play_of(path: pathlib.Path) -> dict:
    """A play of all tasks that a module's documentation shows."""
    return {
        "name": f"Examples of {path.stem}",
        "hosts": "all",
        "gather_facts": False,
        "environment": "{{ remediation_environment }}",
        "module_defaults": {"group/netra.remediation.gcp": DEFAULTS},
        "tasks": examples_of(path),
    }


def run(plays: list[dict], sandbox, tmp_path: pathlib.Path) -> None:
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
    ran = subprocess.run(
        ["ansible-playbook", "-i", str(ROOT / "inventory/sandbox"), str(playbook)],
        cwd=ROOT,
        env={**os.environ, "NETRA_SANDBOX_DIR": str(sandbox.directory), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_examples_run_as_printed(sandbox, tmp_path: pathlib.Path) -> None:
    """All in one run, a play for each module: starting Ansible takes longer than most examples."""
    run([play_of(path) for path in MODULES if path.stem != TERRAFORM], sandbox, tmp_path)


@pytest.mark.skipif(not (shutil.which("terraform") or shutil.which("tofu")), reason="no terraform or tofu on PATH")
def test_examples_of_terraform_run_as_printed(sandbox, tmp_path: pathlib.Path) -> None:
    run([play_of(path) for path in MODULES if path.stem == TERRAFORM], sandbox, tmp_path)
