# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the playbooks against the sandbox, as a person starts them, and what they leave behind."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
import yaml

ROOT = pathlib.Path(__file__).parents[2]
BIN = pathlib.Path(sys.executable).parent
INVENTORY = ROOT / "inventory/sandbox"
PROJECT = "netra-staging"
BACKEND = "netra-backend-staging"
RECORDED = "netra-backend-staging-00035-fnj"
NAMED_SANDBOX = "NETRA_SANDBOX_DIR"


@dataclass
class Story:
    """The sandbox of the story and all that its runs printed."""

    sandbox: Any
    jobs: pathlib.Path | None = None  # where ansible-runner keeps the events of its jobs, if it runs the playbooks
    watches_arguments: bool = False  # those of all processes while a run lasts; that takes a twentieth of a core
    killed: int = 0  # how many of its runs were, so that the next one has to take them up
    printed: list[str] = field(default_factory=list)
    arguments: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.sandbox.told_a_story = True

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables of a run: only the inventory leads it to the sandbox."""
        kept = {name: value for name, value in os.environ.items() if name not in self.sandbox.environment}
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        chosen = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), NAMED_SANDBOX: str(self.sandbox.directory)}
        return {**kept, "PATH": path, "ANSIBLE_NOCOLOR": "1", **chosen}

    def play(self, name: str, *options: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        """Run a playbook from the checkout."""
        if self.jobs:
            return self.job(name, *options, **variables)
        extra = ("-e", json.dumps(variables)) if variables else ()
        return self.run("ansible-playbook", "-i", str(INVENTORY), str(ROOT / f"playbooks/{name}.yml"), *extra, *options)

    def job(self, name: str, *options: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        """Run a playbook as a job template does; variables come as AWX hands over those of a survey."""
        place = pathlib.Path(tempfile.mkdtemp(prefix="job-", dir=self.jobs))
        (place / "project").symlink_to(ROOT)
        (place / "env").mkdir()
        (place / "env/extravars").write_text(json.dumps(variables), encoding="utf-8")
        cmdline = (f"--cmdline={shlex.join(options)}",) if options else ()
        playbook = ("-p", f"playbooks/{name}.yml", "--inventory", str(INVENTORY))
        return self.run("ansible-runner", "run", str(place), *playbook, *cmdline)

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment that runs the tests, and keep what it printed."""
        with self._watched():
            done = subprocess.run(
                [str(BIN / program), *arguments],
                cwd=ROOT,
                env=self.environment,
                check=False,
                capture_output=True,
                text=True,
                timeout=240,
            )
        self.printed.append(done.stdout + done.stderr)
        return done

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Keep the arguments of every process that there is while a run lasts, as any user of the machine may."""
        ended = threading.Event()
        watcher = threading.Thread(target=self._keep_arguments, args=(ended,))
        if self.watches_arguments:
            watcher.start()
        try:
            yield
        finally:
            ended.set()
            if self.watches_arguments:
                watcher.join()

    def _keep_arguments(self, ended: threading.Event) -> None:
        while not ended.wait(0.1):
            for process in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    title = process.read_bytes()
                    # A database server shows in its title who is connected; with Google nobody sees that.
                    self.arguments |= {title} - ({title} if title.startswith(b"postgres:") else set())

    def ask(self, url: str) -> dict[str, Any]:
        """Read from an API of the sandbox."""
        answer = requests.get(url, headers={"Authorization": f"Bearer {self.sandbox.token}"}, timeout=30)
        answer.raise_for_status()
        return dict(answer.json())

    def service(self, service: str) -> dict[str, Any]:
        """Read a service."""
        return self.ask(f"https://run.googleapis.com/v2/projects/{PROJECT}/locations/us-central1/services/{service}")

    def hold(self, service: str) -> dict[str, Any] | None:
        """Return the hold on a service."""
        text = self.service(service).get("annotations", {}).get("netra-remediation-hold")
        return json.loads(text) if text else None

    def tags(self, service: str) -> set[str]:
        """Return the tags of a service."""
        return {target["tag"] for target in self.service(service)["traffic"] if "tag" in target}

    def newest(self) -> str:
        """Return the newest run that has a record."""
        return max(path.parent.name for path in self.sandbox.directory.glob("records/*/*/ledger.jsonl"))

    def ledger(self) -> list[tuple[str, dict[str, Any]]]:
        """Return kind and body of each entry of the newest record."""
        newest = max(self.sandbox.directory.glob("records/*/*/ledger.jsonl"), key=lambda path: path.parent.name)
        entries = [json.loads(line) for line in newest.read_text(encoding="utf-8").splitlines()]
        return [(entry["kind"], entry["body"]) for entry in entries]

    def recorded(self, kind: str) -> list[dict[str, Any]]:
        """Return the entries of a kind in the newest record."""
        return [body for found, body in self.ledger() if found == kind]

    def serving(self, service: str) -> dict[str, int]:
        """Return the percentage of each serving revision."""
        found = self.service(service)
        latest = found.get("latestReadyRevision", "").rsplit("/", 1)[-1]
        statuses = [status for status in found["trafficStatuses"] if status.get("percent")]
        return {status.get("revision", latest): status["percent"] for status in statuses}

    def versions(self, secret: str) -> dict[str, str]:
        """Return the states of a secret's versions."""
        base = "https://secretmanager.googleapis.com/v1"
        found = self.ask(f"{base}/projects/{PROJECT}/secrets/{secret}/versions")["versions"]
        return {version["name"].rsplit("/", 1)[-1]: version["state"] for version in found}

    def bound(self, service: str) -> dict[str, str]:
        """Return variable → `secret:version` of a service."""
        entries = self.service(service)["template"]["containers"][0]["env"]
        found = {entry["name"]: entry["valueSource"]["secretKeyRef"] for entry in entries if "valueSource" in entry}
        return {name: f"{source['secret'].rsplit('/', 1)[-1]}:{source['version']}" for name, source in found.items()}

    def payloads(self) -> set[bytes]:
        """Return every payload of every secret, by reading them."""
        base = "https://secretmanager.googleapis.com/v1"
        found = set()
        for secret in self.ask(f"{base}/projects/{PROJECT}/secrets")["secrets"]:
            for version in self.ask(f"{base}/{secret['name']}/versions").get("versions", []):
                if version["state"] == "ENABLED":
                    answer = self.ask(f"{base}/{version['name']}:access")
                    found.add(base64.b64decode(answer["payload"]["data"]))
        return found


def recap(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """Return the numbers of the only host's recap."""
    line = next(line for line in done.stdout.splitlines() if re.match(r"netra-staging +:", line))
    return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", line)}


def succeeded(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    assert done.returncode == 0, done.stdout + done.stderr
    return recap(done)


def contract() -> dict[str, Any]:
    """Return the variables of the sandbox's inventory."""
    return dict(yaml.safe_load((INVENTORY / "group_vars/all/contract.yml").read_text(encoding="utf-8")))


SUPPLIED = {
    # Each by another way, with what an escape changes in it: quotes, slashes, a percent sign, a letter beyond ASCII.
    "given-secret": 'gX7"pQ/9+z%41 é&v=w',
    "filed-secret": '{"type": "a/b+c", "key": "Kd0\\n8Jq"}',
    "variable-secret": "vT5<uR/2+m%20&n\\k",
}


def supplied_secrets(place: pathlib.Path) -> tuple[str, dict[str, str]]:
    """Write a payload to a file and the variables that declare all three; return their path and the environment."""
    (place / "filed-secret").write_text(SUPPLIED["filed-secret"], encoding="utf-8")
    secrets = [
        {"name": "given-secret"},
        {"name": "filed-secret", "kind": "json", "source": {"file": str(place / "filed-secret")}},
        {"name": "variable-secret", "source": {"environment": "VARIABLE_SECRET"}},
    ]
    variables = {
        "remediation_secrets": [*contract()["remediation_secrets"], *secrets],
        "remediation_secret_payloads": {"given-secret": SUPPLIED["given-secret"]},
    }
    (place / "variables.json").write_text(json.dumps(variables), encoding="utf-8")
    return f"@{place / 'variables.json'}", {"VARIABLE_SECRET": SUPPLIED["variable-secret"]}


def spellings(payload: bytes) -> set[bytes]:
    """Return a payload as logs, reports and URLs may write it."""
    text = payload.decode()
    quoted = {urllib.parse.quote(text), urllib.parse.quote(text, safe=""), urllib.parse.quote_plus(text)}
    escaped = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]}
    encoded = {base64.b64encode(payload), base64.urlsafe_b64encode(payload), payload.hex().encode()}
    return {payload, *encoded, *(spelling.encode() for spelling in quoted | escaped)}


def changed_services() -> list[dict[str, Any]]:
    """Return the services of the contract, the backend with one more variable."""
    services = contract()["remediation_services"]
    services[0]["environment"]["LOG_LEVEL"] = "debug"
    return list(services)
