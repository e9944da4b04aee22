# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that tries an image, and when an image counts as proved."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.resources import image_proof, task_job

IMAGE = "registry/app@sha256:1"
WANTED = image_proof.wanted_options({"image": IMAGE, "modules": ["app"]})
LABELS = {task_job.LABEL: image_proof.PURPOSE}


def task(**options):
    container = {name: options.get(name, WANTED[name]) for name in image_proof.ASKED}
    return {"containers": [container]}


def execution(state, **options):
    ended = {"completion_time": "2026-01-01T00:00:00Z"} if state else {}
    conditions = [{"type_": "Completed", "state": state or "CONDITION_PENDING"}]
    return {"template": task(**options), "conditions": conditions, **ended}


def job(**options):
    return {"labels": LABELS, "template": {"template": task(**options)}}


def tried(folder, **claims):
    options = image_proof.wanted_options({"image": IMAGE, **claims})
    command = [sys.executable, *options["command"][1:], *options["args"]]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, task_job.told(done.stdout.splitlines(), image_proof.PREFIX)


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"modules": ["app.main"], "paths": ["app/main.py"], "entry_point": "app.main:Server.serve"}, ""),
        ({"modules": ["app.monitoring"]}, "app.monitoring does not import: ModuleNotFoundError: No module named"),
        ({"modules": ["app.ends"]}, "app.ends does not import: SystemExit: 3"),
        ({"entry_point": "app.main:nothing"}, "app.main:nothing does not import: AttributeError:"),
        ({"paths": ["app/gone.py"]}, "app/gone.py is not in the image"),
    ],
)
def test_the_program_says_what_an_image_lacks(tmp_path, claims, words):
    package = tmp_path / "app"
    package.mkdir()
    (package / "main.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(90,)).start()\n"
        "class Server:\n    def serve(self): ...\n"
    )
    (package / "ends.py").write_text("raise SystemExit(3)\n")
    code, told = tried(tmp_path, **claims)
    assert (code, bool(told)) == (int(bool(words)), bool(words))
    assert words in told


@pytest.mark.parametrize(
    ("there", "ran", "changes"),
    [
        (None, None, {*WANTED}),
        (job(), None, {"proved"}),
        (job(), execution("CONDITION_SUCCEEDED"), set()),
        (job(), execution("CONDITION_FAILED"), {"proved"}),
        (job(), execution(""), {"proved"}),
        (job(), execution("CONDITION_SUCCEEDED", image="registry/app@sha256:2"), {"proved"}),
        (job(image="registry/app@sha256:2"), execution("CONDITION_SUCCEEDED", image="older"), {"image", "proved"}),
        (job(image="registry/app@sha256:2"), execution("CONDITION_SUCCEEDED"), set()),
        (job(), execution("CONDITION_SUCCEEDED", args=["{}"]), {"proved"}),
    ],
    ids=[
        "nothing there",
        "never run",
        "proved",
        "failed",
        "runs",
        "another image ran",
        "both another",
        "proved before the job changed",
        "other things were tried",
    ],
)
def test_only_an_execution_of_this_image_for_these_things_counts(there, ran, changes):
    assert {*image_proof.decide(WANTED, there, ran, "p").changes} == changes


@pytest.mark.parametrize("wanted", [WANTED, None])
def test_a_job_of_somebody_else_is_left_alone(wanted):
    with pytest.raises(UnsafeChange, match="was not made for this"):
        image_proof.decide(wanted, {**job(), "labels": {}}, None, "p")
