# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stood before the first write. Layer `record`: may import `foundation` only."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.record.files import write_whole
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry
from ansible_collections.netra.remediation.plugins.module_utils.record.recordable import recordable

SNAPSHOT = "snapshot.json"
SCHEMA = 1


def fingerprint(path: str) -> dict[str, Any]:
    """Return what identifies a file's content: its hash and, for a Terraform state, lineage and serial."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        return {"path": path, "exists": False, "reason": error.strerror}
    return {
        "path": path,
        "exists": True,
        "sha256": hashlib.sha256(content).hexdigest(),
        **_terraform_state(path, content),
    }


def _terraform_state(path: str, content: bytes) -> dict[str, Any]:
    if not path.endswith(".tfstate"):
        return {}
    try:
        state = json.loads(content)
        return {"lineage": state["lineage"], "serial": state["serial"]}
    except (ValueError, KeyError, TypeError):
        return {"reason": "not a Terraform state"}


def snapshot_of(observation: Mapping[str, Any], files: Iterable[str], time: str) -> dict[str, Any]:
    """Return the snapshot: the observation and the fingerprints of the files that a run may edit."""
    return {
        "schema": SCHEMA,
        "time": time,
        "observation": recordable(observation),
        "files": [fingerprint(path) for path in files],
    }


def read_snapshot(folder: str, entries: Iterable[Entry]) -> dict[str, Any] | None:
    """Return a run's snapshot, None where it took none; UnsafeChange where it is not what the ledger says."""
    sealed = next((entry.body["sha256"] for entry in entries if entry.kind == "snapshot"), None)
    if sealed is None:
        return None
    path = os.path.join(folder, SNAPSHOT)
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise UnsafeChange(
            f"Could not read the snapshot {path}: {error.strerror}. Nothing is derived from it."
        ) from error
    if hashlib.sha256(content).hexdigest() != sealed:
        raise UnsafeChange(f"Could not trust the snapshot {path}: it is not what the ledger beside it sealed.")
    snapshot: dict[str, Any] = json.loads(content)
    return snapshot


def write_snapshot(folder: str, snapshot: Mapping[str, Any]) -> dict[str, Any] | None:
    """Write the run's snapshot and return its ledger entry; the first one stays, so None when there is one."""
    path = os.path.join(folder, SNAPSHOT)
    if os.path.exists(path):
        return None
    content = json.dumps(snapshot, sort_keys=True, indent=1).encode() + b"\n"
    write_whole(path, content)
    return {"file": SNAPSHOT, "sha256": hashlib.sha256(content).hexdigest(), "files": snapshot["files"]}
