"""Compute Engine's refusals, in its words and with its reasons.

https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-api-errors; texts as users reported them.
"""

from __future__ import annotations

from netra_sandbox.kernel.errors import ApiError

NAME_RULE = "(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)"
_LONGEST_QUOTE = 100


class ConditionNotMetError(ApiError):
    """A write that was meant for another version of the resource."""

    @property
    def http(self) -> int:
        """Return the HTTP status code."""
        return 412


def invalid(field: str, value: object, why: str) -> ApiError:
    """Return the error for the value of a field: `field` is its path from `resource` on."""
    text = "" if value is None else str(value)
    quoted = text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
    return ApiError("INVALID_ARGUMENT", f"Invalid value for field '{field}': '{quoted}'. {why}", reason="invalid")


def required(field: str) -> ApiError:
    """Return the error for a field that must be given."""
    return ApiError("INVALID_ARGUMENT", f"Required field '{field}' not specified", reason="required")


def not_found(name: str) -> ApiError:
    """Return the error for a resource that is not there, whether asked for or referred to."""
    return ApiError("NOT_FOUND", f"The resource '{name}' was not found", reason="notFound")


def already_exists(name: str) -> ApiError:
    """Return the error for a name that is taken."""
    return ApiError("ALREADY_EXISTS", f"The resource '{name}' already exists", reason="alreadyExists")


def in_use(word: str, name: str, user: str) -> ApiError:
    """Return the error for the removal of a resource that another one refers to; `word` is its kind, `url_map`."""
    return ApiError(
        "FAILED_PRECONDITION",
        f"The {word} resource '{name}' is already being used by '{user}'",
        reason="resourceInUseByAnotherResource",
    )


def stale_fingerprint() -> ApiError:
    """Return the error for a write with another fingerprint than the resource has."""
    return ConditionNotMetError("FAILED_PRECONDITION", "Invalid fingerprint.", reason="conditionNotMet")


def stale_labels() -> ApiError:
    """Return the error for labels that were meant for another version of the resource's."""
    message = "Labels fingerprint either invalid or resource labels have changed"
    return ConditionNotMetError("FAILED_PRECONDITION", message, reason="conditionNotMet")


def unsupported(what: str) -> ApiError:
    """Return the error for what Compute Engine has and the sandbox does not."""
    return ApiError("UNIMPLEMENTED", f"The sandbox does not have {what}.", reason="notImplemented")
