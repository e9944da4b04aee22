# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Know Cloud SQL's instances. https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Field, view
from ansible_collections.netra.remediation.plugins.module_utils.resources.json_resource import Kind

FIELDS: tuple[Field, ...] = (
    Field("database_version", "databaseVersion", required_on_create=True, immutable=True),
    Field("tier", "settings.tier", required_on_create=True),
    Field("edition", "settings.edition"),
    Field("availability_type", "settings.availabilityType"),
    Field("deletion_protection", "settings.deletionProtectionEnabled", default=False),
    Field("private_network", "settings.ipConfiguration.privateNetwork"),
    Field("public_ip", "settings.ipConfiguration.ipv4Enabled"),
    Field("labels", "settings.userLabels", kind="owned_map"),
)
KIND = Kind(
    noun="Cloud SQL instance",
    api="sqladmin",
    parent=lambda session: f"projects/{session.project}",
    collection="instances",
    name_field="name",
    identity=lambda session: {"region": session.region},
    # Cloud SQL's substitute for an etag: a patch against older settings is refused.
    lock=lambda instance: {"settings": {"settingsVersion": (instance.get("settings") or {}).get("settingsVersion")}},
    fields=FIELDS,
    ready=frozenset({"RUNNABLE"}),
    failed=frozenset({"FAILED", "SUSPENDED"}),
)


def observed_options(instance: Mapping[str, Any]) -> dict[str, Any]:
    """Return an instance as option → value."""
    return view(FIELDS, instance)


def address(instance: Mapping[str, Any], kind: str) -> str | None:
    """Return an address of an instance: PRIMARY is the public one, PRIVATE the one in the network."""
    found = (entry.get("ipAddress") for entry in instance.get("ipAddresses") or () if entry.get("type") == kind)
    return next(found, None)


def describe(instance: Mapping[str, Any]) -> dict[str, Any]:
    """Return what tasks register of an instance."""
    return {
        "name": instance.get("name"),
        "state": instance.get("state"),
        "connection_name": instance.get("connectionName"),
        "private_ip": address(instance, "PRIVATE"),
        "public_address": address(instance, "PRIMARY"),
        "settings_version": (instance.get("settings") or {}).get("settingsVersion"),
        **observed_options(instance),
    }
