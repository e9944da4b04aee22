# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe ``google_sql_database_instance``.

The API: https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1beta4/instances
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netra_sandbox.terraform.schema import (
    Block,
    Object,
    ResourceType,
    optional,
    output,
    required,
    same_network,
    server_default,
)

_IP_CONFIGURATION = Block(
    "ip_configuration",
    (
        optional("ipv4_enabled", "ipv4Enabled", type="bool", default=True),
        optional("private_network", "privateNetwork", same=same_network),
        optional("allocated_ip_range", "allocatedIpRange"),
        server_default("ssl_mode", "sslMode"),
    ),
    api="ipConfiguration",
)
_BACKUP_CONFIGURATION = Block(
    "backup_configuration",
    (
        optional("enabled", "enabled", type="bool"),
        server_default("start_time", "startTime"),
        optional("location", "location"),
        optional("point_in_time_recovery_enabled", "pointInTimeRecoveryEnabled", type="bool"),
        server_default("transaction_log_retention_days", "transactionLogRetentionDays", type="number"),
    ),
    api="backupConfiguration",
)
_DATABASE_FLAGS = Block(
    "database_flags", (required("name", "name"), required("value", "value")), api="databaseFlags", single=False
)
_SETTINGS = Block(
    "settings",
    (
        required("tier", "tier"),
        server_default("edition", "edition"),
        optional("activation_policy", "activationPolicy", default="ALWAYS"),
        optional("availability_type", "availabilityType", default="ZONAL"),
        optional("disk_autoresize", "storageAutoResize", type="bool", default=True),
        server_default("disk_size", "dataDiskSizeGb", type="number", int64=True),
        optional("disk_type", "dataDiskType", default="PD_SSD"),
        optional("pricing_plan", "pricingPlan", default="PER_USE"),
        optional("deletion_protection_enabled", "deletionProtectionEnabled", type="bool"),
        server_default("user_labels", "userLabels", type=["map", "string"]),
        output("version", "settingsVersion", type="number", volatile=True),
    ),
    (_IP_CONFIGURATION, _BACKUP_CONFIGURATION, _DATABASE_FLAGS),
    api="settings",
    required=True,
)
_ADDRESS = ["list", ["object", {"ip_address": "string", "time_to_retire": "string", "type": "string"}]]
_ATTRIBUTES = (
    output("id"),
    server_default("name", "name", immutable=True),
    server_default("project", "project", immutable=True, in_path=True),
    server_default("region", "region", immutable=True),
    required("database_version", "databaseVersion"),
    optional("deletion_protection", type="bool", default=True),
    optional("root_password", "rootPassword", sensitive=True, immutable=True),
    server_default("instance_type", "instanceType"),
    server_default("maintenance_version", "maintenanceVersion"),
    output("connection_name", "connectionName"),
    output("dns_name", "dnsName"),
    output("first_ip_address", "firstAddress"),
    output("ip_address", "addresses", type=_ADDRESS),
    output("private_ip_address", "privateAddress"),
    output("public_ip_address", "publicAddress"),
    output("self_link", "selfLink"),
    output("service_account_email_address", "serviceAccountEmailAddress"),
)


def _outputs(found: Object) -> Object:
    addresses = found.get("ipAddresses") or []

    def first(kind: str) -> str:
        return next((str(entry["ipAddress"]) for entry in addresses if entry.get("type") == kind), "")

    return {
        "addresses": [
            {"ip_address": entry["ipAddress"], "time_to_retire": "", "type": entry.get("type", "")}
            for entry in addresses
        ],
        "firstAddress": addresses[0]["ipAddress"] if addresses else "",
        "privateAddress": first("PRIVATE"),
        "publicAddress": first("PRIMARY"),
    }


def _identifier(state: Mapping[str, Any]) -> str:
    return str(state["name"])


def _recognises(found: Mapping[str, Any]) -> bool:
    return "databaseVersion" in found


SQL_DATABASE_INSTANCE = ResourceType(
    name="google_sql_database_instance",
    label="Instance",
    block=Block("", _ATTRIBUTES, (_SETTINGS,)),
    api="sql",
    endpoint="https://sqladmin.googleapis.com/sql/v1beta4/",
    collection="projects/{project}/instances",
    identifier=_identifier,
    outputs=_outputs,
    recognises=_recognises,
    sends_mask=False,
)
