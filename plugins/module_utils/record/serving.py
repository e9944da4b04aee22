# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an observation says of the revisions that serve. Pure. Layer `record`: standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WHOLE = 100  # percent of a service's traffic


def shares_of(service: Mapping[str, Any] | None) -> dict[str, int]:
    """Return the percentage of each revision that gets traffic."""
    shares: dict[str, int] = {}
    for status in (service or {}).get("traffic_statuses") or []:
        if status.get("percent"):
            shares[status["revision"]] = shares.get(status["revision"], 0) + int(status["percent"])
    return shares


def sole_revision(service: Mapping[str, Any] | None) -> str | None:
    """Return the revision that gets all traffic; with a split, or without a service, there is none."""
    shares = shares_of(service)
    return next(iter(shares)) if len(shares) == 1 else None


def errors_of(observation: Mapping[str, Any]) -> dict[str, int | None]:
    """Return per service how many errors its serving revision reported; None where nobody could count."""
    counted = observation.get("errors") or {}
    found: dict[str, int | None] = {}
    for name in observation.get("services") or {}:
        count = (counted.get(name) or {}).get("count")
        found[name] = None if count is None else int(count)
    return found


def good_of(observation: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what goes on record as good when every gate passes: the serving revision, its image and its secrets."""
    good: dict[str, dict[str, Any]] = {}
    for name, service in (observation.get("services") or {}).items():
        serving = sole_revision(service)
        listed = (observation.get("revisions") or {}).get(name) or []
        revision = next((entry for entry in listed if entry.get("name") == serving), None)
        if serving and revision:
            template = revision.get("template") or {}
            good[name] = {
                "revision": serving,
                "image": template.get("image"),
                "secret_versions": dict(template.get("secret_env") or {}),
            }
    return good
