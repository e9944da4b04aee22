"""A game as it stands, and what it is worth."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

FULL_SCORE = 100
HINT_COSTS, MINUTE_COSTS = 10, 1
_NO_GAMES = frozenset({"healthy", "empty"})


@dataclass(frozen=True)
class Game:
    """A game: its scenario, when it began (seconds since the epoch), the requests before it, the hints it took."""

    scenario: str
    started: float
    since: int
    hints: int = 0
    won: float | None = None


def choose(names: Sequence[str], seed: int) -> str:
    """Return a broken scenario: the same for the same seed."""
    return random.Random(seed).choice([name for name in sorted(names) if name not in _NO_GAMES])  # noqa: S311


def points(seconds: float, hints: int) -> int:
    """Return what a won game is worth: less for every hint and every whole minute, never less than nothing."""
    return max(0, FULL_SCORE - HINT_COSTS * hints - MINUTE_COSTS * int(seconds // 60))


def duration(seconds: float) -> str:
    """Write a duration for people."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
