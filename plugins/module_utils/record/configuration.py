# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Terraform configuration that a run applies, kept in its record. Layer `record`: may import `foundation` only.

Files with values of variables are not kept, since they may hold secrets; the variables that the contract gives are.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import SENSITIVE
from ansible_collections.netra.remediation.plugins.module_utils.record.files import write_whole
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import BrokenLedger
from ansible_collections.netra.remediation.plugins.module_utils.record.recordable import recordable
from ansible_collections.netra.remediation.plugins.module_utils.record.runs import Run
from ansible_collections.netra.remediation.plugins.module_utils.record.snapshot import fingerprint

KIND = "terraform_configuration"
FOLDER = "terraform"
VARIABLES = "variables.json"
ENDINGS = (".tf", ".tf.json", ".tftpl", ".terraform.lock.hcl")
SKIPPED = frozenset({".terraform", ".git"})
STATE = "terraform.tfstate"


@dataclass(frozen=True)
class RecordedConfiguration:
    """A configuration in a record: whose run, where its files are, what identifies it, its variables."""

    run: str
    folder: str
    sha256: str
    variables: Mapping[str, Any]


def keep_configuration(run_folder: str, directory: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a configuration into a run's record; return the ledger's entry: files, their hash, the state's serial."""
    place, digest, names = os.path.join(run_folder, FOLDER), hashlib.sha256(), sorted(_files(directory))
    told = json.dumps(recordable(dict(variables)), sort_keys=True, indent=1).encode() + b"\n"
    os.makedirs(place, exist_ok=True)
    write_whole(os.path.join(place, VARIABLES), told)
    digest.update(told)
    for name in names:
        with open(os.path.join(directory, name), "rb") as file:
            content = file.read()
        os.makedirs(os.path.dirname(os.path.join(place, name)), exist_ok=True)
        write_whole(os.path.join(place, name), content)
        digest.update(f"\0{name}\0".encode() + content)
    state = fingerprint(os.path.join(directory, STATE))
    known: dict[str, Any] = {name: state[name] for name in ("lineage", "serial") if name in state}
    return {"folder": FOLDER, "files": names, "sha256": digest.hexdigest(), **known}


def older_configuration(runs: Iterable[Run]) -> RecordedConfiguration | None:
    """Return the newest configuration on record that differs from the last one; ``runs`` begin with the newest."""
    last = None
    for run in runs:
        try:
            entries = [entry.body for entry in run.ledger.read().entries if entry.kind == KIND]
        except BrokenLedger:
            continue  # nothing in it is believed
        for body in reversed(entries):
            last = last or body["sha256"]
            if body["sha256"] != last:
                folder = os.path.join(run.folder, FOLDER)
                with open(os.path.join(folder, VARIABLES), encoding="utf-8") as file:
                    return RecordedConfiguration(run.run, folder, body["sha256"], json.load(file))
    return None


def restore(found: RecordedConfiguration, place: str, state_directory: str) -> None:
    """Copy a recorded configuration to a folder of its own; a state in files stays where it is."""
    shutil.copytree(found.folder, place, ignore=shutil.ignore_patterns(VARIABLES))
    state = os.path.abspath(os.path.join(state_directory, STATE))
    if os.path.exists(state):
        backend = {"terraform": {"backend": {"local": {"path": state, "workspace_dir": f"{state}.d"}}}}
        write_whole(os.path.join(place, "netra_override.tf.json"), json.dumps(backend).encode())


def completed(recorded: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the recorded variables; those whose values no record may hold are the given ones."""
    return {name: given.get(name, value) if value == SENSITIVE else value for name, value in recorded.items()}


def _files(directory: str) -> Iterator[str]:
    for folder, folders, names in os.walk(directory):
        folders[:] = sorted(set(folders) - SKIPPED)
        for name in names:
            if name.endswith(ENDINGS):
                yield os.path.relpath(os.path.join(folder, name), directory)
