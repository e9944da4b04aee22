"""Find the errors in what an instance prints, as Error Reporting finds them in the logs of Cloud Run."""

from __future__ import annotations

import json

_TRACEBACK = "Traceback (most recent call last):"
_CHAIN = ("During handling of the above exception", "The above exception was the direct cause")
_SEVERITIES = frozenset({"ERROR", "CRITICAL", "ALERT", "EMERGENCY"})


class ErrorFinder:
    """Collect log lines and return the messages that report an error."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._complete = False  # the line that names the exception has been seen

    @property
    def pending(self) -> bool:
        """Tell whether a trace is complete unless a chained one follows."""
        return self._complete

    def feed(self, line: str) -> list[str]:
        """Take one line without its end; return the errors that are now complete."""
        if self._lines:
            return self._continue(line)
        return self._begin(line)

    def flush(self) -> list[str]:
        """Return the error that is being collected, if any; the log paused or ended."""
        lines, self._lines, self._complete = self._lines, [], False
        return ["\n".join(lines).rstrip()] if lines else []

    def _begin(self, line: str) -> list[str]:
        if line.startswith(_TRACEBACK):
            self._lines = [line]
            return []
        message = structured_error(line)
        return [message] if message else []

    def _continue(self, line: str) -> list[str]:
        belongs = not self._complete or not line or line.startswith((*_CHAIN, _TRACEBACK))
        if not belongs:
            return self.flush() + self._begin(line)
        self._lines.append(line)
        if line and not line.startswith((" ", "\t", *_CHAIN)):
            self._complete = not line.startswith(_TRACEBACK)
        elif line.startswith(_CHAIN):
            self._complete = False
        return []


def structured_error(line: str) -> str | None:
    """Return the message of a JSON log line whose severity is ERROR or worse (Cloud Run: structured logging)."""
    if not line.startswith("{"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict) or str(entry.get("severity", "")).upper() not in _SEVERITIES:
        return None
    return str(entry.get("stack_trace") or entry.get("message") or line)
