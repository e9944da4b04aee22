"""Which errors are of one kind, and how often a kind occurred when; pure.

https://cloud.google.com/error-reporting/docs/grouping-errors: by the type of the exception and its call stack.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

TRACEBACK = "Traceback (most recent call last):"
_FRAME = re.compile(r'^\s+File "(?P<file>[^"]+)", line \d+(?:, in (?P<function>.+))?$')
_OTHER_FRAME = re.compile(r"^\s+at .+|^goroutine \d+", re.MULTILINE)
_INNERMOST = 5
_VARIABLE = re.compile(r"0x[0-9a-fA-F]+|\d+")
MOST_COUNTS = 1000


def group_of(message: str) -> str:
    """Return the identifier of the group that an error belongs to."""
    return hashlib.sha256(signature(message).encode()).hexdigest()[:22]


def signature(message: str) -> str:
    """Return what errors of one kind have in common.

    Of a Python trace that is the exception's type and the innermost frames, without line numbers, so that a new
    version of the code does not make a new group; of anything else its first line without numbers.
    """
    lines = message.strip().splitlines() or [""]
    frames: list[str] = []
    for line in lines:
        if line.startswith(TRACEBACK):
            frames = []  # a chained trace: the last one is what was raised
        found = _FRAME.match(line)
        if found:
            frames.append(f"{found['file']}:{found['function'] or ''}")
    if not frames:
        return _VARIABLE.sub("#", lines[0])
    kind = lines[-1].partition(":")[0]
    # An import that fails has one type for every module that may be missing.
    detail = lines[-1] if kind in {"ModuleNotFoundError", "ImportError"} else kind
    return "\n".join([detail, *frames[-_INNERMOST:]])


def has_stack(message: str) -> bool:
    """Tell whether a message has a stack trace in one of the formats that Error Reporting reads."""
    return TRACEBACK in message or _OTHER_FRAME.search(message) is not None


def timed_counts(
    times: Sequence[datetime], begin: datetime, end: datetime, duration: timedelta, *, rounded: bool = False
) -> list[tuple[datetime, datetime, int]]:
    """Return (start, end, count) of windows between begin and end that have errors, oldest first.

    The last window ends with the range; `rounded` makes windows begin at multiples of their length instead.
    """
    epoch = datetime(1970, 1, 1, tzinfo=end.tzinfo)
    last = epoch + -(-(end - epoch) // duration) * duration if rounded else end
    counts: dict[int, int] = {}
    for moment in times:
        if begin <= moment <= end:
            number = (last - moment) // duration
            counts[number] = counts.get(number, 0) + 1
    return [
        (last - (number + 1) * duration, last - number * duration, counts[number])
        for number in sorted(counts, reverse=True)
    ]
