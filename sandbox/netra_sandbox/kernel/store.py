"""The resources of a sandbox: JSON objects by name, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

_HIGHEST = "\U0010ffff"


class Store:
    """Names are full resource names behind the API's: `run:projects/p/locations/l/services/s`."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        # A sandbox that is killed starts from its scenario again: nothing has to survive a crash.
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS resources (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
        )

    def get(self, name: str) -> dict[str, Any] | None:
        """Return a copy of a resource, None when there is none."""
        row = self._database.execute("SELECT value FROM resources WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, name: str, value: dict[str, Any]) -> None:
        """Store a resource."""
        self._database.execute("INSERT OR REPLACE INTO resources VALUES (?, ?)", (name, json.dumps(value)))

    def delete(self, name: str) -> None:
        """Forget a resource; one that is not there is fine."""
        self._database.execute("DELETE FROM resources WHERE name = ?", (name,))

    def list(self, prefix: str, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the resources whose names begin so, by name; `kind` is the last collection in their names."""
        rows = self._database.execute(
            "SELECT name, value FROM resources WHERE name >= ? AND name < ? ORDER BY name", (prefix, prefix + _HIGHEST)
        )
        return [json.loads(value) for name, value in rows if kind is None or name.split("/")[-2:-1] == [kind]]

    def clear(self) -> None:
        """Forget everything."""
        self._database.execute("DELETE FROM resources")

    def close(self) -> None:
        """Close the database."""
        self._database.close()
