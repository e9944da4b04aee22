# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command cli/placeholders, run as a process with nothing but Python's standard library."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[3]
PAGE = ROOT / "docs/placeholders.md"


@pytest.fixture
def repository(tmp_path: pathlib.Path) -> pathlib.Path:
    root = tmp_path / "repository"
    (root / "deploy").mkdir(parents=True)
    (root / "deploy/staging.yaml").write_text("env:\n  REDIS_HOST: <actual-ip>\n")
    return root


def run(cwd: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    python = cwd.parent / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S "$@"\n')  # -S: no site-packages
    python.chmod(0o755)
    return subprocess.run(
        [str(ROOT / "cli/placeholders"), *arguments],
        cwd=cwd, env={"PATH": os.environ["PATH"], "PYTHON": str(python)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_tells_file_line_and_column_and_fails(repository):
    done = run(repository)
    assert (
        done.stdout == "deploy/staging.yaml:2:15: <actual-ip> (REDIS_HOST)\n1 placeholder(s) in 1 files; 0 allowed.\n"
    )
    assert done.returncode == 1


def test_an_allowance_makes_it_pass_and_an_idle_one_fails_strictly(repository):
    (repository / ".placeholders-allowed").write_text("deploy/*  # shown to people\n*.json  # nothing\n")
    assert run(repository).returncode == 0
    done = run(repository, "--strict", "--format", "json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert [rule["path"] for rule in told["allowances_that_allow_nothing"]] == ["*.json"]
    assert [entry["reason"] for entry in told["allowed"]] == ["shown to people"]


@pytest.mark.parametrize(
    ("arguments", "words"), [(["--root", "missing"], "could not read"), (["gone"], "could not read")]
)
def test_what_is_not_there_is_no_clean_answer(repository, arguments, words):
    done = run(repository, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_example_of_the_page(repository):
    command, shown = re.search(r"```console\n\$ cli/placeholders (.*)\n([\s\S]*?)```", PAGE.read_text()).groups()
    arguments = [*shlex.split(command), "--root", str(ROOT)]
    assert run(repository, *arguments).stdout == shown
