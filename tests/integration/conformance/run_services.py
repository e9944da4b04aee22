# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that cases about instances deploy: the small application beside this file, built as a user would."""

from __future__ import annotations

import io
import pathlib
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests
from refusals import CATALOGUE

SOURCE = pathlib.Path(__file__).parent / "application" / "server.py"
DOCKERFILE = 'FROM python:3.12-slim\nWORKDIR /app\nCOPY server.py .\nCMD ["python", "server.py"]\n'
INVOKER = "roles/run.invoker"


def build(target: Any) -> str:
    """Upload the source, build it with Cloud Build and return the image's reference."""
    operation, image = begin_build(target)
    assert "error" not in target.finished(operation, "cloudbuild.googleapis.com")
    return image


def begin_build(target: Any, *inside: str, **settings: str) -> tuple[dict[str, Any], str]:
    """Upload the source, begin to build it and to run lines of Python in the image; return operation and image.

    The settings are of the steps that run in the image.
    """
    name, bucket = target.fresh("source"), f"{target.project}_cloudbuild"
    upload = f"https://storage.googleapis.com/upload/storage/v1/b/{bucket}/o"
    query = {"uploadType": "media", "name": f"{name}.tgz"}
    sent = target.session.post(upload, params=query, data=_archive(), headers={"Content-Type": "application/gzip"})
    assert sent.ok, sent.text
    image = f"{target.region}-docker.pkg.dev/{target.project}/conformance/{name}:1"
    step = {"name": "gcr.io/cloud-builders/docker", "args": ["build", "-t", image, "."]}
    body = {
        "source": {"storageSource": {"bucket": bucket, "object": f"{name}.tgz"}},
        "steps": [
            step,
            *({"name": image, "entrypoint": "python", "args": ["-c", code], **settings} for code in inside),
        ],
        "images": [image],
    }
    return dict(target.call("POST", f"cloudbuild.googleapis.com/v1/{target.location}/builds", body)), image


def _archive() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in (("Dockerfile", DOCKERFILE.encode()), ("server.py", SOURCE.read_bytes())):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@dataclass
class Service:
    """One deployed service."""

    target: Any
    name: str
    operation: dict[str, Any]
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        """Return the service's URL in the API."""
        return f"run.googleapis.com/v2/{self.target.location}/services/{self.name}"

    @property
    def error(self) -> dict[str, Any]:
        """Return the error of the last roll-out, empty when there was none."""
        error = dict(self.operation.get("error", {}))
        if error:
            CATALOGUE.failed("run", error)
        return error

    def read(self) -> dict[str, Any]:
        """Return the service as it is."""
        return dict(self.target.call("GET", self.url))

    def revision(self) -> dict[str, Any]:
        """Return the latest created revision."""
        return dict(self.target.call("GET", f"run.googleapis.com/v2/{self.read()['latestCreatedRevision']}"))

    def patch(self, body: dict[str, Any], mask: str) -> None:
        """Change the service and wait for the roll-out."""
        begun = self.target.call("PATCH", self.url, body, updateMask=mask)
        self.operation = self.target.finished(begun, "run.googleapis.com", "v2")

    def get(self, path: str = "/", *, tag: str = "", method: str = "GET", **options: Any) -> requests.Response:
        """Send a request to the service, or to one of its tags."""
        uri = self.uri if not tag else self.uri.replace("https://", f"https://{tag}---")
        return self.session.request(method, f"{uri}{path}", timeout=30, **options)

    def json(self, path: str = "/", **options: Any) -> Any:
        """Send a request that has to succeed and return its body."""
        answer = self.get(path, **options)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def fetch(self, url: str, header: str = "") -> requests.Response:
        """Let an instance request an address, with a header as `Name: value`; return its answer with that status."""
        return self.get(f"/fetch?url={quote(url, safe='')}&header={quote(header, safe='')}")

    @property
    def uri(self) -> str:
        """Return the service's address."""
        if not hasattr(self, "_uri"):
            self._uri = str(self.read()["uri"])
        return self._uri

    def answering(self, requests_: int = 6) -> set[str]:
        """Return the instances that answer a few requests, one after the other."""
        return {self.json()["instance"] for _ in range(requests_)}

    def at_once(self, path: str, times: int) -> list[requests.Response]:
        """Send requests in parallel, each over a connection of its own."""
        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(lambda _number: requests.get(f"{self.uri}{path}", timeout=30), range(times)))

    def logged(self, needle: str) -> list[str]:
        """Return the lines in the log of the latest revision that hold a text."""
        revision = self.read()["latestCreatedRevision"].rpartition("/")[2]
        log = self.target.directory / "logs" / f"{revision}.log"
        return [line for line in log.read_text("utf-8").splitlines() if needle in line] if log.exists() else []

    def lines(self, needle: str) -> list[str]:
        """Wait for such lines and return them."""
        return list(self.target.until(lambda: self.logged(needle), bool, 10))


@dataclass
class Services:
    """Deploys services under fresh names and removes them in the end."""

    target: Any
    image: str
    made: list[Service] = field(default_factory=list)

    def deploy(
        self,
        template: dict[str, Any] | None = None,
        *,
        container: dict[str, Any] | None = None,
        env: dict[str, str] | None = None,
        public: bool = True,
        **fields: Any,
    ) -> Service:
        """Create a service of the small application and wait until its roll-out has ended, one way or the other."""
        name = self.target.fresh("run")
        variables = [{"name": key, "value": value} for key, value in (env or {}).items()]
        described = {"image": self.image, "env": variables, **(container or {})}
        body = {"template": {"containers": [described], **(template or {})}, **fields}
        services = f"run.googleapis.com/v2/{self.target.location}/services"
        begun = self.target.call("POST", services, body, serviceId=name)
        service = Service(self.target, name, self.target.finished(begun, "run.googleapis.com", "v2"))
        self.made.append(service)
        if public:
            binding = {"role": INVOKER, "members": ["allUsers"]}
            self.target.call("POST", f"{service.url}:setIamPolicy", {"policy": {"bindings": [binding]}})
        return service

    def remove(self) -> None:
        """Delete what was deployed."""
        for service in self.made:
            self.target.send("DELETE", service.url)
            service.session.close()
