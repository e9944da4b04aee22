# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what revisions wrote to Cloud Logging. https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import timestamp
from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import without_url_passwords
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session

MOST_ENTRIES = 200
MOST_LINES = 1000  # what the API returns of one page at most
LONGEST_LINE = 300
WINDOW = timedelta(hours=1)
# The line of a traceback that names what was raised: nothing before it, unlike the frames.
_RAISED = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Timeout|Exit)(:|$)")


def newest_entries(session: Session, chosen: str, attempt: str, most: int) -> list[Mapping[str, Any]]:
    """Return the log entries of the project that a filter lets through, newest first, in one call."""
    place = {"resourceNames": [f"projects/{session.project}"], "orderBy": "timestamp desc"}
    body = {**place, "filter": chosen, "pageSize": most}
    answer = session.json("logging").call("POST", "/v2/entries:list", body=body, attempt=attempt, reads=True)
    return list(answer.get("entries") or ())


def recent_problems(session: Session, services: Iterable[str], now: datetime) -> list[dict[str, Any]]:
    """Return warnings and errors that instances of services logged within the hour, newest first, in one call.

    At most ``MOST_ENTRIES`` are read: the newest say what is wrong now. Requests are left out: probes ask anew.
    """
    named = " OR ".join(f'"{service}"' for service in sorted(services))
    chosen = (
        f'resource.type="cloud_run_revision" AND resource.labels.service_name=({named}) AND severity>=WARNING '
        f'AND timestamp>="{timestamp(now - WINDOW)}" AND NOT log_id("run.googleapis.com/requests")'
    )
    found = newest_entries(session, chosen, "read the recent log entries of the services", MOST_ENTRIES)
    return [described(entry) for entry in found]


def count_lines(session: Session, revision: str, pattern: str, since: datetime, most: int) -> int:
    """Return how many entries of a revision a filter lets through since a moment, counted to ``most`` at most."""
    chosen = (
        f'resource.type="cloud_run_revision" AND resource.labels.revision_name="{revision}" '
        f'AND timestamp>="{timestamp(since)}" AND ({pattern})'
    )
    attempt = f"count log lines of {revision}"
    return len(newest_entries(session, chosen, attempt, min(most, MOST_LINES)))


def described(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as service, revision, time, severity and its line that says most."""
    labels = (entry.get("resource") or {}).get("labels") or {}
    payload = entry.get("jsonPayload") or {}
    text = str(entry.get("textPayload") or payload.get("message") or payload.get("msg") or "")
    return {
        "service": str(labels.get("service_name") or ""),
        "revision": str(labels.get("revision_name") or ""),
        "time": str(entry.get("timestamp") or ""),
        "severity": str(entry.get("severity") or "DEFAULT"),
        "line": without_url_passwords(telling_line(text)),
        "origin": without_url_passwords(first_error(text)),
    }


def first_error(text: str) -> str:
    """Return the first error of a chain of Python tracebacks, which the last one came from; empty where it is alone."""
    errors = [line.strip() for line in text.splitlines() if _RAISED.match(line)]
    return errors[0][:LONGEST_LINE] if len(errors) > 1 else ""


def telling_line(text: str) -> str:
    """Return the last line of a Python traceback, which names the error, else the first line."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if not lines:
        return ""
    is_traceback = any(line.startswith("Traceback (most recent call last)") for line in lines)
    return (lines[-1] if is_traceback else lines[0])[:LONGEST_LINE]
