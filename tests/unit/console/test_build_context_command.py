# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command cli/build-context, run as its users run it: as a process, without Ansible and without our libraries."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[3]
COMMAND = ROOT / "cli/build-context"
PAGE = ROOT / "docs/build-context.md"
FILES = {
    "Dockerfile": 'FROM python:3.11\nWORKDIR /srv\nCOPY app ./app\nCMD ["python", "-m", "app.main"]\n',
    ".dockerignore": "# exports, 25 MB\n**/monitoring/\n!app/monitoring\n",
    "app/__init__.py": "",
    "app/main.py": "from app.monitoring import Reporter\n",
    "app/monitoring/__init__.py": "class Reporter: pass\n",
}


def run(*arguments: str, python: str = sys.executable, cwd: pathlib.Path = ROOT) -> subprocess.CompletedProcess[str]:
    # -S, by PYTHON: no site-packages, so neither ansible nor google can be imported.
    environment = {"PATH": os.environ["PATH"], "PYTHON": python, "XDG_CACHE_HOME": "/dev/null/none"}
    return subprocess.run(
        [str(COMMAND), *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def bare_python(tmp_path: pathlib.Path) -> str:
    """A Python that has its standard library and nothing else."""
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S "$@"\n')
    wrapper.chmod(0o755)
    return str(wrapper)


@pytest.fixture
def repository(tmp_path: pathlib.Path) -> pathlib.Path:
    root = tmp_path / "repository"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def test_a_sound_context_without_any_library(repository, bare_python):
    done = run("check", "--require", "app/monitoring", python=bare_python, cwd=repository)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Nothing found; followed 3 modules from app.main")


def test_the_ignore_file_looks_guilty_and_the_fault_is_a_missing_export(repository):
    (repository / "app/monitoring/__init__.py").write_text("class Report: pass\n")
    done = run("check", "--context", str(repository), "--require", "app/monitoring/__init__.py")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "BLD-005 error: app/monitoring/__init__.py is in the image and does not offer Reporter, "
        "which the program imports",
        "    names: Reporter",
        "    imports: app/main.py:1 imports app.monitoring",
        "    ignore file: not the culprit: line 2 of .dockerignore (**/monitoring/) would drop "
        "app/monitoring/__init__.py, but line 3 (!app/monitoring) brings it back",
        "    offers instead: Reporter → Report",
        "    next: Define or re-export Reporter in app/monitoring/__init__.py, or correct the import.",
        "1 finding; followed 3 modules from app.main; ignore file .dockerignore, Dockerfile Dockerfile.",
    ]


def test_findings_as_json(repository):
    (repository / "app/main.py").write_text("import app.gone\n")
    told = json.loads(run("check", "--context", str(repository), "--format", "json").stdout)
    assert [finding["id"] for finding in told["findings"]] == ["BLD-004"]
    assert told["proof"]["imports"]["faults"][0]["chain"][0]["line"] == 1


def test_a_repair_is_shown_then_made_once(repository):
    (repository / ".dockerignore").write_bytes(b"# x\r\n**/monitoring/\r\n")
    arguments = ("repair", "--context", str(repository))
    shown = run(*arguments)
    assert (shown.returncode, shown.stdout) == (
        1,
        "--- .dockerignore\n+++ .dockerignore\n@@ -2 +2,2 @@\n **/monitoring/\n+!app/monitoring\n",
    )
    assert (repository / ".dockerignore").read_bytes() == b"# x\r\n**/monitoring/\r\n"
    written = run(*arguments, "--write")
    assert (written.returncode, written.stdout) == (0, shown.stdout)
    assert (repository / ".dockerignore").read_bytes() == b"# x\r\n**/monitoring/\r\n!app/monitoring\r\n"
    assert (run(*arguments).returncode, run("check", "--context", str(repository)).returncode) == (0, 0)


def test_gcloud_as_the_sender(repository):
    (repository / ".gcloudignore").write_text("monitoring/\n")
    arguments = ("--context", str(repository), "--sender", "gcloud")
    assert run("check", *arguments).returncode == 1
    told = run("explain", *arguments, "app/monitoring/__init__.py")
    assert told.stdout == "left out  app/monitoring/__init__.py  .gcloudignore:1: monitoring/\n"
    assert run("repair", *arguments, "--write").returncode == 0
    assert (repository / ".gcloudignore").read_text() == "monitoring/\n!/app/monitoring\n"
    assert run("check", *arguments).returncode == 0


def test_list_prints_what_is_sent(repository):
    (repository / "monitoring").mkdir()
    (repository / "monitoring/x.json").write_text("")
    assert run("list", "--context", str(repository)).stdout.splitlines() == sorted(FILES)


def test_warnings_fail_only_when_asked_to(repository):
    (repository / "app/main.py").write_text("def later():\n    import app.gone\n")
    assert run("check", "--context", str(repository)).returncode == 0
    assert run("check", "--context", str(repository), "--strict").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("check", "--context", "/dev/null/none"), "could not read the context: /dev/null/none is no directory"),
        (("check", "--no-such-option"), "unrecognized arguments"),
        ((), "the following arguments are required: COMMAND"),
    ],
)
def test_wrong_use_has_an_exit_code_of_its_own(arguments, told):
    done = run(*arguments)
    assert done.returncode == 2
    assert told in done.stderr


def test_a_bad_include_is_no_finding_but_an_unreadable_context(repository):
    (repository / ".gcloudignore").write_text("#!include:gone\n")
    done = run("check", "--context", str(repository), "--sender", "gcloud")
    assert done.returncode == 2
    assert "line 1 of .gcloudignore includes gone, which cannot be read" in done.stderr


def test_modules_of_the_directory_are_never_run(repository):
    for name in ("ast", "json", "argparse", "sitecustomize"):
        (repository / f"{name}.py").write_text("raise SystemExit('it ran')\n")
    done = run("check", cwd=repository)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_installed_collection_serves_as_well(tmp_path, repository):
    installed = tmp_path / "ansible_collections/netra/remediation"
    for folder in ("cli", "plugins"):
        shutil.copytree(ROOT / folder, installed / folder, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [str(installed / "cli/build-context"), "check"],
        cwd=repository,
        env={"PATH": os.environ["PATH"], "PYTHON": sys.executable, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_old_python_is_refused_in_one_sentence(tmp_path):
    old = tmp_path / "old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = run("check", python=str(old))
    assert done.returncode == 2
    assert (
        done.stderr == f"build-context: Python 3.11 or newer is needed, and {old} is none; set PYTHON to one that is.\n"
    )


EXAMPLES = re.findall(r"^```console\n\$ (.+)\n((?:.*\n)*?)```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[command.split()[1] for command, _output in EXAMPLES])
def test_the_examples_of_the_page_do_what_they_show(command, output):
    program, *arguments = shlex.split(command)
    assert program == "cli/build-context"
    assert run(*arguments).stdout == output


def test_the_page_tells_every_option():
    told = set(re.findall(r"--[a-z-]+", PAGE.read_text(encoding="utf-8")))
    helped = "".join(run(name, "--help").stdout for name in ("check", "repair", "explain", "list"))
    assert set(re.findall(r"--[a-z-]+", helped)) - {"--help"} <= told


def test_the_hook_of_pre_commit_names_the_command():
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    hook = next(hook for hook in hooks if hook["id"] == "build-context")
    program, *arguments = hook["entry"].split()
    assert (ROOT / program).samefile(COMMAND)
    assert os.access(COMMAND, os.X_OK)
    assert run(*arguments, "--help").returncode == 0
