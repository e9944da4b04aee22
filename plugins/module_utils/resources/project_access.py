# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read who may do what in a project, and which APIs it has turned on.

https://cloud.google.com/resource-manager/reference/rest/v3/projects and
https://cloud.google.com/service-usage/docs/reference/rest/v1/services/list
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.resources import secret_manager

PAGE = 200  # the most that Service Usage gives at once
EVERYONE = frozenset({"allUsers", "allAuthenticatedUsers"})
Bindings = Mapping[str, list[str]]


def enabled_apis(session: Session) -> list[str]:
    """Return the hosts of the APIs that the project has turned on."""
    found = session.json("serviceusage").paged(
        f"/v1/projects/{session.project}/services",
        "services",
        attempt="list the APIs that are enabled",
        filter="state:ENABLED",
        pageSize=PAGE,
    )
    return sorted(str((entry.get("config") or {}).get("name") or entry["name"].rpartition("/")[2]) for entry in found)


def project_bindings(session: Session) -> Bindings:
    """Return the roles that the project's policy gives, by member."""
    policy = session.json("cloudresourcemanager").call(
        "POST", f"/v3/projects/{session.project}:getIamPolicy", body={}, attempt="read the project's policy", reads=True
    )
    return roles_by_member(policy)


def service_bindings(session: Session, service: str) -> Bindings:
    """Return the roles that a Cloud Run service's policy gives, by member."""
    name = f"{session.location}/services/{service}"
    return roles_by_member(session.json("run").get(f"/v2/{name}:getIamPolicy", attempt=f"read the policy of {name}"))


def secret_bindings(session: Session, secret: str) -> Bindings:
    """Return the roles that a secret's policy gives, by member."""
    name = secret_manager.full_name(session.project, secret)
    client = session.json("secretmanager")
    return roles_by_member(client.get(f"/v1/{name}:getIamPolicy", attempt=f"read the policy of {name}"))


def roles_by_member(policy: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return member → roles; a binding with a condition is left out, since it may not hold."""
    found: dict[str, set[str]] = {}
    for binding in policy.get("bindings") or ():
        if binding.get("condition"):
            continue
        for member in binding.get("members") or ():
            found.setdefault(str(member), set()).add(str(binding.get("role")))
    return {member: sorted(roles) for member, roles in sorted(found.items())}


def lacking(session: Session, api: str, resource: str, permissions: Iterable[str]) -> list[str]:
    """Return those of the permissions that the caller lacks on one resource, given by its path in the API."""
    client = session.json(api)
    body, attempt = {"permissions": sorted(permissions)}, f"ask for the caller's permissions on {resource}"
    answer = client.call("POST", f"/{resource}:testIamPermissions", body=body, attempt=attempt, reads=True)
    return sorted(set(permissions) - set(answer.get("permissions") or ()))


def granted_permissions(session: Session, permissions: Iterable[str]) -> list[str]:
    """Return those of the permissions that the caller has in the project."""
    answer = session.json("cloudresourcemanager").call(
        "POST",
        f"/v3/projects/{session.project}:testIamPermissions",
        body={"permissions": sorted(permissions)},
        attempt="ask for the caller's permissions",
        reads=True,
    )
    return sorted(answer.get("permissions") or ())
