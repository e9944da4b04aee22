# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe ``google_redis_instance``.

The API: https://cloud.google.com/memorystore/docs/redis/reference/rest/v1/projects.locations.instances
"""

from __future__ import annotations

import re
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

_NAME = re.compile(r"projects/(?P<project>[^/]+)/locations/(?P<region>[^/]+)/instances/(?P<short>[^/]+)")

_ATTRIBUTES = (
    output("id"),
    required("name", "shortName", immutable=True, in_path=True),
    server_default("project", "project", immutable=True, in_path=True),
    server_default("region", "region", immutable=True, in_path=True),
    required("memory_size_gb", "memorySizeGb", type="number"),
    optional("tier", "tier", default="BASIC", immutable=True),
    server_default("redis_version", "redisVersion"),
    optional("display_name", "displayName"),
    server_default("authorized_network", "authorizedNetwork", immutable=True, same=same_network),
    optional("connect_mode", "connectMode", default="DIRECT_PEERING", immutable=True),
    optional("auth_enabled", "authEnabled", type="bool", default=False),
    optional("transit_encryption_mode", "transitEncryptionMode", default="DISABLED", immutable=True),
    optional("labels", "labels", type=["map", "string"]),
    optional("redis_configs", "redisConfigs", type=["map", "string"]),
    server_default("location_id", "locationId", immutable=True),
    server_default("alternative_location_id", "alternativeLocationId", immutable=True),
    server_default("reserved_ip_range", "reservedIpRange", immutable=True),
    server_default("replica_count", "replicaCount", type="number"),
    server_default("read_replicas_mode", "readReplicasMode"),
    output("host", "host"),
    output("port", "port", type="number"),
    output("create_time", "createTime"),
    output("current_location_id", "currentLocationId"),
    output("persistence_iam_identity", "persistenceIamIdentity"),
    output("read_endpoint", "readEndpoint"),
    output("read_endpoint_port", "readEndpointPort", type="number"),
)


def _outputs(found: Object) -> Object:
    match = _NAME.fullmatch(str(found["name"]))
    if match is None:
        return {}
    return {"project": match["project"], "region": match["region"], "shortName": match["short"]}


def _identifier(state: Mapping[str, Any]) -> str:
    return f"projects/{state['project']}/locations/{state['region']}/instances/{state['name']}"


def _recognises(found: Mapping[str, Any]) -> bool:
    return "memorySizeGb" in found


REDIS_INSTANCE = ResourceType(
    name="google_redis_instance",
    label="Instance",
    block=Block("", _ATTRIBUTES),
    api="redis",
    endpoint="https://redis.googleapis.com/v1/",
    collection="projects/{project}/locations/{region}/instances",
    identifier=_identifier,
    outputs=_outputs,
    recognises=_recognises,
    id_parameter="instanceId",
)
