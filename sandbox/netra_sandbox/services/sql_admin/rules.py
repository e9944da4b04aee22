"""What an instance may look like. https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from netra_sandbox.services.sql_admin import flags, tiers
from netra_sandbox.services.sql_admin.refusals import invalid

Resource = dict[str, Any]
VERSIONS = ("POSTGRES_9_6", *(f"POSTGRES_{number}" for number in range(10, 19)))
# From this version on, an instance whose request names no edition is of the larger one
# (https://cloud.google.com/sql/docs/postgres/editions-intro).
_FIRST_PLUS = "POSTGRES_16"
_NAME = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?")
_LONGEST_WITH_PROJECT = 97
_SMALLEST_DISK_GB = 10
_LARGEST_DISK_GB = 65536
_FIXED = ("region", "databaseVersion", "instanceType", "backendType", "name", "project")


def refuse(instance: Resource) -> None:
    """Raise INVALID_ARGUMENT for the first thing wrong with an instance, its defaults filled in."""
    for message in _faults(instance):
        raise invalid(message)


def refuse_change(before: Resource, after: Resource, given: Resource) -> None:
    """Refuse changes of what is fixed when an instance is made, and a smaller disk."""
    for field in _FIXED:
        if given.get(field) not in {None, "", before.get(field)}:
            raise invalid(f"Invalid request: {field} cannot be changed.")
    if int(after["settings"]["dataDiskSizeGb"]) < int(before["settings"]["dataDiskSizeGb"]):
        raise invalid("Invalid request: Disk size cannot be decreased.")
    refuse(after)


def edition_of(version: str) -> str:
    """Return the edition of an instance whose request names none."""
    later = version in VERSIONS and VERSIONS.index(version) >= VERSIONS.index(_FIRST_PLUS)
    return tiers.ENTERPRISE_PLUS if later else tiers.ENTERPRISE


def _faults(instance: Resource) -> Iterator[str]:
    name, settings = instance["name"], instance["settings"]
    if not _NAME.fullmatch(name) or len(f"{instance['project']}:{name}") > _LONGEST_WITH_PROJECT:
        yield f"Invalid request: Invalid instance name ({name})."
    if instance["databaseVersion"] not in VERSIONS:
        yield f"Invalid request: Database version {instance['databaseVersion']} is not one that the sandbox has."
    if not settings.get("tier"):
        yield "Missing parameter: settings.tier."
    wrong = tiers.fault(str(settings.get("tier")), settings["edition"]) or flags.fault(
        settings.get("databaseFlags") or []
    )
    if wrong:
        yield wrong
    if not _SMALLEST_DISK_GB <= int(settings["dataDiskSizeGb"]) <= _LARGEST_DISK_GB:
        yield f"Invalid request: Invalid disk size ({settings['dataDiskSizeGb']} GB)."
    addresses = settings["ipConfiguration"]
    if not addresses.get("ipv4Enabled") and not addresses.get("privateNetwork"):
        yield "Invalid request: At least one of Public IP or Private IP connectivity must be enabled."
