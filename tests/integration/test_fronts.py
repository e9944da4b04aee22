# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task gives the same result in Ansible's worker and, as with async, in a module process."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
SERVICE = "netra-frontend-staging"
# What Ansible itself adds to the one or the other.
ANSIBLES_OWN = {"invocation", "ansible_job_id", "started", "finished", "results_file", "stdout", "stderr"}
ANSIBLES_OWN |= {"stdout_lines", "stderr_lines", "ansible_facts", "exception", "failed", "failed_when_result"}
ANSIBLES_OWN |= {"failed_when_suppressed_exception"}
# Times, etags of what a validation answers, and fingerprints of payloads: their key is made anew for each process.
OF_THE_MOMENT = r'"(\d{4}-\d\d-\d\dT[\d:.]+Z|[0-9a-f]{16}|\\"[0-9a-f]{24}\\")"'
TASKS: dict[str, dict[str, Any]] = {
    "changes": {"netra.remediation.cloud_run_service": {"name": SERVICE, "env": {"GREETING": "hello"}}},
    "agrees": {"netra.remediation.cloud_run_service": {"name": SERVICE}},
    "reads": {"netra.remediation.cloud_run_service_info": {"name": SERVICE}},
    "refuses": {"netra.remediation.cloud_run_service": {"name": SERVICE, "memory": "lots"}},
    "misses": {"netra.remediation.cloud_run_traffic": {"name": "no-such-service", "revision": "latest"}},
    "hides": {"netra.remediation.secret_manager_secret": {"name": "a-new-secret", "payload": "correct horse"}},
    "excludes": {
        "netra.remediation.cloud_run_traffic": {"name": SERVICE, "revision": "r", "traffic": [{"latest": True}]}
    },
}


def play(place: pathlib.Path) -> list[dict[str, Any]]:
    """Run each task in the worker, one also in a process of its own, and write down what was registered."""
    tasks: list[dict[str, Any]] = []
    for name, task in TASKS.items():
        tasks.append({**task, "check_mode": True, "diff": True, "register": name, "failed_when": False})
    tasks.append({**TASKS["agrees"], "async": 60, "poll": 1, "diff": True, "register": "apart"})
    for name in [*TASKS, "apart"]:
        copy = {"content": f"{{{{ {name} | to_json }}}}", "dest": str(place / f"{name}.json")}
        tasks.append({"ansible.builtin.copy": copy, "diff": False})
    defaults = {"project": "{{ remediation_project }}", "region": "{{ remediation_region }}"}
    defaults |= {"auth_kind": "serviceaccount", "service_account_file": "{{ remediation_service_account_file }}"}
    return [
        {
            "hosts": "all",
            "gather_facts": False,
            "environment": "{{ remediation_environment }}",
            "module_defaults": {"group/netra.remediation.gcp": defaults},
            "tasks": tasks,
        }
    ]


@pytest.fixture(scope="module")
def registered(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Return what each task of the play registered."""
    sandbox.reset("healthy")
    place = tmp_path_factory.mktemp("fronts")
    playbook = place / "play.yml"
    playbook.write_text(yaml.safe_dump(play(place)), encoding="utf-8")
    ran = subprocess.run(
        [
            str(pathlib.Path(sys.executable).parent / "ansible-playbook"),
            "-i",
            str(ROOT / "inventory/sandbox"),
            playbook,
        ],
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_ASYNC_DIR": str(place / "async"),
            "NETRA_SANDBOX_DIR": str(sandbox.directory),
        },
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in place.glob("*.json")}


def own(result: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a result that the collection made."""
    text = json.dumps({"changed": False, **{name: value for name, value in result.items() if name not in ANSIBLES_OWN}})
    return dict(json.loads(re.sub(OF_THE_MOMENT, '"MOMENT"', text)))


@pytest.mark.parametrize("task", TASKS)
def test_both_fronts_agree(google: Any, registered: dict[str, dict[str, Any]], task: str) -> None:
    ((module, arguments),) = TASKS[task].items()
    alone, _writes = google.run(module.rpartition(".")[2], check_mode=True, **arguments)
    assert own(registered[task]) == own(alone)
    assert own(alone).keys() - {"changed"}


def test_a_task_that_leaves_the_worker_gives_the_same_result(registered: dict[str, dict[str, Any]]) -> None:
    assert "ansible_job_id" in registered["apart"]
    assert own(registered["apart"]) == own(registered["agrees"])
