# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drive the terraform or tofu binary; values go through the environment and files, never through arguments."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.foundation.commands import attended
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    DeadlineExceeded,
    RemediationError,
    Stopped,
)

BINARIES = ("terraform", "tofu")
FAILED, CHANGES = 1, 2
LONGEST = 600
ENDING_SECONDS = 60.0  # a provider may have a request of its own to finish
_BOX = re.compile(r"[\u2500-\u257f]|\x1b\[[0-9;]*m")
_LOCK = re.compile(
    r"ID:\s*(?P<id>\S+).*?Operation:\s*(?P<operation>\S+).*?Who:\s*(?P<who>\S+).*?Created:\s*(?P<since>\S+ [\d:]+)"
)
_ADVICE = (
    ("saved plan is stale", "The state changed since it was made: make a new plan and judge that."),
    ("already exists", "It exists but is not in the state: import it, or let the tasks engine adopt it."),
    ("no valid credential", "Give Terraform credentials, for example by GOOGLE_APPLICATION_CREDENTIALS."),
    ("failed to query available provider", "Make the provider reachable: a mirror, or a proxy to the registry."),
)


def find_binary(given: str | None) -> str:
    """Return the binary's path, or raise with what to do."""
    for name in (given,) if given else BINARIES:
        found = shutil.which(name)
        if found:
            return found
    raise RemediationError(
        f"Could not find {given or 'terraform or tofu'} on PATH. Install one of them, or set "
        "remediation_infrastructure_engine to tasks, which needs neither.",
        option="binary",
    )


class Terraform:
    """Run one binary in one directory."""

    def __init__(
        self, binary: str, directory: str, variables: Mapping[str, Any], timeout: float, account: Mapping[str, str]
    ) -> None:
        self.binary = binary
        self.directory = directory
        self.place = directory  # where commands run: this, or a private copy of it
        self.timeout = timeout
        self.workspace: str | None = None
        self.data_directory: str | None = None  # where its providers are, if not where the user has them
        self._environment = {
            **os.environ,
            **account,
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
            **{f"TF_VAR_{name}": _text(value) for name, value in variables.items()},
        }

    @contextlib.contextmanager
    def at(self, place: str) -> Iterator[None]:
        """Run commands in another folder."""
        before, self.place = self.place, place
        try:
            yield
        finally:
            self.place = before

    def run(self, *arguments: str, accepted: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        """Run a command; raise with what it said where it fails."""
        command = [self.binary, *arguments]
        done = self._completed(command, arguments)
        if done.returncode not in accepted:
            text = done.stderr or done.stdout
            what_to_do = advice(text, os.path.basename(self.binary))
            raise RemediationError(
                f"Could not run {self._name(arguments)} in {self.directory}: {said(text).rstrip('.')}. {what_to_do}",
                exit_code=done.returncode,
            )
        return done

    def _completed(self, command: list[str], arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        # AnsibleModule.run_command is not to be had in an action plugin, and it kills at a time-out.
        with subprocess.Popen(  # pylint: disable=ansible-bad-function
            command,
            cwd=self.place,
            env={**self._environment, **self._chosen()},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            attempt = f"finish {self._name(arguments)} in {self.directory}"
            try:
                output, errors = attended(process, attempt, Deadline(self.timeout))
            except Stopped:
                _ended(process)  # it finishes what it began and writes its state
                raise
            except subprocess.TimeoutExpired as error:
                output = _ended(process)
                raise DeadlineExceeded(
                    f"Could not {attempt} within {self.timeout:g} seconds. "
                    "Look at what it waits for, or raise timeout.",
                    last_seen=said(output),
                ) from error
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    def _chosen(self) -> dict[str, str]:
        chosen = {"TF_WORKSPACE": self.workspace, "TF_DATA_DIR": self.data_directory}
        return {name: value for name, value in chosen.items() if value}

    def json(self, *arguments: str) -> dict[str, Any]:
        """Run a command that prints JSON and return it."""
        answer: dict[str, Any] = json.loads(self.run(*arguments).stdout or "{}")
        return answer

    def _name(self, arguments: tuple[str, ...]) -> str:
        return f"{os.path.basename(self.binary)} {arguments[0]}"


def _ended(process: subprocess.Popen[str]) -> str:
    """End a command and return what it printed: Terraform lets go of the state's lock on a signal, not on a kill."""
    process.terminate()
    try:
        return process.communicate(timeout=ENDING_SECONDS)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


def said(text: str) -> str:
    """Return what Terraform said in one line, without frames and colours."""
    line = one_line(text)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def one_line(text: str) -> str:
    """Return text without frames, colours and line breaks."""
    return re.sub(r"\s+", " ", _BOX.sub(" ", text)).strip()


def advice(reason: str, program: str) -> str:
    """Return what to do about a failure of terraform or tofu."""
    reason = one_line(reason)
    lowered = reason.lower()
    if "state lock" in lowered:
        return _locked(reason, program)
    return next((text for word, text in _ADVICE if word in lowered), "Correct that and run the task again.")


def _locked(reason: str, program: str) -> str:
    """Say who holds the state and since when: nothing here ever takes a lock away."""
    found = _LOCK.search(reason)
    if not found:
        return "Another run holds the state: wait for it, or unlock it when that run is surely dead."
    return (
        f"{found['who']} holds the state for {found['operation']} since {found['since']} UTC. Wait for it; when it is "
        f"surely dead, release it with {program} force-unlock {found['id']}."
    )


def _text(value: Any) -> str:
    """Return a variable as Terraform reads it from the environment."""
    if isinstance(value, str):
        return value
    return json.dumps(value)
