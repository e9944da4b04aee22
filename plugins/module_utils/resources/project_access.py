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

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import NotFound
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.gcp.json_client import JsonClient
from ansible_collections.netra.remediation.plugins.module_utils.resources import secret_manager

PAGE = 200  # the most that Service Usage gives at once
EVERYONE = frozenset({"allUsers", "allAuthenticatedUsers"})
PREDEFINED = "roles/"
SERVICE_AGENT = "serviceagent"  # Google's agents have roles of their own, more than anybody lists
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


def project_number(session: Session) -> str:
    """Return the number of the project, which the names of its service agents hold."""
    project = session.json("cloudresourcemanager").get(f"/v3/projects/{session.project}", attempt="read the project")
    return str(project["name"]).rpartition("/")[2]


def project_bindings(session: Session, project: str = "") -> Bindings:
    """Return the roles that the policy of the project, or of another one, gives by member."""
    attempt = f"read the policy of project {project}" if project else "read the project's policy"
    path = f"/v3/projects/{project or session.project}:getIamPolicy"
    client = session.json("cloudresourcemanager")
    return roles_by_member(client.call("POST", path, body={}, attempt=attempt, reads=True))


def repository_bindings(session: Session, repository: str) -> Bindings | None:
    """Return the roles that an Artifact Registry repository's policy gives, by member; None where there is none."""
    return _if_there(session.json("artifactregistry"), repository)


def _if_there(client: JsonClient, name: str) -> Bindings | None:
    try:
        return roles_by_member(client.get(f"/v1/{name}:getIamPolicy", attempt=f"read the policy of {name}"))
    except NotFound:
        return None


def service_bindings(session: Session, service: str) -> Bindings:
    """Return the roles that a Cloud Run service's policy gives, by member."""
    name = f"{session.location}/services/{service}"
    return roles_by_member(session.json("run").get(f"/v2/{name}:getIamPolicy", attempt=f"read the policy of {name}"))


def secret_bindings(session: Session, secret: str) -> Bindings | None:
    """Return the roles that a secret's policy gives, by member; None where there is no such secret."""
    name = secret_manager.full_name(session.project, secret)
    return _if_there(session.json("secretmanager"), name)


def roles_by_member(policy: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return member → roles; a binding with a condition is left out, since it may not hold."""
    found: dict[str, set[str]] = {}
    for binding in policy.get("bindings") or ():
        if binding.get("condition"):
            continue
        for member in binding.get("members") or ():
            found.setdefault(str(member), set()).add(str(binding.get("role")))
    return {member: sorted(roles) for member, roles in sorted(found.items())}


def granted(bindings: Mapping[str, Iterable[str]], member: str, roles: frozenset[str]) -> bool | None:
    """Tell whether a policy gives a member, or everybody, one of the roles; None where a role that it gives may do."""
    held = {role for holder in (member, *EVERYONE) for role in bindings.get(holder) or ()}
    if held & roles:
        return True
    unclear = any(not role.startswith(PREDEFINED) or role.lower().endswith(SERVICE_AGENT) for role in held)
    return None if unclear else False


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
