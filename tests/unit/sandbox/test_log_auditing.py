"""Which decisions are audit entries, and how they look."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from netra_sandbox.identity.access.audit import Decision
from netra_sandbox.services.cloud_logging.auditing import entry, is_activity


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        ("run.services.update", True),
        ("secretmanager.versions.add", True),
        ("run.services.setIamPolicy", True),
        ("run.services.get", False),
        ("run.services.list", False),
        ("secretmanager.versions.access", False),
        ("logging.logEntries.create", False),
        ("logging.sinks.create", True),
        ("storage.objects.create", False),
    ],
)
def test_changes_are_activity(permission, expected):
    assert is_activity(permission) is expected


@pytest.mark.parametrize(("granted", "severity"), [(True, "NOTICE"), (False, "ERROR")])
def test_an_entry_says_who_did_what(granted, severity):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    decision = Decision(1, moment, "me@p", "run.projects.locations.services.patch", "s", "run.services.update", granted)
    made = entry("p", decision)
    payload = made["protoPayload"]
    assert made["severity"] == severity
    assert payload["authenticationInfo"] == {"principalEmail": "me@p"}
    assert payload["serviceName"] == "run.googleapis.com"
    assert payload["authorizationInfo"] == [{"resource": "s", "permission": "run.services.update", "granted": granted}]
    assert ("status" in payload) is not granted
