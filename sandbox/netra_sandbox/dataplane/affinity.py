"""The session affinity cookie: the instance that answered a client, for its next requests.

https://cloud.google.com/run/docs/configuring/session-affinity
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta

COOKIE = "GAESA"
DAYS = 30
_IDENTITY = 32


@dataclass(frozen=True)
class Bond:
    """A revision by its short name, and the beginning of an instance's identity."""

    revision: str
    instance: str


def read(cookie: str | None) -> Bond | None:
    """Return what a cookie's value says, None for no or a foreign value."""
    try:
        revision, _, instance = base64.urlsafe_b64decode((cookie or "").encode()).decode().partition(":")
    except ValueError:
        return None
    return Bond(revision, instance) if revision and instance else None


def set_cookie(revision: str, identity: str, now: datetime) -> str:
    """Return the header's value that binds a client to an instance for 30 days."""
    value = base64.urlsafe_b64encode(f"{revision}:{identity[:_IDENTITY]}".encode()).decode()
    expires = (now + timedelta(days=DAYS)).strftime("%a, %d-%b-%Y %H:%M:%S GMT")
    return f"{COOKIE}={value}; expires={expires}; path=/"
