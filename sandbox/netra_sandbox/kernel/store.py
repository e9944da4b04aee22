"""The resources of a sandbox: JSON objects by name, in SQLite."""

from __future__ import annotations

import asyncio
import json
import marshal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netra_sandbox.kernel.changes import CURRENT, Change

_MOST_COPIES = 8192
_HIGHEST = "\U0010ffff"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS resources (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # What calls that have not ended wrote: each row as it was before their first write and after their last one.
    "CREATE TABLE IF NOT EXISTS unfinished ("
    "number INTEGER PRIMARY KEY, change TEXT, name TEXT, before TEXT, after TEXT, UNIQUE (change, name))",
)
_NOTE = (
    "INSERT INTO unfinished (change, name, before, after) "
    "VALUES (?, ?, (SELECT value FROM resources WHERE name = ?), ?) "
    "ON CONFLICT (change, name) DO UPDATE SET after = excluded.after"
)


class Store:
    """Names are full resource names behind the API's: `run:projects/p/locations/l/services/s`."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        # What was written survives the end of the process, however it ends; a power cut it need not survive.
        self._database.execute("PRAGMA synchronous=OFF")
        for table in _TABLES:
            self._database.execute(table)
        # What was read, until it is written: marshalled, because that makes a new object in a third of JSON's time.
        self._copies: dict[str, bytes] = {}

    def get(self, name: str) -> dict[str, Any] | None:
        """Return a copy of a resource, None when there is none."""
        copy = self._copies.get(name)
        if copy is None:
            row = self._database.execute("SELECT value FROM resources WHERE name = ?", (name,)).fetchone()
            copy = self._copied(name, row[0] if row else "null")
        value: dict[str, Any] | None = marshal.loads(copy)  # noqa: S302  written by this process itself
        return value

    def put(self, name: str, value: dict[str, Any]) -> None:
        """Store a resource."""
        self._write(name, json.dumps(value))

    def put_lasting(self, name: str, value: dict[str, Any]) -> None:
        """Store a resource that is not taken back with the rest of its call."""
        self._set(name, json.dumps(value))

    def delete(self, name: str) -> None:
        """Forget a resource; one that is not there is fine."""
        self._write(name, None)

    def list(self, prefix: str, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the resources whose names begin so, by name; `kind` is the last collection in their names."""
        rows = self._database.execute(
            "SELECT name FROM resources WHERE name >= ? AND name < ? ORDER BY name", (prefix, prefix + _HIGHEST)
        ).fetchall()
        found = (self.get(name) for (name,) in rows if kind is None or name.split("/")[-2:-1] == [kind])
        return [value for value in found if value is not None]

    def clear(self) -> None:
        """Forget everything."""
        self._copies.clear()
        self._database.execute("DELETE FROM resources")
        self._database.execute("DELETE FROM unfinished")

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    @contextmanager
    def change(self) -> Iterator[Change]:
        """Note what a call writes in this task until it ends, or until the operations it started have ended."""
        change = Change()
        change.join(asyncio.current_task())
        token = CURRENT.set(change)
        try:
            yield change
        finally:
            CURRENT.reset(token)
            if not change.operations:
                self.settle(change)

    def settle(self, change: Change) -> None:
        """Let what a call wrote stand."""
        change.open = False
        if change.noted:
            self._database.execute("DELETE FROM unfinished WHERE change = ?", (change.identifier,))

    def take_back(self, change: Change | None = None) -> int:
        """Undo what a call, or every call that has not ended, wrote and nobody wrote since; return how much."""
        if change is not None:
            change.open = False
        where, values = ("", ()) if change is None else (" WHERE change = ?", (change.identifier,))
        rows = self._database.execute(
            f"SELECT name, before, after FROM unfinished{where} ORDER BY number DESC",  # noqa: S608  no input in it
            values,
        ).fetchall()
        for name, before, after in rows:
            current = self._database.execute("SELECT value FROM resources WHERE name = ?", (name,)).fetchone()
            if (current[0] if current else None) == after:
                self._set(name, before)
        self._database.execute(f"DELETE FROM unfinished{where}", values)  # noqa: S608  no input in it
        return len(rows)

    def _write(self, name: str, text: str | None) -> None:
        change = CURRENT.get()
        if change is not None and change.covers_this_task():
            change.noted = True
            self._database.execute(_NOTE, (change.identifier, name, name, text))
        self._set(name, text)

    def _copied(self, name: str, text: str) -> bytes:
        if len(self._copies) >= _MOST_COPIES:
            self._copies.clear()
        copy = self._copies[name] = marshal.dumps(json.loads(text))
        return copy

    def _set(self, name: str, text: str | None) -> None:
        self._copies.pop(name, None)
        if text is None:
            self._database.execute("DELETE FROM resources WHERE name = ?", (name,))
        else:
            self._database.execute("INSERT OR REPLACE INTO resources VALUES (?, ?)", (name, text))
