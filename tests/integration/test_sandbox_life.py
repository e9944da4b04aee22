# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sandbox from its start to its end, and to its next start: by its command line, as other accounts, killed."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

ROOT = pathlib.Path(__file__).parents[2]
PROJECT, LOCATION = "projects/netra-staging", "projects/netra-staging/locations/us-central1"
SECRETS = f"https://secretmanager.googleapis.com/v1/{PROJECT}/secrets"
RUN = "https://run.googleapis.com/v2"
BACKEND = f"{LOCATION}/services/netra-backend-staging"
HEALTH = "https://auth.staging.netrasystems.ai/health"
LOOPBACK = ("127.", "::1")


def command(directory: pathlib.Path, *arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "sandbox")}
    line = [*before, sys.executable, "-m", "netra_sandbox", *arguments, "--directory", str(directory)]
    return subprocess.run(
        line, check=False, env=environment, capture_output=True, text=True, timeout=150, cwd=directory.parent
    )


def good(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def until(read: Callable[[], Any], holds: Callable[[Any], bool], seconds: float = 90) -> Any:
    give_up = time.monotonic() + seconds
    while not holds(seen := read()):
        assert time.monotonic() < give_up, f"not in {seconds} s: {seen}"
        time.sleep(0.1)
    return seen


class Own:
    """A sandbox of a test's own, beside the one that all tests share."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory

    @property
    def state(self) -> dict[str, Any]:
        return dict(json.loads((self.directory / "state.json").read_text(encoding="utf-8")))

    def run(self, *arguments: str) -> str:
        return good(command(self.directory, *arguments))

    def file(self, name: str) -> str:
        return (self.directory / name).read_text(encoding="utf-8")

    def send(self, method: str, url: str, body: Any = None, **query: str) -> requests.Response:
        """Send a request by this sandbox, not by the one of the environment."""
        session = requests.Session()
        session.trust_env = False
        session.proxies = {"https": self.state["proxy"]}
        session.verify = str(self.directory / "ca.pem")
        session.headers["Authorization"] = f"Bearer {self.file('token').strip()}"
        return session.request(method, url, json=body, params=query, timeout=30)

    def health(self) -> int:
        try:
            return self.send("GET", HEALTH).status_code
        except requests.RequestException:
            return 0

    def make_secret(self, name: str) -> None:
        assert self.send("POST", SECRETS, {"replication": {"automatic": {}}}, secretId=name).status_code == 200

    def has_secret(self, name: str) -> bool:
        return self.send("GET", f"{SECRETS}/{name}").status_code == 200

    def identity(self) -> tuple[str, str, int]:
        return self.file("ca.pem"), self.file("key.json"), self.state["port"]

    def processes(self) -> dict[int, str]:
        """Return the processes that belong to it: by their command line, their folder, or their parent."""
        found: dict[int, str] = {}
        parents: dict[int, int] = {}
        servers = self.directory / "servers.path"
        places = [str(self.directory), *([servers.read_text(encoding="utf-8")] if servers.exists() else [])]
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                place = str((entry / "cwd").readlink())
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if any(own in line or place.startswith(own) for own in places):
                found[int(entry.name)] = line
        for _ in parents:
            more = {pid: "" for pid, parent in parents.items() if parent in found and pid not in found}
            if not more:
                break
            found |= more
        return found


@pytest.fixture
def own(tmp_path: pathlib.Path) -> Iterator[Own]:
    made = Own(tmp_path / "own")
    yield made
    command(made.directory, "down")
    assert until(made.processes, lambda seen: not seen, 20) == {}


def listening(pids: dict[int, str]) -> set[str]:
    """Return the addresses that processes listen on, from the kernel's tables (proc(5))."""
    inodes = set()
    for pid in pids:
        for descriptor in pathlib.Path(f"/proc/{pid}/fd").glob("*"):
            try:
                target = str(descriptor.readlink())
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and columns[9] in inodes:
                raw = bytes.fromhex(columns[1].partition(":")[0])
                if table == "tcp":
                    found.add(".".join(str(part) for part in raw[::-1]))
                else:
                    found.add("::1" if raw == bytes.fromhex("00000000000000000000000001000000") else raw.hex())
    return found


def test_two_at_once_listen_on_loopback_and_one_that_is_killed_goes_on(own: Own, sandbox: Any) -> None:
    own.run("up", "--scenario", "healthy")
    until(own.health, lambda seen: seen == 200)
    assert requests.get(HEALTH, timeout=60).status_code == 200  # the other one's
    assert own.state["port"] != sandbox.port
    addresses = listening(own.processes())
    assert addresses
    assert all(address.startswith(LOOPBACK) for address in addresses), addresses

    own.make_secret("survivor")
    own.run("fault", "add", "delay", "--method", "redis.*", "--seconds", "0.1", "--name", "slow-redis")
    before, known = own.send("GET", f"{RUN}/{BACKEND}").json(), own.identity()
    changed = {**before, "template": {**before["template"], "revision": "", "labels": {"changed": "yes"}}}
    # A roll-out that lasts until the sandbox is killed, however slow this machine is.
    changed["template"]["containers"][0]["startupProbe"] = {"tcpSocket": {}, "initialDelaySeconds": 200}
    operation = own.send("PATCH", f"{RUN}/{BACKEND}", changed).json()
    assert "done" not in operation
    os.kill(own.state["pid"], signal.SIGKILL)
    assert until(own.processes, lambda seen: not seen, 20) == {}

    own.run("up")
    assert own.identity() == known
    assert own.has_secret("survivor")
    assert "slow-redis" in own.run("fault", "list")
    ended = own.send("GET", f"{RUN}/{operation['name']}").json()
    assert ended["done"]
    assert ended["error"]["code"] == 10
    after = own.send("GET", f"{RUN}/{BACKEND}").json()
    assert "reconciling" not in after
    assert after["generation"] == after["observedGeneration"]
    assert after["latestReadyRevision"] == after["latestCreatedRevision"] == before["latestReadyRevision"]
    until(own.health, lambda seen: seen == 200)


def test_down_keeps_the_environment_and_a_fresh_start_does_not(own: Own) -> None:
    assert "healthy" in own.run("up", "--scenario", "healthy")
    assert "already" in own.run("up")
    other = command(own.directory, "up", "--scenario", "incident")
    assert (other.returncode, "reset incident" in other.stderr) == (1, True)
    own.make_secret("survivor")
    known = own.identity()
    writes = json.loads(own.run("requests", "--writes", "--json"))
    assert [entry["method"] for entry in writes] == ["secretmanager.projects.secrets.create"]

    own.run("down")
    assert own.processes() == {}
    assert "goes on" in command(own.directory, "status").stdout
    own.run("up")
    assert own.identity() == known
    assert own.has_secret("survivor")
    assert json.loads(own.run("requests", "--writes", "--json")) == writes
    until(own.health, lambda seen: seen == 200)  # with the users of its database
    assert "netra-auth-service" in own.run("logs")

    own.run("down")
    own.run("up", "--fresh")
    assert not own.has_secret("survivor")
    assert own.identity()[:2] != known[:2]


def test_an_ordinary_account_can_run_it(tmp_path: pathlib.Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the tests run as an ordinary account already")
    if shutil.which("runuser") is None:
        pytest.skip("runuser is not installed")
    before = ("runuser", "-u", "nobody", "--")
    reads = [*before, sys.executable, "-c", "import aiohttp, netra_sandbox"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "sandbox")}
    if subprocess.run(reads, check=False, env=environment, capture_output=True, cwd="/").returncode:
        pytest.skip("the interpreter or the checkout is closed to other accounts")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    home = tmp_path / "nobody"
    home.mkdir()
    shutil.chown(home, "nobody")
    directory = home / "own"
    try:
        good(command(directory, "up", "--scenario", "healthy", before=before))
        until(Own(directory).health, lambda seen: seen == 200)
    finally:
        command(directory, "down", before=before)
    assert Own(directory).processes() == {}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("up", "--scenario", "helthy"), "There is no scenario helthy"),
        (("up", "--scenario", "./nothing.yml"), "cannot be read"),
        (("reset",), "No sandbox runs"),
        (("fault", "add", "error"), "No sandbox runs"),
        (("requests",), "No sandbox runs"),
        (("open",), "No sandbox runs"),
        (("logs", "netra-backend"), "Nothing was printed by netra-backend"),
        (("scenario", "describe", "nothing"), "There is no scenario nothing"),
    ],
)
def test_a_command_that_cannot_be_carried_out_says_why(
    tmp_path: pathlib.Path, arguments: tuple[str, ...], words: str
) -> None:
    done = command(tmp_path / "own", *arguments)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
