# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See an environment as changes that are not made yet would leave it: what a check goes on from. Pure.

What only the change itself can bring, such as the address of a Redis instance, reads ``(known after …)``.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import ENABLED, Observation
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import (
    Change,
    known_after,
    value_after,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_sql, redis, vpc_access
from ansible_collections.netra.remediation.plugins.module_utils.resources.foreseen_secret import next_version
from ansible_collections.netra.remediation.plugins.module_utils.source.build_context import DIGEST_TO_COME

CREATE = "create"
TO_COME = known_after("the infrastructure phase")
_TERRAFORM = re.compile(r"terraform (?:.*\.)?(?P<type>\w+)\.[^.]+")
# What each part of the infrastructure is called in changes: by its own module, and by Terraform.
NOUNS = {"redis": redis.KIND.noun, "sql": cloud_sql.KIND.noun, "connector": vpc_access.KIND.noun}
TYPES = {
    "redis": "google_redis_instance",
    "sql": "google_sql_database_instance",
    "connector": "google_vpc_access_connector",
}


def foreseen(observation: Observation, said: Sequence[Change], contract: Mapping[str, Any]) -> Observation:
    """Return the observation as the changes would leave the environment."""
    if not said:
        return observation
    images = {change.resource for change in said if change.resource.startswith("image ")}
    built = [
        service["name"]
        for service in contract["services"]
        if f"image {(service.get('build') or {}).get('image')}" in images
    ]
    return dataclasses.replace(
        observation,
        builds={**observation.builds, **{key: {"id": "", "digest": DIGEST_TO_COME} for key in built}},
        infrastructure=_infrastructure(observation, said, contract),
        secrets={name: _versions(name, versions, said) for name, versions in observation.secrets.items()},
    )


def creates(said: Iterable[Change], noun: str, kind: str, name: str) -> bool:
    """Tell whether a resource of a name would be made: by the module that calls it so, or by Terraform as a type."""
    for change in said:
        terraform = _TERRAFORM.fullmatch(change.resource)
        if terraform is None:
            found = change.action == CREATE and change.resource == f"{noun} {name}"
        else:
            named = change.fields.get("name", {}).get("after")
            found = CREATE in change.action and terraform["type"] == kind and named == name
        if found:
            return True
    return False


def _versions(name: str, versions: Mapping[str, str] | None, said: Iterable[Change]) -> Mapping[str, str] | None:
    for change in said:
        if change.resource == f"secret {name}":
            found = dict(versions or {})
            if change.fields.get("payload", {}).get("after"):
                found[next_version(found)] = ENABLED
            states = value_after(change, "version_states", {})
            found |= {number: str(state).upper() for number, state in states.items() if number in found}
            versions = found
    return versions


def _infrastructure(
    observation: Observation, said: Sequence[Change], contract: Mapping[str, Any]
) -> dict[str, Mapping[str, Any] | None]:
    found = dict(observation.infrastructure)
    for part, noun in NOUNS.items():
        name = (contract["infrastructure"].get(part) or {}).get("name")
        if name and part in found and found[part] is None and creates(said, noun, TYPES[part], name):
            found[part] = _to_come(part, name)
    return found


def _to_come(part: str, name: str) -> dict[str, Any]:
    """Return a resource that would be made, as its API would show it."""
    addresses = [{"type": kind, "ipAddress": TO_COME} for kind in ("PRIMARY", "PRIVATE")]
    shown: dict[str, dict[str, Any]] = {
        "redis": {"name": name, "host": TO_COME, "port": TO_COME, "state": "READY"},
        "sql": {"name": name, "ipAddresses": addresses, "connectionName": TO_COME, "state": "RUNNABLE"},
        "connector": {"name": name, "state": "READY"},
    }
    return shown[part]
