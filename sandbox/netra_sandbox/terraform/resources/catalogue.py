# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the resource types and find the one of an API object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netra_sandbox.terraform.resources.load_balancer_backends import BACKEND_SERVICE, REGION_NETWORK_ENDPOINT_GROUP
from netra_sandbox.terraform.resources.load_balancer_routes import (
    GLOBAL_ADDRESS,
    GLOBAL_FORWARDING_RULE,
    MANAGED_SSL_CERTIFICATE,
    TARGET_HTTP_PROXY,
    TARGET_HTTPS_PROXY,
    URL_MAP,
)
from netra_sandbox.terraform.resources.redis_instance import REDIS_INSTANCE
from netra_sandbox.terraform.resources.secret_manager import SECRET, SECRET_IAM_MEMBER
from netra_sandbox.terraform.resources.sql_database import SQL_DATABASE
from netra_sandbox.terraform.resources.sql_database_instance import SQL_DATABASE_INSTANCE
from netra_sandbox.terraform.resources.vpc_access_connector import VPC_ACCESS_CONNECTOR
from netra_sandbox.terraform.schema import ResourceType

RESOURCE_TYPES: dict[str, ResourceType] = {
    resource.name: resource
    for resource in (
        REDIS_INSTANCE,
        SQL_DATABASE_INSTANCE,
        VPC_ACCESS_CONNECTOR,
        SQL_DATABASE,
        SECRET,
        SECRET_IAM_MEMBER,
        REGION_NETWORK_ENDPOINT_GROUP,
        BACKEND_SERVICE,
        URL_MAP,
        MANAGED_SSL_CERTIFICATE,
        TARGET_HTTP_PROXY,
        TARGET_HTTPS_PROXY,
        GLOBAL_ADDRESS,
        GLOBAL_FORWARDING_RULE,
    )
}


def resource_type_of(found: Mapping[str, Any]) -> ResourceType:
    """Tell which resource type an API object is of."""
    for resource in RESOURCE_TYPES.values():
        if resource.recognises(found):
            return resource
    msg = f"No Terraform resource type of this provider describes {found.get('name')!r}."
    raise LookupError(msg)
