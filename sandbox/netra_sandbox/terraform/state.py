# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the Terraform state that a scenario starts from: what earlier applies of the root module left behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from netra_sandbox.terraform.codec import state_from_api
from netra_sandbox.terraform.resources.catalogue import resource_type_of

PROVIDER = 'provider["registry.terraform.io/hashicorp/google"]'
# The names that the root module (sandbox/application/terraform-gcp-staging) gives to its resources.
_ADDRESSES = {
    "google_redis_instance": "cache",
    "google_sql_database_instance": "postgres",
    "google_vpc_access_connector": "connector",
}
_NETWORK = "staging-vpc"
_DATABASE = "netra_staging"


def state_document(resources: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the content of terraform.tfstate for a root module that has applied exactly these API objects.

    The objects are as the APIs return them (``redis.projects.locations.instances.get`` and so on), in any order.
    """
    entries: list[dict[str, Any]] = []
    outputs: dict[str, Any] = {"vpc_network_name": _output(_NETWORK)}
    for found in resources:
        resource = resource_type_of(found)
        attributes = state_from_api(resource, dict(found), _as_configured(resource.name))
        entries.append(_entry(resource.name, attributes))
        outputs |= _outputs(resource.name, attributes)
    return {
        "version": 4,
        "terraform_version": "1.5.0",
        "serial": len(entries),
        "lineage": "5f0c1e52-6f3b-4a5e-9b8e-0d6f3f2a7c11",
        "outputs": dict(sorted(outputs.items())),
        "resources": sorted(entries, key=lambda entry: str(entry["type"])),
        "check_results": None,
    }


def _as_configured(resource: str) -> dict[str, Any]:
    """Return what only the root module says and no API knows."""
    return {"deletion_protection": False} if resource == "google_sql_database_instance" else {}


def _entry(resource: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    instance = {"schema_version": 0, "attributes": dict(attributes), "sensitive_attributes": []}
    return {
        "mode": "managed",
        "type": resource,
        "name": _ADDRESSES[resource],
        "provider": PROVIDER,
        "instances": [instance],
    }


def _output(value: str | int, *, sensitive: bool = False) -> dict[str, Any]:
    kind = "string" if isinstance(value, str) else "number"
    return {"value": value, "type": kind, **({"sensitive": True} if sensitive else {})}


def _outputs(resource: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    if resource == "google_redis_instance":
        return {"redis_host": _output(attributes["host"]), "redis_port": _output(attributes["port"])}
    if resource == "google_vpc_access_connector":
        return {"vpc_connector_name": _output(attributes["name"])}
    private = attributes["private_ip_address"]
    return {
        "database_instance_name": _output(attributes["name"]),
        "database_connection_name": _output(attributes["connection_name"]),
        "database_private_ip": _output(private),
        "database_public_ip": _output(attributes["public_ip_address"]),
        "database_url": _output(f"postgresql://{private}:5432/{_DATABASE}", sensitive=True),
    }
