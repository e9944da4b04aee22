# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Terraform configuration that a run applies, kept in its record. Layer `record`: may import `foundation` only.

Files with values of variables are not kept, since they may hold secrets; their hashes are, and the variables that the
contract gives.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import SENSITIVE
from ansible_collections.netra.remediation.plugins.module_utils.record.files import write_whole
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import BrokenLedger
from ansible_collections.netra.remediation.plugins.module_utils.record.recordable import recordable
from ansible_collections.netra.remediation.plugins.module_utils.record.runs import Run
from ansible_collections.netra.remediation.plugins.module_utils.record.snapshot import fingerprint

KIND = "terraform_configuration"
APPLIED = "terraform_applied"
FOLDER = "terraform"
VARIABLES = "variables.json"
ENDINGS = (".tf", ".tf.json", ".tftpl", ".terraform.lock.hcl")
SKIPPED = frozenset({".terraform", ".git"})
STATE = "terraform.tfstate"


@dataclass(frozen=True)
class RecordedConfiguration:
    """A configuration in a record: whose run, where its files are, what identifies it, its variables.

    ``value_files``: name → SHA-256 of the files that gave values beside them.
    """

    run: str
    folder: str
    sha256: str
    variables: Mapping[str, Any]
    value_files: Mapping[str, str]


def keep_configuration(
    run_folder: str, directory: str, variables: Mapping[str, Any], value_files: Iterable[str] = ()
) -> dict[str, Any]:
    """Copy a configuration into a run's record; return the ledger's entry: files, their hash, the state's serial.

    ``value_files`` are the names of files that give values; of them only the hashes are kept.
    """
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
    values = hashes_of(directory, value_files)
    for name, sha256 in sorted(values.items()):
        digest.update(f"\0{name}\0{sha256}".encode())
    state = fingerprint(os.path.join(directory, STATE))
    known: dict[str, Any] = {name: state[name] for name in ("lineage", "serial") if name in state}
    return {"folder": FOLDER, "files": names, "value_files": values, "sha256": digest.hexdigest(), **known}


def older_configuration(runs: Iterable[Run]) -> RecordedConfiguration | None:
    """Return the newest configuration that was applied and differs from the last on record, applied or not.

    ``runs`` begin with the newest. One whose apply was refused or failed was never in force.
    """
    last = None
    for run in runs:
        for body, was_applied in reversed(_kept_in(run)):
            last = last or body["sha256"]
            if was_applied and body["sha256"] != last:
                folder = os.path.join(run.folder, FOLDER)
                with open(os.path.join(folder, VARIABLES), encoding="utf-8") as file:
                    variables = json.load(file)
                return RecordedConfiguration(run.run, folder, body["sha256"], variables, body.get("value_files", {}))
    return None


def _kept_in(run: Run) -> list[tuple[dict[str, Any], bool]]:
    """Return what a run kept and whether it was applied, oldest first; nothing of a ledger that was changed."""
    kept: list[tuple[dict[str, Any], bool]] = []
    try:
        entries = run.ledger.read().entries
    except BrokenLedger:
        return kept
    for entry in entries:
        if entry.kind == KIND:
            kept.append((entry.body, False))
        elif entry.kind == APPLIED and kept:
            kept[-1] = (kept[-1][0], True)
    return kept


def restore(found: RecordedConfiguration, place: str, state_directory: str) -> None:
    """Copy a recorded configuration to a folder of its own; a state in files stays where it is."""
    shutil.copytree(found.folder, place, ignore=shutil.ignore_patterns(VARIABLES))
    state = os.path.abspath(os.path.join(state_directory, STATE))
    if os.path.exists(state):
        backend = {"terraform": {"backend": {"local": {"path": state, "workspace_dir": f"{state}.d"}}}}
        write_whole(os.path.join(place, "netra_override.tf.json"), json.dumps(backend).encode())


def completed(recorded: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the recorded variables; those of which a record may not hold all are the given ones.

    Raises BadInput where such a one is not given.
    """
    hidden = [name for name, value in recorded.items() if SENSITIVE in json.dumps(value)]
    missing = sorted(set(hidden) - set(given))
    if missing:
        raise BadInput(
            f"Could not revert: no record may hold the value of {', '.join(missing)}, and it is not given now. "
            "Give it in variables as it was.",
            option="variables",
        )
    return {**recorded, **{name: given[name] for name in hidden}}


def hashes_of(directory: str, names: Iterable[str]) -> dict[str, str]:
    """Return name → SHA-256 of the files that are there."""
    found = {name: fingerprint(os.path.join(directory, name)) for name in names}
    return {name: file["sha256"] for name, file in found.items() if file["exists"]}


def refuse_other_values(found: RecordedConfiguration, now: Mapping[str, str]) -> None:
    """Raise UnsafeChange where files that give values (name → SHA-256) are not what they were for that run."""
    names = sorted({*found.value_files, *now})
    moved = [name for name in names if found.value_files.get(name) != now.get(name)]
    if moved:
        raise UnsafeChange(
            f"Could not revert: {', '.join(moved)} did not hold for run {found.run} what it holds or lacks now, and no "
            "record keeps files that give values. Bring it back to what it was, then revert again.",
            option="revert",
        )


def _files(directory: str) -> Iterator[str]:
    for folder, folders, names in os.walk(directory):
        folders[:] = sorted(set(folders) - SKIPPED)
        for name in names:
            if name.endswith(ENDINGS):
                yield os.path.relpath(os.path.join(folder, name), directory)
