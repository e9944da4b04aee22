# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count the errors that Error Reporting saw. https://cloud.google.com/error-reporting/reference/rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session

LONGEST_MESSAGE = 200


def errors_of_last_hour(session: Session, service: str, revision: str) -> dict[str, Any]:
    """Return how many errors a revision of a service reported within the hour, with the most frequent ones."""
    stats = session.json("clouderrorreporting").paged(
        f"/v1beta1/projects/{session.project}/groupStats",
        "errorGroupStats",
        attempt=f"read the errors of {revision}",
        **{
            "serviceFilter.service": service,
            "serviceFilter.version": revision,
            "timeRange.period": "PERIOD_1_HOUR",
            "order": "COUNT_DESC",
        },
    )
    groups = [
        {
            "count": int(entry.get("count", 0)),
            "message": headline(entry.get("representative", {}).get("message", "")),
            "first_seen": entry.get("firstSeenTime"),
            "last_seen": entry.get("lastSeenTime"),
        }
        for entry in stats
    ]
    return {"revision": revision, "count": sum(group["count"] for group in groups), "groups": groups[:5]}


def new_groups(session: Session, service: str, revision: str) -> list[str]:
    """Return the kinds of errors of the last hour that no other revision of the service reported before this one.

    Error Reporting tells when a group was first seen among those that a filter lets through, whatever the period.
    """
    of_service, of_revision = (_first_seen(session, service, version) for version in (None, revision))
    return sorted(
        message for group, (moment, message) in of_revision.items() if moment <= of_service.get(group, (moment, ""))[0]
    )


def _first_seen(session: Session, service: str, version: str | None) -> dict[str, tuple[datetime, str]]:
    stats = session.json("clouderrorreporting").paged(
        f"/v1beta1/projects/{session.project}/groupStats",
        "errorGroupStats",
        attempt=f"read the kinds of errors of {version or service}",
        **{"serviceFilter.service": service, "serviceFilter.version": version, "timeRange.period": "PERIOD_1_HOUR"},
    )
    return {
        entry["group"]["groupId"]: (
            datetime.fromisoformat(entry["firstSeenTime"]),
            headline(entry.get("representative", {}).get("message", "")),
        )
        for entry in stats
    }


def headline(message: str) -> str:
    """Return the line of an error that says what went wrong: the last one of a Python traceback, else the first."""
    lines = [line.strip() for line in message.strip().splitlines() if line.strip()]
    if not lines:
        return ""
    chosen = lines[-1] if any(line.startswith("Traceback (most recent call last)") for line in lines) else lines[0]
    return chosen[:LONGEST_MESSAGE]
