"""The folder the servers live in: short enough for a UNIX socket's path, open to the account PostgreSQL runs as."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

NOBODY = 65534  # PostgreSQL refuses to run as root
DATABASE_PREFIX = "sql-"
_POINTER, _STORED = "servers.path", "databases"


def make_home(directory: Path) -> Path:
    """Make the folder, or take the one that a sandbox that was killed left; put what was stored away into it."""
    pointer, stored = directory / _POINTER, directory / _STORED
    noted = Path(pointer.read_text(encoding="utf-8")) if pointer.exists() else None
    if noted is not None and noted.is_dir() and noted.owner() == directory.owner():
        return noted
    home = Path(tempfile.mkdtemp(prefix="netra-sandbox-"))
    home.chmod(0o711)
    pointer.write_text(str(home), encoding="utf-8")
    for folder in sorted(stored.iterdir()) if stored.is_dir() else []:
        shutil.move(folder, home)
        _give_all(home / folder.name)
    return home


def store_away(directory: Path) -> None:
    """Move the databases of the noted folder into the sandbox's own, for a later start; remove the rest."""
    pointer, stored = directory / _POINTER, directory / _STORED
    if not pointer.exists():
        return
    shutil.rmtree(stored, ignore_errors=True)
    stored.mkdir(mode=0o700)
    for folder in Path(pointer.read_text(encoding="utf-8")).glob(f"{DATABASE_PREFIX}*"):
        shutil.move(folder, stored)
    remove_home(directory)


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


def _give_all(folder: Path) -> None:
    give(folder)
    for path in folder.rglob("*"):
        give(path)


def is_open_to_all(path: Path) -> bool:
    """Tell whether any account may reach a path through its parents."""
    return all(parent.stat().st_mode & 0o001 for parent in [path, *path.parents] if parent.is_dir())
