"""What one call of the API changes, so that a change that did not come to its end can be taken back."""

from __future__ import annotations

import asyncio
import uuid
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class Change:
    """A call that may write: its task, and the tasks of the operations that it started."""

    identifier: str = field(default_factory=lambda: uuid.uuid4().hex)
    noted: bool = False
    open: bool = True
    _tasks: set[asyncio.Task[object]] = field(default_factory=set)
    operations: int = 0

    def join(self, task: asyncio.Task[object] | None) -> None:
        """Count what a task writes as this call's."""
        if task is not None:
            self._tasks.add(task)

    def covers_this_task(self) -> bool:
        """Tell whether what is written now is this call's: what its tasks set off in others is not."""
        try:
            return self.open and asyncio.current_task() in self._tasks
        except RuntimeError:  # no loop runs
            return False


CURRENT: ContextVar[Change | None] = ContextVar("change", default=None)
