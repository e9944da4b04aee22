"""The sandbox's time: this machine's, moved by what somebody asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass
class Clock:
    """Read by every service, so that tokens, secrets and time stamps age together; `offset` is in seconds."""

    offset: float = 0.0

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def seconds(self) -> float:
        """Return the time in seconds since the epoch."""
        return time.time() + self.offset


def format_time(moment: datetime) -> str:
    """Write a UTC time as protobuf's JSON does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_time(text: str) -> datetime:
    """Read an RFC 3339 time; raise ValueError for one that is none or names no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} names no time zone")
    return moment.astimezone(UTC)
