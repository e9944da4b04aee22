# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where records live: DIRECTORY/ENVIRONMENT/RUN/. Layer `record`: may import `foundation` only."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.record.files import flush_folder
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import LEDGER, Ledger

RUN_PATTERN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
ENVIRONMENT_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Run:
    """One run of one environment and the folder that holds its record."""

    environment: str
    run: str
    folder: str

    @property
    def ledger(self) -> Ledger:
        """Return the run's ledger."""
        return Ledger(self.folder, self.run)


def timestamp(now: datetime) -> str:
    """Return the time as ledgers write it: UTC, RFC 3339, milliseconds."""
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"


def new_run_id(now: datetime) -> str:
    """Return an id that sorts by time and that two runners do not share by chance."""
    return f"{now.strftime('%Y%m%dT%H%M%SZ')}-{secrets.token_hex(3)}"


def environment_folder(directory: str, environment: str) -> str:
    """Return the folder of an environment's records; BadInput when its name could leave the directory."""
    if not ENVIRONMENT_PATTERN.fullmatch(environment):
        raise BadInput(
            f"The environment's name {environment!r} cannot name a folder of records: use letters, digits, dots, "
            "dashes and underscores.",
            option="environment",
        )
    return os.path.join(os.path.expanduser(directory), environment)


def run_at(directory: str, environment: str, run: str) -> Run:
    """Return an existing or future run by its id."""
    if not RUN_PATTERN.fullmatch(run):
        raise BadInput(f"{run!r} is no run id; one looks like 20250923T101500Z-3fa29c.", option="run")
    return Run(environment, run, os.path.join(environment_folder(directory, environment), run))


def create_run(directory: str, environment: str, run_id: str) -> Run:
    """Create the folder of a new run."""
    run = run_at(directory, environment, run_id)
    parent = os.path.dirname(run.folder)
    os.makedirs(parent, exist_ok=True)
    os.mkdir(run.folder)
    flush_folder(parent)
    return run


def recorded_runs(directory: str, environment: str) -> list[Run]:
    """Return the runs that have a ledger, newest first."""
    parent = environment_folder(directory, environment)
    try:
        names = os.listdir(parent)
    except FileNotFoundError:
        return []
    runs = [run_at(directory, environment, name) for name in names if RUN_PATTERN.fullmatch(name)]
    return sorted((run for run in runs if os.path.exists(os.path.join(run.folder, LEDGER))), key=_age, reverse=True)


def _age(run: Run) -> str:
    return run.run
