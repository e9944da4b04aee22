# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a contract says where the head of a service's database schema is to be found. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.shapes import Shape, refuse_if

HEAD = "schema_head"
SCHEMA = Shape("mapping", keys={"health_key": Shape(), "head": Shape(), "compatible_with": Shape("list", each=Shape())})


def refuse_bad_schema(path: str, service: Mapping[str, Any]) -> None:
    """Refuse a schema of which nobody could say at which head it is, or two places could."""
    schema = service.get("database_schema")
    if schema is None:
        return
    named = [name for name in ("health_key", "head") if schema.get(name)]
    refuse_if(not named, f"{path}.database_schema", "says nowhere at which head it is: give health_key or head")
    refuse_if(len(named) > 1, f"{path}.database_schema", "has both health_key and head: one of them says it")
    refuse_if(
        named == ["health_key"] and not service.get("host"),
        f"{path}.database_schema.health_key",
        "needs the service's host, where its health answers",
    )


def told_by_health(service: Mapping[str, Any]) -> dict[str, str]:
    """Return the place of the head in a service's health answer, as health_probe's ``tells``."""
    place = (service.get("database_schema") or {}).get("health_key")
    return {HEAD: place} if place else {}
