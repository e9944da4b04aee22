# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give every way in which Google says no one shape: the errors of the foundation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    ApiError,
    Conflict,
    NotFound,
    OperationFailed,
    PermissionDenied,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp import libraries

# google.rpc.Code: the number an operation's error carries, by name.
CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
# For answers without Google's error body, as unknown paths and load balancers give: the status most like the HTTP code.
STATUS_OF_HTTP = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ABORTED",
    412: "ABORTED", 429: "RESOURCE_EXHAUSTED", 499: "CANCELLED", 500: "INTERNAL", 501: "UNIMPLEMENTED",
    503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip
KINDS: dict[str, type[ApiError]] = {
    "NOT_FOUND": NotFound,
    "ABORTED": Conflict,
    "ALREADY_EXISTS": Conflict,
    "PERMISSION_DENIED": PermissionDenied,
    "UNAUTHENTICATED": PermissionDenied,
}
REMEDIES = {
    "NOT_FOUND": "Check the name, the project and the region.",
    "ABORTED": "Someone else changed it in between; run the task again.",
    "PERMISSION_DENIED": "Grant the caller the permission or use another account.",
    "UNAUTHENTICATED": "Check auth_kind and the credentials it uses.",
    "RESOURCE_EXHAUSTED": "Wait for the quota to refill or raise it.",
    "UNAVAILABLE": "Check the network and the proxy, then run the task again.",
}
LONGEST_TEXT = 500


def api_error(attempt: str, status: str, message: str, http: int = 0, details: Any = None) -> ApiError:
    """Return the error for one refusal: what was attempted, what the server said, what to do next."""
    if status == "FAILED_PRECONDITION" and "etag" in message.lower():
        status = "ABORTED"  # Secret Manager's word for a stale etag: https://cloud.google.com/secret-manager/docs/etags
    remedy = f" {REMEDIES[status]}" if status in REMEDIES else ""
    said = message.strip() or "the server gave no reason"
    text = f"Could not {attempt}: {said.rstrip('.')} ({status}).{remedy}"
    return KINDS.get(status, ApiError)(text, status=status, http=http, server_message=message, details=details)


def from_response(attempt: str, response: Any) -> ApiError:
    """Read the error out of an HTTP response, whether it is Google's JSON or a page of HTML."""
    try:
        error = response.json()["error"]
        status, message, details = error.get("status"), error.get("message", ""), error.get("details")
    except (ValueError, KeyError, TypeError, AttributeError):
        status, message, details = None, response.text[:LONGEST_TEXT], None
    http = int(response.status_code)
    return api_error(attempt, status or STATUS_OF_HTTP.get(http, "UNKNOWN"), message or response.reason, http, details)


def from_operation(attempt: str, error: Mapping[str, Any]) -> OperationFailed:
    """Read the error a long-running operation ended with, in google.rpc.Status or Cloud SQL's own shape."""
    first = error["errors"][0] if error.get("errors") else error
    code, message = first.get("code", 2), str(first.get("message", ""))
    status = CODES[code] if isinstance(code, int) and code < len(CODES) else str(code)
    text = f"Could not {attempt}: {message.strip() or 'the operation gave no reason'}"
    return OperationFailed(
        f"{text.rstrip('.')} ({status}).", status=status, server_message=message, details=first.get("details")
    )


@contextmanager
def attempting(attempt: str) -> Iterator[None]:
    """Turn what Google's libraries and requests raise in the block into this collection's errors."""
    libraries.need()
    try:
        yield
    except libraries.api_exceptions.GoogleAPICallError as error:
        raise _from_google(attempt, error) from error
    except libraries.api_exceptions.RetryError as error:
        cause = error.cause
        if isinstance(cause, libraries.api_exceptions.GoogleAPICallError):
            raise _from_google(attempt, cause) from error
        raise api_error(attempt, "UNAVAILABLE", str(cause or error)) from error
    except libraries.auth_exceptions.TransportError as error:
        raise api_error(attempt, "UNAVAILABLE", str(error)) from error
    except libraries.auth_exceptions.GoogleAuthError as error:
        raise api_error(attempt, "UNAUTHENTICATED", str(error.args[0] if error.args else error)) from error
    except libraries.requests.RequestException as error:
        raise api_error(attempt, "UNAVAILABLE", str(error)) from error


def _from_google(attempt: str, error: Any) -> ApiError:
    """Read the canonical status from the answer: over REST the class of the exception follows the HTTP code only."""
    response = getattr(error, "response", None)
    if response is not None and hasattr(response, "status_code"):
        return from_response(attempt, response)
    http = int(error.code or 0)
    return api_error(attempt, STATUS_OF_HTTP.get(http, "UNKNOWN"), str(error.message), http)
