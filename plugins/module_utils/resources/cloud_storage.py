# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put objects into Cloud Storage. https://cloud.google.com/storage/docs/json_api/v1/objects/insert."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import NotFound
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session


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
