# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out what a plan would create that exists already, as an apply that was killed leaves it. One read each.

Import ids: https://registry.terraform.io/providers/hashicorp/google/latest/docs (section Import of each resource).
Members of IAM policies (``*_iam_member``) are not looked for: the provider adds one to the policy whether it is there
or not, so creating it again does nothing and cannot fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import ApiError, NotFound
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.terraform.variables_text import quoted

AT_ONCE = 8
# What Cloud SQL says, with 400, of a database whose instance is being made: there is nothing to import yet.
# https://github.com/turbot/steampipe-plugin-gcp/issues/243
NOT_RUNNING = "instance is not running"


@dataclass(frozen=True)
class Kind:
    """Where a type of resource is read: an API, its version, and a path that is also the id of an import.

    The names in braces are attributes of the resource; project and region may be left to the session.
    """

    api: str
    version: str
    path: str


def _compute(collection: str, scope: str = "global") -> Kind:
    return Kind("compute", "compute/v1", f"projects/{{project}}/{scope}/{collection}/{{name}}")


_REGIONAL = "projects/{project}/locations/{region}"
KINDS = {
    "google_compute_backend_service": _compute("backendServices"),
    "google_compute_global_address": _compute("addresses"),
    "google_compute_global_forwarding_rule": _compute("forwardingRules"),
    "google_compute_managed_ssl_certificate": _compute("sslCertificates"),
    "google_compute_network": _compute("networks"),
    "google_compute_region_network_endpoint_group": _compute("networkEndpointGroups", "regions/{region}"),
    "google_compute_target_http_proxy": _compute("targetHttpProxies"),
    "google_compute_target_https_proxy": _compute("targetHttpsProxies"),
    "google_compute_url_map": _compute("urlMaps"),
    "google_redis_instance": Kind("redis", "v1", f"{_REGIONAL}/instances/{{name}}"),
    "google_secret_manager_secret": Kind("secretmanager", "v1", "projects/{project}/secrets/{secret_id}"),
    "google_sql_database": Kind("sqladmin", "v1", "projects/{project}/instances/{instance}/databases/{name}"),
    "google_sql_database_instance": Kind("sqladmin", "v1", "projects/{project}/instances/{name}"),
    "google_vpc_access_connector": Kind("vpcaccess", "v1", f"{_REGIONAL}/connectors/{{name}}"),
}


def existing(session: Session, planned: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return address and import id of what would be created and is there; types that are not known are left alone."""
    looked_for = {}
    for entry in planned:
        kind = KINDS.get(entry["type"])
        identifier = _identifier(session, kind, entry["after"]) if kind and entry["actions"] == ["create"] else None
        if kind and identifier:
            looked_for[str(entry["address"])] = (kind, identifier)
    if looked_for:
        session.sign_in()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="adopt") as pool:
        found = pool.map(lambda each: _exists(session, *each), looked_for.values())
        return {address: looked_for[address][1] for address, there in zip(looked_for, found, strict=True) if there}


def import_blocks(found: Mapping[str, str]) -> str:
    """Return configuration that makes a plan import instead of create (Terraform 1.5, OpenTofu 1.6)."""
    return "\n".join(f"import {{\n  to = {address}\n  id = {quoted(name)}\n}}\n" for address, name in found.items())


def _identifier(session: Session, kind: Kind, values: Mapping[str, Any]) -> str | None:
    """Return where a planned resource would be; None where the plan does not know that yet."""
    place = {}
    for attribute in re.findall(r"{(\w+)}", kind.path):
        value = values.get(attribute)
        if isinstance(value, str) and value and not value.startswith("("):  # neither unknown nor sensitive
            place[attribute] = value
        elif attribute in ("project", "region"):
            place[attribute] = getattr(session, attribute)
        else:
            return None
    return kind.path.format(**place)


def _exists(session: Session, kind: Kind, identifier: str) -> bool:
    try:
        session.json(kind.api).get(f"/{kind.version}/{identifier}", attempt=f"look whether {identifier} exists")
    except NotFound:
        return False
    except ApiError as error:
        if NOT_RUNNING in error.message:
            return False
        raise
    return True
