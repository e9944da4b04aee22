# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Artifact Registry and Cloud Build: repositories, images, builds."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import signal
from typing import Any

import pytest
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials
from run_services import begin_build

REGISTRY = "artifactregistry.googleapis.com/v1"
BUILD = "cloudbuild.googleapis.com/v1"
REST = "https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories"
BUILDS = "https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds"
STEP = {"steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", "x", "."]}]}


@pytest.fixture
def repository(target: Any) -> Any:
    """Make a repository."""
    body = {"format": "DOCKER", "description": "conformance"}
    place, name = f"{REGISTRY}/{target.location}/repositories", target.fresh("repo")
    operation = target.call("POST", place, body, repositoryId=name)
    made = target.finished(operation, REGISTRY.partition("/")[0])["response"]
    yield made
    target.send("DELETE", f"{place}/{name}")


@pytest.fixture
def image(target: Any) -> dict[str, Any]:
    """Return an image that a scenario pushed."""
    repositories = target.call("GET", f"{REGISTRY}/{target.location}/repositories")["repositories"]
    found = [
        image
        for one in repositories
        for image in target.call("GET", f"{REGISTRY}/{one['name']}/dockerImages").get("dockerImages", [])
    ]
    return dict(found[0])


@pytest.mark.source("public", REST)
def test_a_repository_is_made_and_listed(target: Any, repository: dict[str, Any]) -> None:
    read = target.call("GET", f"{REGISTRY}/{repository['name']}")
    assert (read["format"], read["mode"]) == ("DOCKER", "STANDARD_REPOSITORY")
    assert read["registryUri"].endswith(f"/{target.project}/{read['name'].rpartition('/')[2]}")
    listed = target.call("GET", f"{REGISTRY}/{target.location}/repositories")["repositories"]
    assert read["name"] in {one["name"] for one in listed}


@pytest.mark.source("public", f"{REST}/patch")
def test_a_repository_changes_by_mask(target: Any, repository: dict[str, Any]) -> None:
    url = f"{REGISTRY}/{repository['name']}"
    assert target.call("PATCH", url, {"labels": {"a": "b"}}, updateMask="labels")["labels"] == {"a": "b"}
    error = target.refusal("PATCH", url, {"format": "NPM"}, updateMask="format")
    assert error["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("public", f"{REST}/delete")
def test_a_deleted_repository_is_gone(target: Any, repository: dict[str, Any]) -> None:
    operation = target.call("DELETE", f"{REGISTRY}/{repository['name']}")
    target.finished(operation, REGISTRY.partition("/")[0])
    assert target.refusal("GET", f"{REGISTRY}/{repository['name']}")["status"] == "NOT_FOUND"


@pytest.mark.source("public", f"{REST}.dockerImages")
@pytest.mark.sandbox_only("it needs an image")
def test_images_are_those_that_were_pushed(target: Any, image: dict[str, Any]) -> None:
    assert image["uri"].partition("@")[2] == image["name"].rpartition("@")[2]
    assert int(image["imageSizeBytes"]) > 0
    assert target.call("GET", f"{REGISTRY}/{image['name']}") == image


@pytest.mark.source("public", f"{REST}.packages.versions")
@pytest.mark.sandbox_only("it needs an image")
def test_packages_versions_and_tags_tell_the_same(target: Any, image: dict[str, Any]) -> None:
    repository, _, rest = image["name"].partition("/dockerImages/")
    package = f"{repository}/packages/{rest.partition('@')[0]}"
    names = {one["name"] for one in target.call("GET", f"{REGISTRY}/{repository}/packages")["packages"]}
    assert package in names
    versions = target.call("GET", f"{REGISTRY}/{package}/versions")["versions"]
    assert f"{package}/versions/{image['uri'].partition('@')[2]}" in {version["name"] for version in versions}
    tags = target.call("GET", f"{REGISTRY}/{package}/tags")["tags"]
    assert set(image["tags"]) <= {tag["name"].rpartition("/")[2] for tag in tags}


@pytest.mark.source("public", f"{REST}/create")
@pytest.mark.parametrize(
    ("identifier", "body"),
    [("Upper", {"format": "DOCKER"}), ("-dash", {"format": "DOCKER"}), ("no-format", {})],
)
def test_a_repository_is_refused(target: Any, identifier: str, body: dict[str, Any]) -> None:
    url = f"{REGISTRY}/{target.location}/repositories"
    assert target.refusal("POST", url, body, repositoryId=identifier)["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("public", f"{REST}/create")
def test_a_name_that_is_taken_is_refused(target: Any, repository: dict[str, Any]) -> None:
    url = f"{REGISTRY}/{target.location}/repositories"
    name = repository["name"].rpartition("/")[2]
    error = target.refusal("POST", url, {"format": "DOCKER"}, repositoryId=name)
    assert error["status"] == "ALREADY_EXISTS"


@pytest.mark.source("public", f"{BUILDS}/list")
@pytest.mark.sandbox_only("it needs builds")
@pytest.mark.parametrize(
    ("condition", "some"),
    [
        ("", True),
        ('status="SUCCESS"', True),
        ('status="WORKING" OR status="SUCCESS"', True),
        ('status="EXPIRED"', False),
        ('create_time>"2020-01-01T00:00:00Z"', True),
        ('tags="nothing"', False),
    ],
)
def test_builds_are_listed_by_filter(target: Any, condition: str, some: bool) -> None:
    builds = target.call("GET", f"{BUILD}/{target.location}/builds", filter=condition).get("builds", [])
    assert bool(builds) is some
    for build in builds[:1]:
        assert target.call("GET", f"{BUILD}/{build['name']}") == build


@pytest.mark.source("public", f"{BUILDS}/create")
@pytest.mark.sandbox_only("it costs a build")
def test_a_build_that_fails_says_why_and_leaves_a_log(target: Any) -> None:
    operation = target.call("POST", f"{BUILD}/projects/{target.project}/builds", STEP)
    identifier = operation["metadata"]["build"]["id"]
    read = target.until(
        lambda: target.call("GET", f"{BUILD}/projects/{target.project}/builds/{identifier}"),
        lambda build: bool(build.get("finishTime")),
    )
    assert read["status"] == "FAILURE"
    assert read["failureInfo"]["detail"]
    assert read["name"] == f"projects/{target.project}/locations/global/builds/{identifier}"
    condition = f'resource.type="build" AND resource.labels.build_id="{identifier}" AND severity=ERROR'
    body = {"resourceNames": [f"projects/{target.project}"], "filter": condition}
    entries = target.until(
        lambda: target.call("POST", "logging.googleapis.com/v2/entries:list", body).get("entries", []), bool
    )
    assert entries[-1]["textPayload"].startswith("ERROR: ")
    error = target.refusal("POST", f"{BUILD}/projects/{target.project}/builds/{identifier}:cancel")
    assert error["status"] == "FAILED_PRECONDITION"


@pytest.mark.source("public", f"{BUILDS}/cancel")
@pytest.mark.sandbox_only("it costs a build")
def test_a_build_that_runs_is_cancelled(target: Any, lasting: Any) -> None:
    place = f"{BUILD}/projects/{target.project}/builds"
    with lasting("cloudbuild.projects.builds.create"):
        operation = target.call("POST", place, STEP)
        url = f"{place}/{operation['metadata']['build']['id']}"
        assert target.call("POST", f"{url}:cancel")["status"] == "CANCELLED"
    assert target.finished(operation, BUILD.partition("/")[0])["error"]["code"] == 1
    assert target.call("GET", url)["status"] == "CANCELLED"


def sleeping(words: str) -> list[int]:
    """Return the processes whose command line says something."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if words.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


@pytest.mark.source("public", f"{BUILDS}/cancel")
@pytest.mark.sandbox_only("it looks for the step's process")
def test_a_cancelled_build_ends_the_step_that_runs(target: Any) -> None:
    words = target.fresh("step")
    operation, _image = begin_build(target, f"import time; time.sleep(120)  # {words}")
    target.until(lambda: sleeping(words), bool)
    target.call("POST", f"{BUILD}/{operation['metadata']['build']['name']}:cancel")
    assert target.finished(operation, BUILD.partition("/")[0])["error"]["code"] == 1
    target.until(lambda: sleeping(words), lambda found: not found)


@pytest.mark.source("public", f"{BUILDS}#FailureInfo")
@pytest.mark.sandbox_only("it costs a build")
def test_a_step_that_fails_without_a_word_fails_the_build(target: Any) -> None:
    operation, _image = begin_build(target, "raise SystemExit(3)")
    target.finished(operation, BUILD.partition("/")[0])
    build = target.call("GET", f"{BUILD}/{operation['metadata']['build']['name']}")
    assert (build["status"], build["failureInfo"]["type"]) == ("FAILURE", "USER_BUILD_STEP")
    assert build["failureInfo"]["detail"].endswith("non-zero status: 3")


@pytest.mark.source("public", "https://cloud.google.com/build/docs/build-config-file-schema#dir")
@pytest.mark.sandbox_only("it costs a build")
@pytest.mark.parametrize(
    ("settings", "status"), [({}, "SUCCESS"), ({"dir": "/app"}, "FAILURE")], ids=["among the sources", "in the image"]
)
def test_a_step_works_where_its_dir_says(target: Any, settings: dict[str, str], status: str) -> None:
    code = "import os; raise SystemExit(not os.path.exists('Dockerfile') or not os.path.exists('server.py'))"
    operation, _image = begin_build(target, code, **settings)
    target.finished(operation, BUILD.partition("/")[0])
    assert target.call("GET", f"{BUILD}/{operation['metadata']['build']['name']}")["status"] == status


@pytest.mark.source("public", BUILDS)
@pytest.mark.sandbox_only("it kills a sandbox")
def test_a_step_does_not_outlive_a_sandbox_that_is_killed(target: Any, another_sandbox: Any) -> None:
    other = another_sandbox("empty")
    session = AuthorizedSession(Credentials(other.token))
    session.trust_env = False
    session.proxies, session.verify = {"https": other.proxy}, str(other.directory / "ca.pem")
    own = dataclasses.replace(target, session=session)
    own.send("POST", "storage.googleapis.com/storage/v1/b", {"name": f"{own.project}_cloudbuild"}, project=own.project)
    words = own.fresh("step")
    begin_build(own, f"import time; time.sleep(120)  # {words}")
    own.until(lambda: sleeping(words), bool)
    os.kill(other.state["pid"], signal.SIGKILL)
    own.until(lambda: sleeping(words), lambda found: not found)


@pytest.mark.source("discovery", "cloudbuild.projects.builds.get")
@pytest.mark.parametrize("place", ["locations/global/builds", "builds"])
def test_a_build_that_is_not_there_is_not_found(target: Any, place: str) -> None:
    url = f"{BUILD}/projects/{target.project}/{place}/00000000-0000-4000-8000-000000000000"
    assert target.refusal("GET", url)["status"] == "NOT_FOUND"


@pytest.mark.source("public", f"{BUILDS}/list")
@pytest.mark.parametrize("condition", ["status=", "shoe.size=44", 'create_time>"yesterday"'])
def test_a_filter_of_builds_is_refused(target: Any, condition: str) -> None:
    error = target.refusal("GET", f"{BUILD}/{target.location}/builds", filter=condition)
    assert error["status"] == "INVALID_ARGUMENT"
