"""Folders that a process sees at other places than where they are, and only that process and its children do."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netra_sandbox.runtime import linux, mounting

_PROGRAM = (sys.executable, "-I", "-S", mounting.__file__)


@dataclass(frozen=True)
class Mount:
    """What is seen at `target`: the folder `source`, read-only, or an empty one in memory of at most `size` bytes."""

    target: str
    source: Path | None = None
    size: int = 0

    def row(self) -> dict[str, str | int]:
        """Return the mount as mounting.py reads it."""
        seen: dict[str, str | int] = {"size": self.size} if self.source is None else {"source": str(self.source)}
        return {"target": self.target, **seen}


def inside(mounts: Sequence[Mount], root: Path, command: Sequence[str]) -> list[str]:
    """Return the command line that runs a command where the mounts are seen; `root` is an empty folder for them."""
    if not mounts:
        return list(command)
    return [*_PROGRAM, str(root), json.dumps([mount.row() for mount in mounts]), *command]


@functools.cache
def refusal() -> str:
    """Return why this machine lets nobody like us mount anything, an empty text when it does."""
    if not linux.HERE:
        return "that needs Linux"
    with tempfile.TemporaryDirectory() as empty:
        row = json.dumps([Mount(empty).row()])
        tried = subprocess.run([*_PROGRAM, empty, row, "true"], capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else (tried.stderr.strip() or f"exit code {tried.returncode}")
