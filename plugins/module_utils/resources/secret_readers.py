# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which versions of secrets Cloud Run's services read, or would with their next revision. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run_traffic as traffic

LATEST = "latest"
Message = Mapping[str, Any]


def references(template: Message) -> set[tuple[str, str]]:
    """Return secret and version of all that a template, or a revision, reads: variables and files."""
    return {(traffic.short(secret), version or LATEST) for secret, version in _bound(template)}


def users_of(services: Iterable[Message], revisions: Mapping[str, Message]) -> dict[tuple[str, str], set[str]]:
    """Return who reads each version: revisions that get traffic or have a tag, and templates.

    ``revisions``: by name.
    """
    found: dict[tuple[str, str], set[str]] = {}
    for service in services:
        name = traffic.short(service.get("name"))
        _note(found, references(service.get("template") or {}), f"the template of {name}")
        for revision in _reached(service):
            _note(found, references(revisions.get(revision) or {}), revision)
    return found


def readers(users: Mapping[tuple[str, str], set[str]], secret: str, version: str) -> list[str]:
    """Return who would miss a version of a secret: whoever reads the latest one may mean it."""
    return sorted(users.get((secret, version), set()) | users.get((secret, LATEST), set()))


def _reached(service: Message) -> set[str]:
    """Return the revisions that somebody can reach: by traffic, or by a tag."""
    latest = traffic.short(service.get("latest_ready_revision"))
    targets = traffic.decode_targets(service.get("traffic_statuses"))
    return {
        str(target.get("revision") or latest) for target in targets if target.get("percent") or target.get("tag")
    } - {""}


def _note(found: dict[tuple[str, str], set[str]], read: Iterable[tuple[str, str]], who: str) -> None:
    for reference in read:
        found.setdefault(reference, set()).add(who)


def _bound(template: Message) -> Iterator[tuple[str, str]]:
    for container in template.get("containers") or ():
        for entry in container.get("env") or ():
            source = (entry.get("value_source") or {}).get("secret_key_ref") or {}
            if source.get("secret"):
                yield source["secret"], source.get("version") or ""
    for volume in template.get("volumes") or ():
        mounted = volume.get("secret") or {}
        if mounted.get("secret"):
            for item in mounted.get("items") or [{}]:
                yield mounted["secret"], item.get("version") or ""
