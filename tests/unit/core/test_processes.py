# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which run of Ansible this is, and whether another one ended."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.processes import (
    is_surely_gone,
    running_playbook,
    this_kernel,
)

pytestmark = pytest.mark.skipif(not this_kernel(), reason="this system has no /proc: nothing is ever surely gone")
ASK = """
import importlib.util, json, subprocess, sys, time
spec = importlib.util.spec_from_file_location("processes", sys.argv[1])
processes = importlib.util.module_from_spec(spec)
spec.loader.exec_module(processes)
print(json.dumps(processes.running_playbook()), flush=True)
sys.stdin.read()
"""
SOURCE = pathlib.Path(__file__).parents[3] / "plugins/module_utils/foundation/processes.py"


@pytest.fixture
def playbook(tmp_path: pathlib.Path):
    """Start a program named ansible-playbook that asks, and tell what it was told."""
    program = tmp_path / "ansible-playbook"
    program.write_text(ASK, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(program), str(SOURCE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    yield process, process.stdout.readline()
    process.kill()
    process.communicate()


def test_a_playbook_finds_itself_and_is_gone_once_it_ended(playbook) -> None:
    process, said = playbook
    found = json.loads(said)
    assert found["pid"] == process.pid
    assert not is_surely_gone(found)
    process.communicate("")
    assert is_surely_gone(found)


def test_what_nobody_waited_for_has_ended_too(playbook) -> None:
    process, said = playbook
    found = json.loads(said)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert is_surely_gone(found)


def test_a_number_that_is_used_again_is_another_process() -> None:
    mine = {"pid": os.getpid(), "started": 1, "kernel": this_kernel()}
    assert is_surely_gone(mine)


def test_what_runs_under_another_kernel_is_never_surely_gone() -> None:
    assert not is_surely_gone({"pid": 1, "started": 1, "kernel": "elsewhere"})
    assert not is_surely_gone({"pid": 1, "started": 1, "kernel": ""})


def test_nothing_is_known_without_proc(tmp_path: pathlib.Path) -> None:
    assert this_kernel(str(tmp_path)) == ""
    assert running_playbook(str(tmp_path)) is None


def test_the_topmost_playbook_is_the_run(tmp_path: pathlib.Path) -> None:
    """A worker is a fork of its playbook, and has its name."""
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("boot\n", encoding="ascii")
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/pid").symlink_to("pid:[1]")
    tree = {7: (1, "bash"), 20: (7, "python\0/bin/ansible-playbook\0x.yml"), 30: (20, "python\0/bin/ansible-playbook")}
    for pid, (parent, words) in tree.items():
        (tmp_path / str(pid)).mkdir()
        fields = ["S", str(parent), *["0"] * 17, str(pid * 100)]
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a ) b) {' '.join(fields)}", encoding="ascii")
        (tmp_path / str(pid) / "cmdline").write_bytes(words.encode())
    assert running_playbook(str(tmp_path), 30) == {"pid": 20, "started": 2000, "kernel": "boot/pid:[1]"}
    shutil.rmtree(tmp_path / "20")
    assert running_playbook(str(tmp_path), 30) == {"pid": 30, "started": 3000, "kernel": "boot/pid:[1]"}
