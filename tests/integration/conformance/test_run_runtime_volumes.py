# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes: secrets as files, which follow their versions, and folders in memory."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from netra_sandbox.runtime import mounts

SECRETS = "https://cloud.google.com/run/docs/configuring/services/secrets"
MEMORY = "https://cloud.google.com/run/docs/configuring/services/in-memory-volume-mounts"
ACCESSOR = "roles/secretmanager.secretAccessor"


@pytest.fixture(autouse=True)
def mountable(cloud: Any) -> None:
    if cloud.directory and mounts.refusal():
        pytest.skip(f"this machine lets nobody like us mount anything: {mounts.refusal()}")


class Secret:
    """A secret whose versions services may read with their default account."""

    def __init__(self, cloud: Any) -> None:
        self.cloud, self.name = cloud, cloud.fresh("secret")
        self.parent = f"secretmanager.googleapis.com/v1/projects/{cloud.project}/secrets"
        cloud.call("POST", self.parent, {"replication": {"automatic": {}}}, secretId=self.name)
        number = cloud.call("GET", f"cloudresourcemanager.googleapis.com/v1/projects/{cloud.project}")["projectNumber"]
        self.allow(f"serviceAccount:{number}-compute@developer.gserviceaccount.com")

    @property
    def url(self) -> str:
        return f"{self.parent}/{self.name}"

    def allow(self, *members: str) -> None:
        """Let these members read it, and nobody else."""
        bindings = [{"role": ACCESSOR, "members": list(members)}] if members else []
        self.cloud.call("POST", f"{self.url}:setIamPolicy", {"policy": {"bindings": bindings}})

    def add(self, value: str) -> None:
        """Add a version."""
        payload = {"data": base64.b64encode(value.encode()).decode()}
        self.cloud.call("POST", f"{self.url}:addVersion", {"payload": payload})

    def volume(self, *items: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Return a volume of it."""
        return {"name": "keys", "secret": {"secret": self.name, **({"items": list(items)} if items else {}), **fields}}


@pytest.fixture
def secret(cloud: Any) -> Iterator[Secret]:
    """Return a secret with one version, `first`."""
    made = Secret(cloud)
    made.add("first")
    yield made
    cloud.call("DELETE", made.url)


def mounted(services: Any, volume: dict[str, Any], path: str = "/keys/conformance") -> Any:
    container = {"volumeMounts": [{"name": volume["name"], "mountPath": path}]}
    return services.deploy({"volumes": [volume]}, container=container)


def file(service: Any, path: str, **query: str) -> Any:
    """Return content and mode of a file of the instance, or the name of the error."""
    return service.json(f"/file?path={path}" + "".join(f"&{key}={value}" for key, value in query.items()))


@pytest.mark.source("public", f"{SECRETS}#mounting-secrets")
@pytest.mark.parametrize("place", ["/keys/conformance", "/etc/conformance", "/app/keys"])
def test_a_secret_is_a_file_of_its_name(services: Any, secret: Secret, place: str) -> None:
    service = mounted(services, secret.volume(), place)
    assert file(service, f"{place}/{secret.name}") == ["first", 0o444]
    if place.startswith("/app/"):  # the working directory of the image
        assert file(service, f"{place.removeprefix('/app/')}/{secret.name}")[0] == "first"


@pytest.mark.source("public", f"{SECRETS}#mounting-secrets")
def test_versions_are_files_at_paths_with_modes(services: Any, secret: Secret) -> None:
    secret.add("second")
    items = [{"path": "deep/one", "version": "1", "mode": 0o400}, {"path": "newest", "version": "latest"}]
    service = mounted(services, secret.volume(*items, defaultMode=0o440))
    assert file(service, "/keys/conformance/deep/one") == ["first", 0o400]
    assert file(service, "/keys/conformance/newest") == ["second", 0o440]
    assert file(service, f"/keys/conformance/{secret.name}") == "ENOENT"


@pytest.mark.source("public", f"{SECRETS}#access-secret")
def test_a_file_follows_latest_while_the_instance_runs(services: Any, secret: Secret) -> None:
    items = [{"path": "pinned", "version": "1"}, {"path": "newest", "version": "latest"}]
    service = mounted(services, secret.volume(*items))
    instance = service.json()["instance"]
    secret.add("second")
    services.target.until(lambda: file(service, "/keys/conformance/newest"), lambda seen: seen[0] == "second")
    assert file(service, "/keys/conformance/pinned")[0] == "first"
    services.target.call("POST", f"{secret.url}/versions/2:disable", {})
    services.target.until(lambda: file(service, "/keys/conformance/newest"), lambda seen: isinstance(seen, str))
    assert service.json()["instance"] == instance


@pytest.mark.source("public", f"{SECRETS}#mounting-secrets")
def test_a_secret_cannot_be_written_through_its_file(services: Any, secret: Secret) -> None:
    service = mounted(services, secret.volume())
    assert file(service, "/keys/conformance/mine", text="x") == "EROFS"


@pytest.mark.source("observed", "messages of failed deployments, quoted in public issues")
def test_a_file_that_the_revision_may_not_read_fails_the_roll_out(services: Any, secret: Secret) -> None:
    secret.allow()
    error = mounted(services, secret.volume()).error
    assert error["code"] == 13
    assert f"/secrets/{secret.name}/versions/latest for Revision service account " in error["message"]
    assert "must be granted the 'Secret Manager Secret Accessor' role" in error["message"]


@pytest.mark.source("public", f"{SECRETS}#access-secret")
def test_an_instance_starts_without_a_file_that_has_become_unreadable(services: Any, secret: Secret) -> None:
    service = mounted(services, secret.volume())
    services.target.call("POST", f"{secret.url}/versions/1:disable", {})
    first = service.json()["instance"]
    service.get("/exit?code=1")
    services.target.until(lambda: service.get().text, lambda text: "instance" in text and first not in text)
    assert isinstance(file(service, f"/keys/conformance/{secret.name}"), str)


@pytest.mark.source("public", MEMORY)
def test_a_folder_in_memory_is_empty_writable_and_bounded(services: Any) -> None:
    service = mounted(services, {"name": "scratch", "emptyDir": {"sizeLimit": "1Mi"}}, "/conformance/scratch")
    assert file(service, "/conformance/scratch/a") == "ENOENT"
    assert file(service, "/conformance/scratch/a", text="some")[0] == "some"
    assert file(service, "/conformance/scratch/b", text="0123456789", times="200000") == "ENOSPC"


@pytest.mark.source("public", MEMORY)
def test_each_instance_has_a_folder_in_memory_of_its_own(services: Any) -> None:
    service = mounted(services, {"name": "scratch", "emptyDir": {}}, "/conformance/scratch")
    file(service, "/conformance/scratch/a", text="some")
    first = service.json()["instance"]
    service.get("/exit?code=1")
    services.target.until(lambda: service.get().text, lambda text: "instance" in text and first not in text)
    assert file(service, "/conformance/scratch/a") == "ENOENT"


@pytest.mark.source("public", "https://cloud.google.com/run/docs/configuring/jobs/secrets")
def test_a_task_reads_a_secret_from_a_file(cloud: Any, services: Any, secret: Secret) -> None:
    name, jobs = cloud.fresh("job"), f"run.googleapis.com/v2/{cloud.location}/jobs"
    code = f"import sys; sys.exit(open('/keys/conformance/{secret.name}').read() != 'first')"
    container = {"image": services.image, "command": ["python", "-c"], "args": [code]}
    container["volumeMounts"] = [{"name": "keys", "mountPath": "/keys/conformance"}]
    body = {"template": {"template": {"containers": [container], "volumes": [secret.volume()], "maxRetries": 0}}}
    cloud.finished(cloud.call("POST", jobs, body, jobId=name), "run.googleapis.com", "v2")
    try:
        done = cloud.finished(cloud.call("POST", f"{jobs}/{name}:run", {}), "run.googleapis.com", "v2")
        assert done["response"]["succeededCount"] == 1
    finally:
        cloud.call("DELETE", f"{jobs}/{name}")


@pytest.mark.source("public", "https://cloud.google.com/sdk/gcloud/reference/run/services/update")
def test_gcloud_mounts_a_secret(services: Any, secret: Secret, gcloud: Any) -> None:
    service, target = services.deploy(), services.target
    where = f"/keys/gcloud/key={secret.name}:1"
    gcloud("run", "services", "update", service.name, f"--region={target.region}", f"--update-secrets={where}")
    assert file(service, "/keys/gcloud/key")[0] == "first"


@pytest.mark.sandbox_only("it looks at the sandbox's folder")
@pytest.mark.source("public", f"{SECRETS}#mounting-secrets")
def test_nothing_of_an_instance_is_left_when_it_has_gone(services: Any, secret: Secret) -> None:
    service, folder = mounted(services, secret.volume()), services.target.directory / "volumes"
    assert [path.name for path in folder.glob(f"*/keys/{secret.name}")] == [secret.name]
    services.target.call("DELETE", service.url)
    services.target.until(lambda: list(folder.glob(f"*/keys/{secret.name}")), lambda left: not left)
