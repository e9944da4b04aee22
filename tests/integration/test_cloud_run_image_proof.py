# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An image is tried in a real job, once; one that lacks something is refused with the words of the execution."""

from __future__ import annotations

from typing import Any

import pytest

JOBS = "run.projects.locations.jobs"
AUTH = "netra-auth-service"
NAME = "story-proof"


@pytest.fixture(scope="module", autouse=True)
def healthy(sandbox: Any) -> None:
    sandbox.reset("healthy")


@pytest.fixture
def image(google: Any) -> str:
    seen, _writes = google.run("cloud_run_service_info", name=AUTH)
    return str(seen["services"][0]["template"]["image"])


def test_an_image_is_proved_once_and_check_mode_predicts_it(google: Any, image: str) -> None:
    options = {"name": NAME, "image": image, "modules": ["auth_service.main"], "paths": ["auth_service/main.py"]}
    predicted, writes = google.run("cloud_run_image_proof", check_mode=True, **options)
    assert (predicted.get("changed"), writes) == (True, []), predicted
    done, writes = google.run("cloud_run_image_proof", **options)
    assert (done.get("changed"), writes) == (True, [f"{JOBS}.create", f"{JOBS}.run"]), done
    assert done["diff"] == predicted["diff"]
    for check_mode in (True, False):
        again, writes = google.run("cloud_run_image_proof", check_mode, **options, env={"OTHER": "value"})
        assert (again.get("changed"), writes) == (False, []), again
        assert again["execution"] == done["execution"]


def test_an_image_that_lacks_something_is_told_with_what_it_said(google: Any, image: str) -> None:
    options = {"name": NAME, "image": image, "modules": ["auth_service.monitoring"], "paths": ["gone.txt"]}
    for writes in ([f"{JOBS}.patch", f"{JOBS}.run"], [f"{JOBS}.run"]):
        failed, wrote = google.run("cloud_run_image_proof", **options)
        assert failed.get("failed"), failed
        assert "auth_service.monitoring does not import: ModuleNotFoundError" in failed["msg"]
        assert "gone.txt is not in the image" in failed["msg"]
        assert wrote == writes
    removed, wrote = google.run("cloud_run_image_proof", name=NAME, state="absent")
    assert (removed.get("changed"), wrote) == (True, [f"{JOBS}.delete"]), removed


def test_a_tag_and_nothing_to_try_are_refused_before_any_write(google: Any, image: str) -> None:
    for options, named in (({"image": "app:1", "paths": ["a"]}, "pin it by digest"), ({"image": image}, "modules")):
        refused, writes = google.run("cloud_run_image_proof", name=NAME, **options)
        assert refused.get("failed"), refused
        assert named in refused["msg"]
        assert writes == []
