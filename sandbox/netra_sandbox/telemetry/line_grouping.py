"""Make one text of the lines that belong together: a Python traceback with what it is chained to."""

from __future__ import annotations

_TRACEBACK = "Traceback (most recent call last):"
_CHAIN = ("During handling of the above exception", "The above exception was the direct cause")
MOST_LINES = 500


class Grouper:
    """Takes the lines of one stream and gives texts back: a line at once, a trace when it is complete."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._complete = False  # the line that names the exception has been seen

    @property
    def holding(self) -> bool:
        """Tell whether lines wait for those that may follow."""
        return bool(self._lines)

    def feed(self, line: str) -> list[str]:
        """Take a line without its end; return the texts that are complete now."""
        if not self._lines:
            return self._begin(line)
        if self._belongs(line) and len(self._lines) < MOST_LINES:
            self._lines.append(line)
            self._complete = self._names_exception(line) or (self._complete and not line)
            return []
        return self.flush() + self._begin(line)

    def flush(self) -> list[str]:
        """Return what waits, if anything: the stream paused or ended."""
        lines, self._lines, self._complete = self._lines, [], False
        return ["\n".join(lines).rstrip()] if lines else []

    def _begin(self, line: str) -> list[str]:
        if not line.startswith(_TRACEBACK):
            return [line] if line.strip() else []
        self._lines = [line]
        return []

    def _belongs(self, line: str) -> bool:
        return not self._complete or not line or line.startswith(_CHAIN)

    @staticmethod
    def _names_exception(line: str) -> bool:
        return bool(line) and not line.startswith((" ", "\t", *_CHAIN, _TRACEBACK))
