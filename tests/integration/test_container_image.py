# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container engine of this machine builds, pushes to the sandbox's registry, and Cloud Run runs what it pushed."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from typing import Any

import pytest
import requests
from playbook_story import Story, succeeded

REPOSITORY = "us-central1-docker.pkg.dev/netra-staging/netra"
PROGRAM = """
import http.server, os, pathlib

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(" ".join(sorted(path.name for path in pathlib.Path(".").iterdir())).encode())

http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Answer).serve_forever()
"""
DOCKERFILE = 'FROM scratch\nWORKDIR /app\nCOPY . .\nENV GREETING=hello\nCMD ["python", "main.py"]\n'


@pytest.fixture(params=["buildah", "podman"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Name an engine that works here; its images are not among this user's own, and need no kernel module."""
    name = str(request.param)
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not on PATH")
    place = tmp_path_factory.mktemp("storage")
    configuration = place / "storage.conf"
    text = f'[storage]\ndriver = "vfs"\ngraphroot = "{place}/graph"\nrunroot = "{place}/run"\n'
    configuration.write_text(text, encoding="utf-8")
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(configuration))
    monkeypatch.setenv("BUILDAH_ISOLATION", "chroot")
    (place / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n", encoding="utf-8")
    tried = subprocess.run([name, "build", str(place)], check=False, capture_output=True, text=True, timeout=60)
    if tried.returncode:
        pytest.skip(f"{name} builds nothing on this machine: {tried.stderr.strip()}")
    return name


@pytest.fixture
def context(tmp_path: pathlib.Path) -> pathlib.Path:
    for name, text in {
        "Dockerfile": DOCKERFILE,
        ".dockerignore": "*.log\n!kept.log\n",
        "main.py": PROGRAM,
        "dropped.log": "",
        "kept.log": "",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def image() -> str:
    return f"{REPOSITORY}/built-{os.urandom(4).hex()}"


def test_it_builds_once_and_the_image_serves(google: Any, context: pathlib.Path, image: str, engine: str) -> None:
    wanted = {"context": str(context), "image": image, "engine": engine}
    predicted, writes = google.run("container_image", check_mode=True, **wanted)
    assert (predicted["changed"], predicted["image"], writes) == (True, None, [])
    built, _writes = google.run("container_image", **wanted)
    assert built["changed"], built
    assert built["image"].startswith(f"{image}@sha256:")
    again, _writes = google.run("container_image", **wanted)
    assert (again["changed"], again["image"]) == (False, built["image"])
    (context / "main.py").write_text(PROGRAM + "\n", encoding="utf-8")
    newer, _writes = google.run("container_image", check_mode=True, **wanted)
    assert newer["changed"]
    name = f"built-{os.urandom(4).hex()}"
    service, _writes = google.run("cloud_run_service", name=name, image=built["image"], invoker_iam_disabled=True)
    try:
        answer = requests.get(service["service"]["uri"], timeout=10)
        assert answer.text == ".dockerignore Dockerfile kept.log main.py"
    finally:
        google.run("cloud_run_service", name=name, state="absent")


def test_a_build_that_fails_shows_what_the_engine_said(
    google: Any, context: pathlib.Path, image: str, engine: str
) -> None:
    (context / "Dockerfile").write_text("FROM scratch\nCOPY nowhere.py /\n", encoding="utf-8")
    failed, _writes = google.run("container_image", context=str(context), image=image, engine=engine)
    assert failed["failed"]
    assert f"Could not build {image}: {engine} said: " in failed["msg"]
    assert "nowhere.py" in failed["msg"]


def test_a_push_without_the_permission_names_it(google: Any, context: pathlib.Path, image: str, engine: str) -> None:
    key = google.sandbox.directory / "viewer.json"
    failed, _writes = google.run(
        "container_image",
        auth_kind="serviceaccount",
        service_account_file=str(key),
        context=str(context),
        image=image,
        engine=engine,
    )
    assert failed["failed"]
    assert f"Could not push {image}" in failed["msg"]
    assert "artifactregistry.repositories.uploadArtifacts" in failed["msg"]
    assert "roles/artifactregistry.writer" in failed["msg"]


def test_the_build_phase_uses_the_engine_that_is_asked_for(google: Any, engine: str) -> None:
    story = Story(google.sandbox)
    asked = (f"remediation_build_engine={engine}", "remediation_mode=full")
    done = story.play("remediate", "--tags", "phase1", *(word for each in asked for word in ("-e", each)))
    assert f"Build with {engine}" in done.stdout
    assert succeeded(done)["changed"] == 0  # the registry has them: Cloud Build pushed them under the same tag


def test_who_may_only_pull_cannot_add_to_an_upload(sandbox: Any) -> None:
    uploads = f"https://{REPOSITORY.replace('.dev/', '.dev/v2/')}/x/blobs/uploads/"
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    begun = requests.post(uploads, headers=headers, timeout=10)
    assert begun.status_code == 202
    asked = requests.get(uploads + begun.headers["Docker-Upload-UUID"], data=b"more", headers=headers, timeout=10)
    assert (asked.status_code, asked.json()["errors"][0]["code"]) == (405, "UNSUPPORTED")


@pytest.mark.parametrize("image", ["example.com/x", f"{REPOSITORY}/x:tag", "us-central1-docker.pkg.dev/only"])
def test_an_image_that_cannot_be_meant_is_refused(google: Any, context: pathlib.Path, image: str) -> None:
    failed, writes = google.run("container_image", context=str(context), image=image, engine="buildah")
    assert "image must be LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/NAME" in failed["msg"]
    assert writes == []
