# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Know a secret as changes that are not made yet would leave it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import DELETE, Change, value_after

ENABLED = "enabled"


def next_version(numbers: Iterable[str]) -> str:
    """Return the number that Secret Manager gives the next version; those of destroyed ones are not used again."""
    return str(max(map(int, numbers), default=0) + 1)


def empty_secret(name: str, full: str) -> dict[str, Any]:
    """Return a secret that has nothing yet."""
    nothing: dict[str, Any] = {"labels": {}, "locations": [], "create_time": None, "versions": [], "etag": ""}
    return {"name": name, "id": full, **nothing}


def foreseen(
    secret: Mapping[str, Any] | None, said: Iterable[Change], empty: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return a secret as the changes would leave it; one that would be made begins ``empty``.

    ``payload`` is the fingerprint of a version that would be made, the newest then.
    """
    found = None if secret is None else dict(secret)
    for change in said:
        found = None if change.action == DELETE else _after(found or dict(empty), change)
    return found


def _after(secret: dict[str, Any], change: Change) -> dict[str, Any]:
    states = value_after(change, "version_states", {})
    versions = [
        {**version, "state": states.get(version["version"], version["state"])} for version in secret["versions"]
    ]
    found = {**secret, "labels": value_after(change, "labels", secret["labels"])}
    payload = value_after(change, "payload", None)
    if payload:
        number = next_version(version["version"] for version in versions)
        versions = [{"version": number, "state": ENABLED, "create_time": None, "etag": ""}, *versions]
        found["payload"] = payload
    return {**found, "versions": versions}
