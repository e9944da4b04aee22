# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command cli/plan, run as a process with nothing but Python's standard library and ssh-keygen."""

from __future__ import annotations

import os
import pathlib
import shlex
import subprocess
import sys

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import change_of
from ansible_collections.netra.remediation.plugins.module_utils.record import plan_file

ROOT = pathlib.Path(__file__).parents[3]
ABOUT = {
    "environment": "staging", "project": "p", "region": "r", "playbook": "remediate",
    "selection": "{}", "made": "2025-09-23T10:15:00Z", "by": "alice@laptop",
}  # fmt: skip
ALICE = "alice@example.com"


@pytest.fixture
def desk(tmp_path: pathlib.Path) -> pathlib.Path:
    change = change_of("service a", "update", {"env": {"X": "1"}}, {"env": {"X": "2"}})
    plan_file.write_plan(str(tmp_path / "plan.json"), plan_file.sealed(ABOUT, [change], {}, "00ff"))
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    (tmp_path / "signers").write_text(f"{ALICE} {(tmp_path / 'key.pub').read_text()}")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S "$@"\n')  # -S: no site-packages
    python.chmod(0o755)
    return tmp_path


def run(desk: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHON": str(desk / "python")}
    return subprocess.run(
        [str(ROOT / "cli/plan"), *arguments], cwd=desk, env=environment, capture_output=True, text=True, check=False
    )


def approve(desk: pathlib.Path, *more: str) -> subprocess.CompletedProcess[str]:
    return run(desk, "approve", "plan.json", "--as", ALICE, "--key", "key", "--reason", "as agreed at nine", *more)


def test_a_plan_is_shown(desk: pathlib.Path) -> None:
    done = run(desk, "show", "plan.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:4] == [
        "staging (p, r), by alice@laptop at 2025-09-23T10:15:00Z",
        "1 change of 1 resource.",
        "~ service a",
        "    env.X: 1 -> 2",
    ]


def test_a_plan_is_approved_and_the_approval_is_found(desk: pathlib.Path) -> None:
    few = run(desk, "verify", "plan.json", "--allowed-signers", "signers")
    assert few.returncode == 1
    assert "needs the approval of 1, and 0 approved it" in few.stderr
    done = approve(desk)
    assert done.returncode == 0, done.stderr
    assert f"{ALICE} approves plan" in done.stdout
    enough = run(desk, "verify", "plan.json", "--allowed-signers", "signers")
    assert enough.returncode == 0, enough.stderr
    assert "as agreed at nine (SHA256:" in enough.stdout


@pytest.mark.parametrize("hours", ["-1", "0", "nan", "1e9"])
def test_an_approval_holds_for_a_time(desk: pathlib.Path, hours: str) -> None:
    done = approve(desk, "--hours", hours)
    assert done.returncode == 2
    assert "an approval holds for up to 336" in done.stderr
    assert not (desk / f"plan.json.approval-{ALICE}").exists()


def test_an_approval_that_does_not_hold_is_told(desk: pathlib.Path) -> None:
    (desk / "plan.json.approval-bob").write_text("yes")
    done = run(desk, "verify", "plan.json", "--allowed-signers", "signers")
    assert done.returncode == 1
    assert "does not hold: plan.json.approval-bob: it is no approval" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "none.json"),
        ("approve", "plan.json", "--as", ALICE, "--key", "none", "--reason", "x"),
        ("approve", "plan.json", "--as", ALICE, "--key", "key", "--reason", " "),
        ("frobnicate", "plan.json"),
    ],
)
def test_what_cannot_be_done_is_said(desk: pathlib.Path, arguments: tuple[str, ...]) -> None:
    done = run(desk, *arguments)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr
