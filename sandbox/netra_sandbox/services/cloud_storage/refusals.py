"""The JSON API's errors: a list with reasons, no canonical status.

https://cloud.google.com/storage/docs/json_api/v1/status-codes
"""

from __future__ import annotations

from typing import Any

from netra_sandbox.kernel.errors import ApiError


class StorageError(ApiError):
    """A refusal with an HTTP code of its own; `location` is the (type, name) of what was at fault."""

    def __init__(
        self, status: str, http: int, reason: str, message: str, location: tuple[str, str] | None = None
    ) -> None:
        super().__init__(status, message, reason=reason, http=http)
        self._location = location

    def as_json(self) -> dict[str, Any]:
        """Return the body of an HTTP answer."""
        listed = {"message": self.message, "domain": "global", "reason": self.reason}
        if self._location:
            listed |= {"locationType": self._location[0], "location": self._location[1]}
        return {"error": {"code": self.http, "message": self.message, "errors": [listed]}}

    def as_list(self) -> dict[str, Any]:
        """Return the same: this API knows one form."""
        return self.as_json()


def condition_not_met() -> StorageError:
    """Return the error for a precondition that does not hold."""
    words = "At least one of the pre-conditions you specified did not hold."
    return StorageError("FAILED_PRECONDITION", 412, "conditionNotMet", words, ("header", "If-Match"))


def no_bucket() -> StorageError:
    """Return the error for a bucket that is not there."""
    return StorageError("NOT_FOUND", 404, "notFound", "The specified bucket does not exist.")


def no_object(bucket: str, name: str) -> StorageError:
    """Return the error for an object that is not there."""
    return StorageError("NOT_FOUND", 404, "notFound", f"No such object: {bucket}/{name}")


def conflict(message: str) -> StorageError:
    """Return the error for what another resource stands against."""
    return StorageError("ABORTED", 409, "conflict", message)


def wrong(message: str, reason: str = "invalid") -> StorageError:
    """Return the error for an argument."""
    return StorageError("INVALID_ARGUMENT", 400, reason, message)


def required(name: str) -> StorageError:
    """Return the error for a parameter that is missing."""
    return StorageError("INVALID_ARGUMENT", 400, "required", "Required", ("parameter", name))
