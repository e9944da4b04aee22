"""The record of decisions: one row each, kept in memory, told to whoever listens."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

_KEPT = 20_000


@dataclass(frozen=True)
class Decision:
    """Whether a principal held a permission on a resource when it called a method (its id, or what stands for one)."""

    n: int
    time: datetime
    principal: str
    method: str
    resource: str
    permission: str
    granted: bool

    def as_json(self) -> dict[str, Any]:
        """Return the row as the sandbox's own interface shows it."""
        return asdict(self) | {"time": self.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}


@dataclass
class AuditLog:
    """The newest decisions, oldest first."""

    listeners: list[Callable[[Decision], None]] = field(default_factory=list)
    _rows: deque[Decision] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _count: int = 0

    def add(  # noqa: PLR0917  the columns, in their order
        self, time: datetime, principal: str, method: str, resource: str, permission: str, granted: bool
    ) -> None:
        """Record a decision."""
        self._count += 1
        row = Decision(self._count, time, principal, method, resource, permission, granted)
        self._rows.append(row)
        for listener in self.listeners:
            listener(row)

    def since(self, number: int) -> dict[str, Any]:
        """Return the decisions after the given one that are still kept, and the number to go on from."""
        return {"next": self._count, "decisions": [row.as_json() for row in self._rows if row.n > number]}
