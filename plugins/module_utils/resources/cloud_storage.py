# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep objects in Cloud Storage. https://cloud.google.com/storage/docs/json_api/v1/objects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import Conflict, NotFound
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session


@dataclass(frozen=True)
class StoredObject:
    """An object as it was read; its age is by the server's own clock."""

    name: str
    content: bytes
    generation: str
    age_seconds: float


def permissions_in(session: Session, bucket: str, permissions: Iterable[str]) -> set[str]:
    """Return those of the permissions that the caller has in a bucket, all of them where there is no such bucket."""
    wanted = set(permissions)
    try:
        answer = session.json("storage").get(
            f"/storage/v1/b/{bucket}/iam/testPermissions",
            attempt=f"ask for the caller's permissions in gs://{bucket}",
            permissions=sorted(wanted),
        )
    except NotFound:
        return wanted
    return set(answer.get("permissions") or ())


def read_object(session: Session, bucket: str, name: str) -> StoredObject | None:
    """Return an object, None where it or the bucket does not exist."""
    client, path = session.json("storage"), f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}"
    attempt = f"read gs://{bucket}/{name}"
    try:
        response = client.send("GET", path, attempt=attempt)
        found = response.json()
        content = client.send(
            "GET", path, query={"alt": "media", "generation": found["generation"]}, attempt=attempt
        ).content
    except NotFound:
        return None
    date = response.headers.get("Date")
    now = parsedate_to_datetime(date) if date else datetime.now(UTC)
    age = (now - datetime.fromisoformat(found["updated"])).total_seconds()
    return StoredObject(name, content, str(found["generation"]), max(0.0, age))


def replace_object(session: Session, bucket: str, name: str, content: bytes, generation: str) -> None:
    """Store an object over the generation that was read, "0" for none; Conflict where another one is there."""
    session.json("storage").send(
        "POST",
        f"/upload/storage/v1/b/{bucket}/o",
        query={"uploadType": "media", "name": name, "ifGenerationMatch": generation},
        attempt=f"write gs://{bucket}/{name}",
        data=content,
        headers={"Content-Type": "application/json"},
    )


def delete_object(session: Session, bucket: str, name: str, generation: str) -> None:
    """Delete the generation that was read, unless it is gone or another one is there."""
    try:
        session.json("storage").delete(
            f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}",
            attempt=f"delete gs://{bucket}/{name}",
            ifGenerationMatch=generation,
        )
    except (NotFound, Conflict):
        return


def object_generation(session: Session, bucket: str, name: str) -> str | None:
    """Return the generation of an object, None where it does not exist."""
    try:
        found = session.json("storage").get(
            f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}", attempt=f"read gs://{bucket}/{name}"
        )
    except NotFound:
        return None
    return str(found["generation"])


def upload(session: Session, bucket: str, name: str, content: bytes, content_type: str) -> str:
    """Store an object under a name that follows from its content, unless it is there, and return its generation."""
    existing = object_generation(session, bucket, name)
    if existing:
        return existing
    response = session.json("storage").send(
        "POST",
        f"/upload/storage/v1/b/{bucket}/o",
        query={"uploadType": "media", "name": name, "ifGenerationMatch": 0},
        attempt=f"upload gs://{bucket}/{name}",
        data=content,
        headers={"Content-Type": content_type},
    )
    answer: dict[str, Any] = response.json()
    return str(answer["generation"])
