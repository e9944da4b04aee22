# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Know Memorystore's Redis instances. https://cloud.google.com/memorystore/docs/redis/reference/rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Field, view
from ansible_collections.netra.remediation.plugins.module_utils.resources.json_resource import Kind, network_name

FIELDS: tuple[Field, ...] = (
    Field("tier", required_on_create=True, immutable=True),
    Field("memory_size_gb", "memorySizeGb", required_on_create=True),
    Field("redis_version", "redisVersion", immutable=True),
    Field("network", "authorizedNetwork", immutable=True, canonical=network_name),
    Field("connect_mode", "connectMode", immutable=True, default="DIRECT_PEERING"),
    Field("auth_enabled", "authEnabled", default=False),
    Field("transit_encryption_mode", "transitEncryptionMode", immutable=True, default="DISABLED"),
    Field("redis_configs", "redisConfigs", kind="owned_map"),
    Field("display_name", "displayName"),
    Field("labels", kind="owned_map"),
)
KIND = Kind(
    noun="Redis instance",
    api="redis",
    parent=lambda session: session.location,
    collection="instances",
    name_parameter="instanceId",
    fields=FIELDS,
    ready=frozenset({"READY"}),
    failed=frozenset(),
)


def observed_options(instance: Mapping[str, Any]) -> dict[str, Any]:
    """Return an instance as option → value."""
    return view(FIELDS, instance)


def full_network(network: str | None, project: str) -> str | None:
    """Return the network's path, which is what the API takes."""
    return network if not network or "/" in network else f"projects/{project}/global/networks/{network}"


def describe(instance: Mapping[str, Any]) -> dict[str, Any]:
    """Return what tasks register of an instance."""
    return {
        "id": instance.get("name"),
        "name": str(instance.get("name") or "").rpartition("/")[2],
        "state": instance.get("state"),
        "host": instance.get("host"),
        "port": instance.get("port"),
        **observed_options(instance),
    }
