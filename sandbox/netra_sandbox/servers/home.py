"""The folder the servers live in: short enough for a UNIX socket's path, open to the account PostgreSQL runs as."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

NOBODY = 65534  # PostgreSQL refuses to run as root
_POINTER = "servers.path"


def make_home(directory: Path) -> Path:
    """Make a new folder and note it in the directory; remove what a sandbox that was killed left."""
    remove_home(directory)
    home = Path(tempfile.mkdtemp(prefix="netra-sandbox-"))
    home.chmod(0o711)
    (directory / _POINTER).write_text(str(home), encoding="utf-8")
    return home


def remove_home(directory: Path) -> None:
    """Remove the noted folder."""
    pointer = directory / _POINTER
    if pointer.exists():
        shutil.rmtree(pointer.read_text(encoding="utf-8"), ignore_errors=True)
        pointer.unlink()


def account() -> dict[str, Any]:
    """Return the subprocess options that drop root's rights; none where we are not root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def give(path: Path) -> None:
    """Hand a path to the account the servers run as."""
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)


def is_open_to_all(path: Path) -> bool:
    """Tell whether any account may reach a path through its parents."""
    return all(parent.stat().st_mode & 0o001 for parent in [path, *path.parents] if parent.is_dir())
