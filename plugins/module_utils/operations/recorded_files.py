# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring the files that a run wrote back to what they were before it, where they still are as the run left them."""

from __future__ import annotations

from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations import file_writing
from ansible_collections.netra.remediation.plugins.module_utils.record import undoing, written_files
from ansible_collections.netra.remediation.plugins.module_utils.record.runs import recorded_runs
from ansible_collections.netra.remediation.plugins.module_utils.record.written_files import (
    DONE,
    FAILED,
    REFUSED,
    Restoration,
)

NEW_FILE = 0o640
OPTIONS: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "required": True},
    "environment": {"type": "str", "required": True},
    "run": {"type": "str"},
    "fail_when_refused": {"type": "bool", "default": True},
}


def run(options: Options, check_mode: bool) -> Result:
    """Decide about each file by what is on record and what it holds now; restore what may be restored."""
    undone = undoing.runs_to_undo(
        recorded_runs(options["directory"], options["environment"]), options.get("run") or None
    )
    decided: list[Restoration] = []
    diffs: list[dict[str, str]] = []
    for path, writings in sorted(written_files.writings_in(undone).items()):
        current = file_writing.read(path)
        found = written_files.restoration(path, current, writings)
        diffs += _diffs(found, current)
        decided.append(found if check_mode else _restored(found, current))
    result: Result = {
        "changed": any(found.outcome == DONE for found in decided),
        "runs": [record.run for record in undone],
        "files": [{"path": found.path, "outcome": found.outcome, "reason": found.reason} for found in decided],
        "diff": diffs,
    }
    left = [f"{found.path}: {found.reason}" for found in decided if found.outcome in (REFUSED, FAILED)]
    if left and options["fail_when_refused"]:
        raise RemediationError(f"Could not bring back {'; '.join(left)}. Compare by hand.", **result)
    return result


def _restored(found: Restoration, current: bytes | None) -> Restoration:
    """Write what was decided; what fails is told beside what did not."""
    if found.outcome != DONE:
        return found
    try:
        file_writing.replace(found.path, current, found.content, NEW_FILE)
    except OSError as error:
        return Restoration(found.path, FAILED, f"it could not be written: {error.strerror}")
    except RemediationError as error:
        return Restoration(found.path, FAILED, error.message.rstrip("."))
    return found


def _diffs(found: Restoration, current: bytes | None) -> list[dict[str, str]]:
    if found.outcome == DONE:
        sides = {"before": _shown(current), "after": _shown(found.content)}
        return [{**sides, "before_header": found.path, "after_header": found.path}]
    if found.outcome == REFUSED and found.edits:
        kept = f"{found.path} is not touched: {found.reason}. The run had changed:\n"
        return [{"prepared": kept + written_files.described(found.edits)}]
    return []


def _shown(content: bytes | None) -> str:
    """Return a text that JSON can carry: bytes that are no UTF-8 are shown as question marks."""
    return (content or b"").decode(errors="replace")


OPERATION = Operation(name="recorded_files", options=OPTIONS, run=run, authenticated=False)
