"""What was asked of the sandbox: one line a request, without queries, headers or bodies, so that no secret is in it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

_READ_VERBS = frozenset({"GET", "HEAD", "OPTIONS"})
# Methods that read although they are called with POST.
_READ_METHODS = (
    ".access",
    ".entries.list",
    ".testIamPermissions",
    ".getIamPolicy",
    ".wait",
    ".generateAccessToken",
    ".generateIdToken",
    ".signBlob",
    ".signJwt",
)


@dataclass(frozen=True)
class Entry:
    """One request; `method` is the API method's name in the discovery documents, empty outside the APIs."""

    n: int
    time: str
    host: str
    http_method: str
    path: str
    method: str
    principal: str
    status: int
    write: bool
    validate_only: bool


@dataclass(frozen=True)
class Event:
    """Something worth telling that is no request: a refused host, an answer that its schema does not allow."""

    time: str
    event: str
    message: str


class RequestLog:
    """The requests to one environment, in memory and in `requests.jsonl`, and the events since the start."""

    def __init__(self, directory: Path) -> None:
        path = directory / "requests.jsonl"
        self._entries = _read(path)
        self._events: list[Event] = []
        self._file: TextIO = path.open("a", encoding="utf-8", buffering=1)

    def add(
        self,
        time: str,
        host: str,
        http_method: str,
        path: str,
        status: int,
        *,
        method: str = "",
        principal: str = "",
        validate_only: bool = False,
    ) -> None:
        """Record a request that was answered."""
        entry = Entry(
            n=len(self._entries) + 1,
            time=time,
            host=host,
            http_method=http_method,
            path=path,
            method=method,
            principal=principal,
            status=status,
            write=is_write(http_method, method) and not validate_only,
            validate_only=validate_only,
        )
        self._entries.append(entry)
        self._file.write(json.dumps(vars(entry)) + "\n")

    def event(self, time: str, event: str, message: str) -> None:
        """Record an event."""
        self._events.append(Event(time, event, message))

    def since(self, number: int) -> dict[str, Any]:
        """Return the requests after the given one and the number to go on from."""
        found = self._entries[max(number, 0) :]
        return {"next": len(self._entries), "requests": [dict(vars(entry)) for entry in found]}

    def events(self) -> dict[str, Any]:
        """Return all events."""
        return {"events": [asdict(event) for event in self._events]}

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def is_write(http_method: str, method: str) -> bool:
    """Tell whether a request is meant to change a resource; one to no API method is not."""
    return bool(method) and http_method not in _READ_VERBS and not method.endswith(_READ_METHODS)


def _read(path: Path) -> list[Entry]:
    """Return the requests of earlier processes; a line that one of them did not finish is left out."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(Entry(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found
