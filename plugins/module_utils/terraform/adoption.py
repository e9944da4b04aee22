# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out what a plan would create that exists already, as an apply that was killed leaves it. One read each.

Import ids: https://registry.terraform.io/providers/hashicorp/google/latest/docs (section Import of each resource).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import NotFound
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.terraform.variables_text import quoted


@dataclass(frozen=True)
class Kind:
    """Where a type of resource is read, and the id under which Terraform imports it."""

    api: str
    path: str
    import_id: str
    key: str = "name"


_REGIONAL = "projects/{project}/locations/{region}"
_GLOBAL = "projects/{project}/global"
KINDS = {
    "google_redis_instance": Kind("redis", f"v1/{_REGIONAL}/instances/{{name}}", f"{_REGIONAL}/instances/{{name}}"),
    "google_vpc_access_connector": Kind(
        "vpcaccess", f"v1/{_REGIONAL}/connectors/{{name}}", f"{_REGIONAL}/connectors/{{name}}"
    ),
    "google_sql_database_instance": Kind(
        "sqladmin", "v1/projects/{project}/instances/{name}", "projects/{project}/instances/{name}"
    ),
    "google_secret_manager_secret": Kind(
        "secretmanager", "v1/projects/{project}/secrets/{name}", "projects/{project}/secrets/{name}", key="secret_id"
    ),
    "google_compute_network": Kind(
        "compute", f"compute/v1/{_GLOBAL}/networks/{{name}}", f"{_GLOBAL}/networks/{{name}}"
    ),
}


def existing(session: Session, planned: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return address and import id of what would be created and is there; types that are not known are left alone."""
    found = {}
    for entry in planned:
        kind, values = KINDS.get(entry["type"]), entry["after"]
        name = values.get(kind.key) if kind else None
        if kind is None or entry["actions"] != ["create"] or not isinstance(name, str):
            continue
        place = {"name": name, "project": _known(values.get("project")) or session.project}
        if "{region}" in kind.path:
            place["region"] = _known(values.get("region")) or session.region
        if _exists(session, kind, place, name):
            found[str(entry["address"])] = kind.import_id.format(**place)
    return found


def import_blocks(found: Mapping[str, str]) -> str:
    """Return configuration that makes a plan import instead of create (Terraform 1.5, OpenTofu 1.6)."""
    return "\n".join(f"import {{\n  to = {address}\n  id = {quoted(name)}\n}}\n" for address, name in found.items())


def _known(value: Any) -> str | None:
    return value if isinstance(value, str) and value and not value.startswith("(") else None


def _exists(session: Session, kind: Kind, place: Mapping[str, str], name: str) -> bool:
    try:
        session.json(kind.api).get("/" + kind.path.format(**place), attempt=f"look whether {name} exists")
    except NotFound:
        return False
    return True
