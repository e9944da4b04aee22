"""The product's repository, with what is broken in it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from netra_sandbox.scenarios.plan import DropPackage, Edit

_IGNORE_FILE = ".dockerignore"
# The product's own ignore file holds the clean-up of September, which drops a package; this is the smallest repair.
_CULPRIT = "**/monitoring/\n"
_REPAIR = f"{_CULPRIT}!netra_backend/app/services/monitoring\n"
_REPAIRED = "netra_backend/app/services/monitoring"


def copy(application: Path, to: Path, edits: Sequence[Edit]) -> None:
    """Copy a repository: sound, but for the edits."""
    leftovers = shutil.ignore_patterns("__pycache__", ".terraform")
    shutil.copytree(application, to, ignore=leftovers, symlinks=True)
    dropped = {edit.package for edit in edits if isinstance(edit, DropPackage)}
    _write_ignore_file(to / _IGNORE_FILE, dropped)
    for edit in edits:
        if not isinstance(edit, DropPackage):
            path = to / edit.path
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            path.write_text("".join(line for line in lines if not _holds(line, edit.words)), encoding="utf-8")


def _write_ignore_file(path: Path, dropped: set[str]) -> None:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if _CULPRIT in text:
        if _REPAIRED in dropped:
            dropped = dropped - {_REPAIRED}
        else:
            text = text.replace(_CULPRIT, _REPAIR)
    text += "".join(f"{package}/\n" for package in sorted(dropped))
    if text:
        path.write_text(text, encoding="utf-8")


def _holds(line: str, words: Sequence[str]) -> bool:
    return any(word in line for word in words)
