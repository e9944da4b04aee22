"""Cloud SQL's errors: a list with reasons of its own.

The words are those that users of Terraform quote (github.com/hashicorp/terraform-provider-google, issue 12324 for
`staleData`), or plain ones where none are known.
"""

from __future__ import annotations

from netra_sandbox.kernel.errors import ApiError


def invalid(message: str) -> ApiError:
    """Return the error for an argument."""
    return ApiError("INVALID_ARGUMENT", message, reason="invalid")


def no_instance() -> ApiError:
    """Return the error for an instance that is not there."""
    return ApiError("NOT_FOUND", "The Cloud SQL instance does not exist.", reason="instanceDoesNotExist")


def instance_exists() -> ApiError:
    """Return the error for a name that is taken."""
    return ApiError("ALREADY_EXISTS", "The Cloud SQL instance already exists.", reason="instanceAlreadyExists")


def stale() -> ApiError:
    """Return the error for settings of another version."""
    return ApiError("FAILED_PRECONDITION", "Condition does not match.", reason="staleData", http=412)


def busy() -> ApiError:
    """Return the error for a second operation at a time."""
    words = (
        "Operation failed because another operation was already in progress. "
        "Try your request after the current operation is complete."
    )
    return ApiError("ABORTED", words, reason="operationInProgress")


def stopped() -> ApiError:
    """Return the error for what needs a running server."""
    return invalid("Invalid request: Invalid request since instance is not running.")


def protected() -> ApiError:
    """Return the error for the deletion of a protected instance."""
    return invalid(
        "The instance is protected. Please disable the deletion protection and try again. To disable deletion "
        "protection, update the instance settings with deletionProtectionEnabled set to false."
    )


def missing(what: str) -> ApiError:
    """Return the error for a database or a user that is not there."""
    return ApiError("NOT_FOUND", f"{what} does not exist.", reason="notFound")
