# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask services at which head their database's schema is now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.database_schema import HEAD
from ansible_collections.netra.remediation.plugins.module_utils.probes import runner
from ansible_collections.netra.remediation.plugins.module_utils.record.schema_heads import DECLARED, NOW, Schema

# A service that is rolled back may not answer at all; nobody waits for it longer.
PATIENCE_SECONDS = 5.0
CONCURRENCY = 8
OPTION: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "service": {"type": "str", "required": True},
        "url": {"type": "str"},
        "health_key": {"type": "str", "no_log": False},
        "head": {"type": "str"},
        "compatible_with": {"type": "list", "elements": "str", "default": []},
    },
}


def schemas_of(asked: Iterable[Mapping[str, Any]], services: Iterable[str]) -> dict[str, Schema]:
    """Return the schema of each of the services of which anything is asked, all read at the same time."""
    wanted = [entry for entry in asked if entry["service"] in set(services)]
    targets = [_target(entry) for entry in wanted if entry.get("health_key") and entry.get("url")]
    answers = {answer["name"]: answer for answer in runner.run(targets, CONCURRENCY)}
    return {entry["service"]: _schema(entry, answers.get(entry["service"])) for entry in wanted}


def _target(entry: Mapping[str, Any]) -> dict[str, Any]:
    # Whatever its status is: a service that calls itself unhealthy knows its database's schema all the same.
    return {
        "name": entry["service"],
        "kind": "http",
        "url": entry["url"],
        "timeout": PATIENCE_SECONDS,
        "tells": {HEAD: entry["health_key"]},
    }


def _schema(entry: Mapping[str, Any], answer: Mapping[str, Any] | None) -> Schema:
    told = ((answer or {}).get("observed") or {}).get("tells") or {}
    head = told.get(HEAD) or entry.get("head") or None
    known = DECLARED if entry.get("head") else NOW
    return Schema(head, known, frozenset(entry.get("compatible_with") or ()))
