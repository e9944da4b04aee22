# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say what went wrong in one sentence, with the facts a machine needs. Standard library only."""

# Named as the outcome they report, without the suffix: that is how they read in an except clause.
# ruff: noqa: N818

from __future__ import annotations

import re
from typing import Any


class RemediationError(Exception):
    """Stop an operation: the message is one sentence for people, the facts are for programs."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts

    def as_failure(self) -> dict[str, Any]:
        """Return what a task registers as RV(failure): the kind of error, its message and its facts."""
        kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()
        return {"kind": kind, "message": self.message, **{key: fact for key, fact in self.facts.items() if fact}}


class ApiError(RemediationError):
    """Report an answer of a Google API that is not a success."""

    def __init__(self, message: str, *, status: str = "UNKNOWN", http: int = 0, **facts: Any) -> None:
        super().__init__(message, status=status, http=http, **facts)
        self.status = status
        self.http = http


class NotFound(ApiError):
    """Report that the resource does not exist."""


class Conflict(ApiError):
    """Report that the resource changed since it was read, or exists already."""


class PermissionDenied(ApiError):
    """Report that the caller may not do this, or that Google does not know the caller."""


class OperationFailed(ApiError):
    """Report that Google accepted the request, worked on it and failed."""


class DeadlineExceeded(RemediationError):
    """Report that time ran out; RV(failure.last_seen) is the last state read before that."""

    def __init__(self, message: str, *, last_seen: Any = None, **facts: Any) -> None:
        super().__init__(message, last_seen=last_seen, **facts)
        self.last_seen = last_seen


class MissingLibrary(RemediationError):
    """Report a Python library that this interpreter cannot import."""

    def __init__(self, library: str, reason: object = "") -> None:
        super().__init__(
            f"Python library '{library}' is needed and cannot be imported here: {reason}. "
            "Install the collection's requirements.txt for this interpreter.",
            library=library,
        )


class UnsafeChange(RemediationError):
    """Refuse a change that cannot be made in place or that someone must decide about."""


class Stopped(RemediationError):
    """Report that the run is not to go on: why (RV(failure.reason)), and what becomes of what it moved (``then``)."""

    def __init__(self, message: str, *, reason: str, then: str = "stop", **facts: Any) -> None:
        super().__init__(message, reason=reason, then=then, **facts)
        self.reason = reason
        self.then = then


class BadInput(RemediationError):
    """Refuse an option whose value cannot be used."""

    def __init__(self, message: str, *, option: str = "", **facts: Any) -> None:
        super().__init__(message, option=option, **facts)
        self.option = option
