# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Know Serverless VPC Access connectors. https://cloud.google.com/vpc/docs/reference/vpcaccess/rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Field, view
from ansible_collections.netra.remediation.plugins.module_utils.resources.json_resource import Kind, network_name

FIELDS: tuple[Field, ...] = (
    Field("network", immutable=True, canonical=network_name),
    Field("ip_cidr_range", "ipCidrRange", immutable=True),
    Field("subnet", "subnet.name", immutable=True),
    Field("machine_type", "machineType", default="e2-micro"),
    Field("min_instances", "minInstances", default=2),
    Field("max_instances", "maxInstances", default=10),
)
KIND = Kind(
    noun="VPC Access connector",
    api="vpcaccess",
    parent=lambda session: session.location,
    collection="connectors",
    name_parameter="connectorId",
    fields=FIELDS,
    ready=frozenset({"READY"}),
    failed=frozenset({"ERROR"}),
)


def observed_options(connector: Mapping[str, Any]) -> dict[str, Any]:
    """Return a connector as option → value."""
    return view(FIELDS, connector)


def describe(connector: Mapping[str, Any]) -> dict[str, Any]:
    """Return what tasks register of a connector."""
    return {
        "id": connector.get("name"),
        "name": str(connector.get("name") or "").rpartition("/")[2],
        "state": connector.get("state"),
        "connected_projects": list(connector.get("connectedProjects") or []),
        **observed_options(connector),
    }
