# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read collections of Google's APIs for an observation: one call for each, and what must be asked one by one."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import image_access, payload_checks
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Listed
from ansible_collections.netra.remediation.plugins.module_utils.foundation.checksums import refuse_damaged
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import ApiError, NotFound
from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import fingerprint
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.resources import (
    artifact_registry,
    cloud_run_services,
    cloud_run_traffic,
    cloud_sql,
    json_resource,
    project_access,
    redis,
    secret_manager,
    vpc_access,
)

KINDS = {"redis": redis.KIND, "connector": vpc_access.KIND, "sql": cloud_sql.KIND}
# Memorystore reads "-" as any region; VPC Access does not say so, and Cloud SQL lists by project.
EVERY_LOCATION = frozenset({"redis"})


def services(session: Session, names: Iterable[str]) -> dict[str, dict[str, Any] | None]:
    """Return services by name, None for one that does not exist."""
    found = {cloud_run_traffic.short(entry["name"]): entry for entry in cloud_run_services.list_services(session)}
    return {name: found.get(name) for name in names}


def other_services(session: Session, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the region's services that are none of the names."""
    found = {cloud_run_traffic.short(entry["name"]): entry for entry in cloud_run_services.list_services(session)}
    return {name: entry for name, entry in found.items() if name not in set(names)}


def revisions(session: Session, names: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the revisions of each service, newest first."""
    by_service: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for entry in cloud_run_services.list_revisions(session, "-"):
        parent = str(entry.get("name") or "").rpartition("/revisions/")[0]
        owner = cloud_run_traffic.short(parent) or cloud_run_traffic.short(entry.get("service"))
        if owner in by_service:
            by_service[owner].append(entry)
    return by_service


def infrastructure(session: Session, part: str) -> Listed:
    """Return all resources of a part of the infrastructure, in whichever region."""
    found, unreachable = json_resource.list_resources(session, KINDS[part], all_locations=part in EVERY_LOCATION)
    return Listed(tuple(found), tuple(unreachable))


def secret_names(session: Session) -> list[str]:
    """Return the names of the project's secrets."""
    found = session.json("secretmanager").paged(
        f"/v1/projects/{session.project}/secrets", "secrets", attempt="list the secrets"
    )
    return sorted(str(entry["name"]).rpartition("/")[2] for entry in found)


def versions(session: Session, secret: str) -> dict[str, str] | None:
    """Return the versions of a secret as number → state, None where there is no such secret."""
    path = f"/v1/{secret_manager.full_name(session.project, secret)}/versions"
    client = session.json("secretmanager")
    try:
        found = list(client.paged(path, "versions", attempt=f"list the versions of secret {secret}"))
    except NotFound:
        return None
    return {entry["name"].rpartition("/")[2]: entry["state"] for entry in found}


def payload_digest(session: Session, reference: str) -> str:
    """Return the digest of a secret's payload under this run's key; the payload goes no further."""
    return fingerprint(read_payload(session, reference, f"compare the payload of {reference}"))


def judged_payload(session: Session, reference: str, kind: str) -> dict[str, Any]:
    """Return what is wrong with a secret's payload and its digest; the payload goes no further."""
    return payload_checks.judged(read_payload(session, reference, f"judge the payload of {reference}"), kind)


def read_payload(session: Session, reference: str, attempt: str) -> bytes:
    """Return a payload, checked by its CRC-32C; ApiError says what was attempted."""
    secret, _colon, version = reference.rpartition(":")
    path = f"/v1/{secret_manager.full_name(session.project, secret)}/versions/{version}:access"
    payload = session.json("secretmanager").get(path, attempt=attempt)["payload"]
    content = base64.b64decode(payload.get("data") or "")
    refuse_damaged(content, payload.get("dataCrc32c"), attempt)
    return content


def reference_of(session: Session, secret: str, version: str | None = None) -> str:
    """Return the reference to a version: the one asked for, else the newest that is enabled; ApiError where none is."""
    if version:
        return f"{secret}:{version}"
    states = versions(session, secret) or {}
    enabled = [number for number, state in states.items() if state == "ENABLED"]
    if not enabled:
        raise ApiError(f"secret {secret} has no enabled version.", status="NOT_FOUND")
    return f"{secret}:{max(enabled, key=int)}"


def image_repositories(contract: Mapping[str, Any]) -> list[str]:
    """Return the Artifact Registry repositories that the contract's images are in."""
    references = [service.get("image") or (service.get("build") or {}).get("image") for service in contract["services"]]
    found = (artifact_registry.parsed(reference) for reference in references)
    return sorted({reference.repository for reference in found if reference is not None})


def repository_policies(session: Session, repository: str, place: image_access.Place) -> dict[str, Any]:
    """Return the policy of a repository by its name, and its project's where only that one can open it to Cloud Run."""
    own = project_access.repository_bindings(session, repository)
    found: dict[str, Any] = {image_access.policy_of(repository): own}
    if image_access.reads(own, place.agent) is False and not place.holds(repository):
        owner = image_access.owner_of(repository)
        found[f"project {owner}"] = project_access.project_bindings(session, owner)
    return found
