"""Names of logs and of what holds them (https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry)."""

from __future__ import annotations

import re
from urllib.parse import unquote

from netra_sandbox.kernel.errors import ApiError, invalid

LONGEST_LOG_ID = 511
_LOG = re.compile(r"projects/(?P<project>[^/]+)/logs/(?P<id>[^/]+)")
_LOG_ID = re.compile(r"[A-Za-z0-9/_.\-]+")
_RESOURCE = re.compile(
    r"(?:projects|organizations|billingAccounts|folders)/[^/]+(?:/locations/[^/]+/buckets/[^/]+/views/[^/]+)?"
)


def check_log(name: str, projects: set[str]) -> None:
    """Refuse a log name that has not the form of one, or is another project's."""
    match = _LOG.fullmatch(name)
    identifier = unquote(match["id"]) if match else ""
    if match is None or not _LOG_ID.fullmatch(identifier) or len(identifier) > LONGEST_LOG_ID:
        raise invalid(f"Invalid log name: {name!r}: it must be projects/[PROJECT_ID]/logs/[LOG_ID]", field="log_name")
    check_project(match["project"], projects)


def check_resources(given: list[str], projects: set[str]) -> None:
    """Refuse parents of entries that are none, or another project's."""
    if not given:
        raise invalid("At least one resource name must be specified", field="resource_names")
    for name in given:
        if not _RESOURCE.fullmatch(name):
            raise invalid(f"Invalid resource name: {name!r}", field="resource_names")
        kind, owner = name.split("/")[:2]
        if kind != "projects":
            raise ApiError("PERMISSION_DENIED", "The caller does not have permission")
        check_project(owner, projects)


def check_project(project: str, projects: set[str]) -> None:
    """Refuse another project; which there are is not told."""
    if project not in projects:
        raise ApiError("PERMISSION_DENIED", f"Permission denied for project {project} (or it may not exist).")
