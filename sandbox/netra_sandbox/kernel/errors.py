"""Errors as Google's APIs report them (https://cloud.google.com/apis/design/errors)."""

from __future__ import annotations

from typing import Any

# Canonical status → its number (google/rpc/code.proto) and its HTTP code.
CODES = {
    "CANCELLED": (1, 499),
    "UNKNOWN": (2, 500),
    "INVALID_ARGUMENT": (3, 400),
    "DEADLINE_EXCEEDED": (4, 504),
    "NOT_FOUND": (5, 404),
    "ALREADY_EXISTS": (6, 409),
    "PERMISSION_DENIED": (7, 403),
    "RESOURCE_EXHAUSTED": (8, 429),
    "FAILED_PRECONDITION": (9, 400),
    "ABORTED": (10, 409),
    "OUT_OF_RANGE": (11, 400),
    "UNIMPLEMENTED": (12, 501),
    "INTERNAL": (13, 500),
    "UNAVAILABLE": (14, 503),
    "DATA_LOSS": (15, 500),
    "UNAUTHENTICATED": (16, 401),
}
# What APIs from before google.rpc call a status (cloud.google.com/storage/docs/json_api/v1/status-codes).
REASONS = {
    "INVALID_ARGUMENT": "invalid",
    "NOT_FOUND": "notFound",
    "ALREADY_EXISTS": "alreadyExists",
    "PERMISSION_DENIED": "forbidden",
    "RESOURCE_EXHAUSTED": "rateLimitExceeded",
    "FAILED_PRECONDITION": "failedPrecondition",
    "ABORTED": "conflict",
    "UNAVAILABLE": "backendError",
    "UNAUTHENTICATED": "authError",
}
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


class ApiError(Exception):
    """A refusal in the words that the client reads; `reason` is the word of APIs that list their errors."""

    retry_after: int | None = None  # seconds, for the header of that name

    def __init__(
        self,
        status: str,
        message: str,
        details: list[dict[str, Any]] | None = None,
        *,
        reason: str | None = None,
        http: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details or []
        self.reason = reason or REASONS.get(status, "backendError")
        self._http = http or CODES[status][1]

    @property
    def code(self) -> int:
        """Return the canonical code, as operations carry it."""
        return CODES[self.status][0]

    @property
    def http(self) -> int:
        """Return the HTTP status code."""
        return self._http

    def as_json(self) -> dict[str, Any]:
        """Return the body of an HTTP answer."""
        error: dict[str, Any] = {"code": self.http, "message": self.message, "status": self.status}
        return {"error": error | ({"details": self.details} if self.details else {})}

    def as_list(self) -> dict[str, Any]:
        """Return the body as APIs from before google.rpc give it: with `errors`, each with a reason."""
        listed = {"message": self.message, "domain": "global", "reason": self.reason}
        error = self.as_json()["error"]
        return {"error": {**error, "errors": [listed]}}


def not_found(resource: str) -> ApiError:
    """Return the error for a resource that is not there."""
    if resource.startswith("projects/"):
        return ApiError("NOT_FOUND", f"Resource '{resource}' was not found")
    return ApiError("NOT_FOUND", f"{resource} does not exist.")


def already_exists(resource: str) -> ApiError:
    """Return the error for a name that is taken."""
    named = f"Resource '{resource}'" if resource.startswith("projects/") else resource
    return ApiError("ALREADY_EXISTS", f"{named} already exists.")


def invalid(message: str, field: str | None = None, description: str | None = None) -> ApiError:
    """Return the error for an argument, with the field that is at fault."""
    if field is None:
        return ApiError("INVALID_ARGUMENT", message)
    violation = {"field": field, "description": description or message}
    return ApiError("INVALID_ARGUMENT", message, [{"@type": _BAD_REQUEST, "fieldViolations": [violation]}])


def stale(resource: str, given: str, current: str) -> ApiError:
    """Return the error for a change to something that has changed since it was read."""
    words = f"version '{given.strip(chr(34))}' was specified but current version is '{current.strip(chr(34))}'."
    return ApiError("ABORTED", f"Conflict for resource '{resource}': {words}")
