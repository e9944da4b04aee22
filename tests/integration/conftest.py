# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sandbox for the tests that need one: one per session (and per xdist worker), on a port of its own."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from module_runs import Google

ROOT = pathlib.Path(__file__).parents[2]
START_SECONDS = 90.0
WRONG = {"answer-violation", "handler-error"}
# Every sandbox of the tests holds its answers against Google's message classes too.
os.environ["NETRA_SANDBOX_STRICT"] = "1"
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that tell stories: they take longest, and the other files fill the gaps."""
    stories = {item.path for item in items if "story" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path not in stories)


class RunningSandbox:
    """A sandbox as tests see it."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self.state: dict[str, Any] = json.loads((directory / "state.json").read_text(encoding="utf-8"))
        self.port: int = self.state["port"]
        self.proxy: str = self.state["proxy"]
        self.environment: dict[str, str] = read_environment(directory / "env")
        self.told_a_story = False  # since the last reset

    @property
    def token(self) -> str:
        return (self.directory / "token").read_text(encoding="utf-8").strip()

    def call(self, path: str, body: dict[str, Any] | None = None, timeout: float = 60) -> dict[str, Any]:
        """Ask the sandbox itself: GET /_sandbox/PATH, or POST with a body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.proxy}/_sandbox/{path}", data=data)  # noqa: S310
        with _NO_PROXY.open(request, timeout=timeout) as answer:
            return dict(json.load(answer))

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the requests after a mark."""
        return list(self.call(f"requests?since={since}")["requests"])

    def mark(self) -> int:
        """Return the number of the newest request, for `since`."""
        return int(self.call("requests?since=999999999")["next"])

    def writes(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the requests after a mark that were meant to change something."""
        return [request for request in self.requests(since) if request["write"]]

    def events(self) -> list[dict[str, Any]]:
        """Return what the sandbox noted besides requests, such as answers that no schema allows."""
        return list(self.call("log")["events"])

    def reset(self, scenario: str = "healthy") -> None:
        """Restore a scenario from zero."""
        self.call("reset", {"scenario": scenario})
        self.told_a_story = False


def read_environment(path: pathlib.Path) -> dict[str, str]:
    """Return the variables of an `env` file."""
    script = f". '{path}' && env -0"
    output = subprocess.run(["sh", "-c", script], env={}, check=True, capture_output=True).stdout.decode()
    pairs = (line.split("=", 1) for line in output.split("\0") if "=" in line)
    return {name: value for name, value in pairs if name not in {"PWD", "OLDPWD", "SHLVL", "_"}}


def start_sandbox(
    directory: pathlib.Path, scenario: str = "healthy", program: Sequence[str] = ("-m", "netra_sandbox")
) -> subprocess.Popen[bytes]:
    """Start a sandbox that ends with this process, and wait until it is ready."""
    command = [sys.executable, *program, "up", "--foreground", "--with-parent", "--scenario", scenario]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "sandbox")}
    log_path = directory.parent / f"{directory.name}.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [*command, "--directory", str(directory)],
            env=environment,
            stdout=log,
            stderr=log,
        )
    give_up = time.monotonic() + START_SECONDS
    while not (directory / "state.json").exists():
        if process.poll() is not None or time.monotonic() > give_up:
            process.kill()
            pytest.fail(f"the sandbox did not start:\n{log_path.read_text(encoding='utf-8', errors='replace')}")
        time.sleep(0.02)
    return process


def stop_sandbox(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """Run one sandbox for all tests of this process; it starts with the scenario `healthy`."""
    directory = tmp_path_factory.mktemp("sandbox") / "state"
    process = start_sandbox(directory)
    running = RunningSandbox(directory)
    try:
        yield running
        # An answer that no schema allows is a 500, which a client under test may have lived with.
        assert [event for event in running.events() if event["event"] in WRONG] == []
    finally:
        stop_sandbox(process)


@pytest.fixture
def another_sandbox(tmp_path: pathlib.Path) -> Iterator[Callable[..., RunningSandbox]]:
    """Return a function that starts a sandbox of the test's own."""
    processes = []

    def start(*arguments: Any) -> RunningSandbox:
        directory = tmp_path / f"sandbox{len(processes)}"
        processes.append(start_sandbox(directory, *arguments))
        return RunningSandbox(directory)

    yield start
    for process in processes:
        stop_sandbox(process)


@pytest.fixture(scope="module", autouse=True)
def whole_environment(sandbox: RunningSandbox) -> None:
    """Begin a file with the scenario `healthy` where the file before told a story."""
    if sandbox.told_a_story:
        sandbox.reset()


@pytest.fixture(autouse=True)
def google_environment(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lead every client of a test to the sandbox."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def google(sandbox: RunningSandbox) -> Google:
    return Google(sandbox)
