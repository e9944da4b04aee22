# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the conformance suite runs: against the sandbox, or a real project named in NETRA_CONFORMANCE_PROJECT.

Each case names its source with ``source(kind, reference)``: a discovery document, public documentation, or an
observation of the real service that somebody wrote down. A case makes what it needs under a fresh name, removes it,
and uses nothing that only the sandbox has; one that cannot run against the cloud is marked ``sandbox_only`` with a
reason.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import google.auth
import pytest
import requests
from google.auth.transport.requests import AuthorizedSession
from refusals import CATALOGUE
from run_services import Services, build

REAL_PROJECT = os.environ.get("NETRA_CONFORMANCE_PROJECT")
REAL_REGION = os.environ.get("NETRA_CONFORMANCE_REGION", "us-central1")
SOURCES = {"discovery", "public", "observed"}
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
_LONGEST_SECONDS = 600 if REAL_PROJECT else 30


@dataclass(frozen=True)
class Target:
    """The project that a case talks to, through the credentials of the environment."""

    project: str
    region: str
    session: AuthorizedSession
    directory: pathlib.Path | None = None  # the sandbox's, None in the cloud

    @property
    def location(self) -> str:
        """Return the parent of regional resources."""
        return f"projects/{self.project}/locations/{self.region}"

    def fresh(self, kind: str) -> str:
        """Return a name that nothing has."""
        return f"conformance-{kind}-{os.urandom(4).hex()}"

    def send(self, http_method: str, url: str, body: Any = None, **query: Any) -> requests.Response:
        """Send a request (`url` without its scheme) and return the answer, whatever it is."""
        return self.session.request(http_method, f"https://{url}", json=body, params=query, timeout=60)

    def call(self, http_method: str, url: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """Send a request that has to succeed and return what it answers."""
        answer = self.send(http_method, url, body, **query)
        assert answer.ok, f"{http_method} {url}: {answer.status_code} {answer.text}"
        return dict(answer.json()) if answer.content else {}

    def refusal(self, http_method: str, url: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """Send a request that has to be refused and return its `error`."""
        answer = self.send(http_method, url, body, **query)
        assert not answer.ok, f"{http_method} {url} was not refused: {answer.text}"
        error = dict(answer.json()["error"])
        assert error["code"] == answer.status_code
        CATALOGUE.refused(url, error)
        return error

    def finished(self, operation: dict[str, Any], host: str, version: str = "v1") -> dict[str, Any]:
        """Wait for a google.longrunning operation and return it, done."""
        return self.until(
            lambda: self.call("GET", f"{host}/{version}/{operation['name']}"), lambda seen: bool(seen.get("done"))
        )

    def until(self, read: Callable[[], Any], holds: Callable[[Any], bool], seconds: float = _LONGEST_SECONDS) -> Any:
        """Read until the predicate holds and return what was read last; fail with it when the time is over."""
        give_up = time.monotonic() + seconds
        seen = read()
        while not holds(seen):
            assert time.monotonic() < give_up, f"not in {seconds} s: {seen}"
            time.sleep(0.05)
            seen = read()
        return seen


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a case that does not say where its claim comes from; leave the cloud out of what is for the sandbox."""
    here = pathlib.Path(__file__).parent
    for item in items:
        if not item.path.is_relative_to(here):
            continue
        marker = item.get_closest_marker("source")
        if marker is None or len(marker.args) != 2 or marker.args[0] not in SOURCES:
            raise pytest.UsageError(f"{item.nodeid} names no source: @pytest.mark.source({SOURCES}, reference)")
        only = item.get_closest_marker("sandbox_only")
        if only is not None and REAL_PROJECT:
            item.add_marker(pytest.mark.skip(reason=f"for the sandbox only: {only.args[0]}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Hold what a case was told against the catalogue of refusals."""
    kind, reference = item.get_closest_marker("source").args
    CATALOGUE.begin(f"[{kind}]({reference})" if reference.startswith("https://") else f"{kind}: {reference}")
    result = yield
    if not REAL_PROJECT:
        CATALOGUE.end(f"{item.path.stem}: {item.name}")
    return result


def pytest_sessionfinish() -> None:
    """Write the catalogue anew, if that was asked for."""
    CATALOGUE.write()


if REAL_PROJECT:

    @pytest.fixture(autouse=True)
    def google_environment() -> None:
        """Leave the environment as it is: it leads to the cloud."""


@pytest.fixture(scope="session")
def shared_target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """Return the project for all cases of this process: one token, and connections that stay open."""
    with pytest.MonkeyPatch.context() as patch:
        project, region, directory = str(REAL_PROJECT), REAL_REGION, None
        if not REAL_PROJECT:
            sandbox = request.getfixturevalue("sandbox")
            project, region, directory = sandbox.state["project"], sandbox.state["region"], sandbox.directory
            for name, value in sandbox.environment.items():
                patch.setenv(name, value)
        credentials, _project = google.auth.default(scopes=[CLOUD])
        yield Target(project, region, AuthorizedSession(credentials), directory)


@pytest.fixture
def target(shared_target: Target, google_environment: None) -> Target:
    """Return the project to talk to."""
    return shared_target


@pytest.fixture(scope="module")
def cloud(request: pytest.FixtureRequest, shared_target: Target) -> Iterator[Target]:
    """Return the project for what the cases of one file share; its environment holds while they run."""
    with pytest.MonkeyPatch.context() as patch:
        if not REAL_PROJECT:
            for name, value in request.getfixturevalue("sandbox").environment.items():
                patch.setenv(name, value)
        yield shared_target


@pytest.fixture(scope="module")
def services(cloud: Target) -> Iterator[Services]:
    """Deploy the small application as services; they are removed after the last case of the file."""
    deployed = Services(cloud, build(cloud))
    yield deployed
    deployed.remove()


@pytest.fixture
def lasting(request: pytest.FixtureRequest) -> Callable[[str], AbstractContextManager[None]]:
    """Return what holds the operations that calls of a method begin; the cloud's last long enough by themselves."""

    @contextmanager
    def held(method: str) -> Iterator[None]:
        if REAL_PROJECT:
            yield
            return
        sandbox = request.getfixturevalue("sandbox")
        sandbox.call("faults", {"kind": "stuck-operation", "name": "lasting", "method": method})
        try:
            yield
        finally:
            requests.delete(f"{sandbox.proxy}/_sandbox/faults?name=lasting", timeout=30).raise_for_status()

    return held


@pytest.fixture
def gcloud(target: Target, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Run an unmodified gcloud that finds its way by the environment alone, and return what it prints as JSON.

    In the sandbox that is what its file `env` sets, besides PATH and HOME.
    """
    if shutil.which("gcloud") is None:
        pytest.skip("gcloud is not installed")
    names = None if REAL_PROJECT else {"PATH", "HOME", *request.getfixturevalue("sandbox").environment}

    def run(*arguments: str, fails: bool = False, output: str = "json", stdin: str | None = None) -> Any:
        command = ["gcloud", *arguments, *([f"--format={output}"] if output else [])]
        seen = {name: value for name, value in os.environ.items() if names is None or name in names}
        done = subprocess.run(command, check=False, capture_output=True, text=True, input=stdin, env=seen, timeout=120)
        if "do not currently have this command group installed" in done.stderr:
            pytest.skip(f"gcloud is installed without its {arguments[0]} commands")
        assert (done.returncode != 0) is fails, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        if fails:
            return done.stderr
        return json.loads(done.stdout or "null") if output == "json" else done.stdout

    return run
