"""The log entries of a sandbox: a bounded table on disk, so that their number costs no memory."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from netra_sandbox.telemetry.query.matching import Predicate, read_time

Entry = dict[str, Any]
MOST_ENTRIES = 50_000
_TRIM_EVERY = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST = (1 << 63) - 1


@dataclass(frozen=True)
class Place:
    """Where a page ended: the time (microseconds) and the number of its last entry."""

    time: int
    number: int


class LogBook:
    """Entries as the API returns them, ordered by timestamp, the oldest dropped beyond `limit`."""

    def __init__(self, path: Path, limit: int = MOST_ENTRIES) -> None:
        path.touch(mode=0o600)
        self._limit = limit
        self._untrimmed = 0
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS entries (number INTEGER PRIMARY KEY, time INTEGER NOT NULL, log TEXT NOT NULL,"
            " insert_id TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (time, log, insert_id))"
        )

    def add(self, entry: Entry) -> None:
        """Keep an entry; one with the log name, timestamp and insertId of another is a duplicate and ignored."""
        self._database.execute(
            "INSERT OR IGNORE INTO entries (time, log, insert_id, value) VALUES (?, ?, ?, ?)",
            (microseconds(entry["timestamp"]), entry["logName"], entry["insertId"], json.dumps(entry)),
        )
        self._untrimmed += 1
        if self._untrimmed >= _TRIM_EVERY:
            self._trim()

    def search(
        self,
        matches: Predicate,
        *,
        between: tuple[datetime | None, datetime | None] = (None, None),
        newest_first: bool = False,
        after: Place | None = None,
        limit: int,
    ) -> tuple[list[Entry], Place | None]:
        """Return up to `limit` matching entries by timestamp, and the place to go on from if there are more."""
        found: list[Entry] = []
        last = None
        for place, entry in self._read(between, after, newest_first=newest_first):
            if matches(entry):
                if len(found) == limit:
                    return found, last
                found.append(entry)
                last = place
        return found, None

    def names(self) -> list[str]:
        """Return the names of the logs that have entries."""
        return [row[0] for row in self._database.execute("SELECT DISTINCT log FROM entries ORDER BY log")]

    def delete(self, log: str) -> int:
        """Forget the entries of a log and return how many there were."""
        return self._database.execute("DELETE FROM entries WHERE log = ?", (log,)).rowcount

    def clear(self) -> None:
        """Forget everything."""
        self._database.execute("DELETE FROM entries")

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _read(
        self, between: tuple[datetime | None, datetime | None], after: Place | None, *, newest_first: bool
    ) -> Iterator[tuple[Place, Entry]]:
        low, high = between
        comparison, order = ("<", "DESC") if newest_first else (">", "ASC")
        start = after or (Place(_LAST, _LAST) if newest_first else Place(-_LAST, -1))
        rows = self._database.execute(
            f"SELECT time, number, value FROM entries WHERE time BETWEEN ? AND ? AND (time, number) {comparison} (?, ?)"  # noqa: S608  no value is part of the text
            f" ORDER BY time {order}, number {order}",
            (_since_epoch(low) if low else -_LAST, _since_epoch(high) if high else _LAST, start.time, start.number),
        )
        for time, number, value in rows:
            yield Place(time, number), json.loads(value)

    def _trim(self) -> None:
        self._untrimmed = 0
        self._database.execute(
            "DELETE FROM entries WHERE number <= (SELECT MAX(number) FROM entries) - ?", (self._limit,)
        )


def microseconds(timestamp: str) -> int:
    """Return a timestamp of the API as microseconds since the epoch."""
    return _since_epoch(read_time(timestamp))


def _since_epoch(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
