# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What engines are told, and what their answers mean."""

from __future__ import annotations

import base64
import json

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.containers import engines

WORK = engines.Work("/somewhere/context", "/somewhere/engine")
DIGEST = "sha256:" + "ab" * 32
OTHER = "sha256:" + "cd" * 32


@pytest.mark.parametrize("engine", engines.ENGINES)
def test_no_command_has_the_password(engine: str) -> None:
    words = [*engines.build(engine, WORK, "Dockerfile", "image:tag"), *engines.push(engine, WORK, "image:tag")]
    assert words[0] == engine
    assert WORK.credentials in words or WORK.folder in words


def test_podman_and_buildah_are_told_to_ignore_nothing_more() -> None:
    for engine in ("podman", "buildah"):
        assert "--ignorefile" in engines.build(engine, WORK, "api/Dockerfile", "image:tag")
    assert "--ignorefile" not in engines.build("docker", WORK, "api/Dockerfile", "image:tag")


def test_the_password_is_what_artifact_registry_asks_for() -> None:
    (registry,) = json.loads(engines.credentials("eu-docker.pkg.dev", "ya29.token"))["auths"].items()
    assert registry == ("eu-docker.pkg.dev", {"auth": base64.b64encode(b"oauth2accesstoken:ya29.token").decode()})


@pytest.mark.parametrize(
    ("printed", "written", "digest"),
    [
        (f"layer {OTHER}\ncontext-1: digest: {DIGEST} size: 528", None, DIGEST),
        (f"Copying blob {OTHER}", DIGEST + "\n", DIGEST),
        (f"Copying blob {OTHER}", "", None),
        ("nothing", None, None),
    ],
)
def test_the_digest_is_the_one_that_was_pushed(printed: str, written: str | None, digest: str | None) -> None:
    assert engines.pushed_digest(printed, written) == digest


@pytest.mark.parametrize(
    ("said", "pushing", "advice"),
    [
        ("denied: Permission artifactregistry.repositories.uploadArtifacts denied", True, "artifactregistry.writer"),
        ('name unknown: Repository "x" not found', True, "its repository has to exist"),
        ("docker.io/library/python: not found", False, "Correct that"),
        ("open /etc/shadow: permission denied", False, "Correct that"),
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock", False, "Start Docker"),
        ("permission denied while trying to connect to the Docker daemon socket", True, "Start Docker"),
        ("exit status 1", True, "Correct that"),
    ],
)
def test_each_failure_has_its_advice(said: str, pushing: bool, advice: str) -> None:
    assert advice in engines.advice(said, pushing=pushing)


def test_of_what_was_printed_the_end_is_shown() -> None:
    printed = "\n\n".join(f"line {number}" for number in range(100))
    assert engines.last_lines(printed, 2) == "line 98\nline 99"
