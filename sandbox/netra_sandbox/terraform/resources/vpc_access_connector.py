# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe ``google_vpc_access_connector``.

The API: https://cloud.google.com/vpc/docs/reference/vpcaccess/rest/v1/projects.locations.connectors
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

_NAME = re.compile(r"projects/(?P<project>[^/]+)/locations/(?P<region>[^/]+)/connectors/(?P<short>[^/]+)")

_ATTRIBUTES = (
    output("id"),
    required("name", "shortName", immutable=True, in_path=True),
    server_default("project", "project", immutable=True, in_path=True),
    server_default("region", "region", immutable=True, in_path=True),
    server_default("network", "network", immutable=True, same=same_network),
    optional("ip_cidr_range", "ipCidrRange", immutable=True),
    optional("machine_type", "machineType", default="e2-micro"),
    server_default("min_instances", "minInstances", type="number"),
    server_default("max_instances", "maxInstances", type="number"),
    server_default("min_throughput", "minThroughput", type="number", immutable=True),
    server_default("max_throughput", "maxThroughput", type="number", immutable=True),
    output("connected_projects", "connectedProjects", type=["list", "string"]),
    output("self_link", "name"),
    output("state", "state"),
)


def _outputs(found: Object) -> Object:
    match = _NAME.fullmatch(str(found["name"]))
    if match is None:
        return {}
    return {"project": match["project"], "region": match["region"], "shortName": match["short"]}


def _identifier(state: Mapping[str, Any]) -> str:
    return f"projects/{state['project']}/locations/{state['region']}/connectors/{state['name']}"


def _recognises(found: Mapping[str, Any]) -> bool:
    return "/connectors/" in str(found.get("name"))


VPC_ACCESS_CONNECTOR = ResourceType(
    name="google_vpc_access_connector",
    label="Connector",
    block=Block("", _ATTRIBUTES),
    api="vpc_access",
    endpoint="https://vpcaccess.googleapis.com/v1/",
    collection="projects/{project}/locations/{region}/connectors",
    identifier=_identifier,
    outputs=_outputs,
    recognises=_recognises,
    id_parameter="connectorId",
)
