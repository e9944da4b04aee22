# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe what a load balancer leads to: serverless endpoint groups and backend services.

https://cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts
"""

from __future__ import annotations

from netra_sandbox.terraform.resources.compute import compute_type, region_of
from netra_sandbox.terraform.schema import Block, optional, output, required, same_link, server_default

_CLOUD_RUN = Block(
    "cloud_run",
    (
        optional("service", "service", immutable=True),
        optional("tag", "tag", immutable=True),
        optional("url_mask", "urlMask", immutable=True),
    ),
    api="cloudRun",
)
_BACKEND = Block(
    "backend",
    (
        required("group", "group", same=same_link),
        optional("balancing_mode", "balancingMode", default="UTILIZATION"),
    ),
    api="backends",
    single=False,
)
_LOG_CONFIG = Block("log_config", (optional("enable", "enable", type="bool"),), api="logConfig")

REGION_NETWORK_ENDPOINT_GROUP = compute_type(
    "google_compute_region_network_endpoint_group",
    "RegionNetworkEndpointGroup",
    "networkEndpointGroups",
    (
        required("region", "region", immutable=True, in_path=True),
        optional("network_endpoint_type", "networkEndpointType", default="SERVERLESS", immutable=True),
    ),
    (_CLOUD_RUN,),
    scope="regions/{region}",
    outputs=region_of,
)
BACKEND_SERVICE = compute_type(
    "google_compute_backend_service",
    "BackendService",
    "backendServices",
    (
        optional("load_balancing_scheme", "loadBalancingScheme", default="EXTERNAL", immutable=True),
        server_default("protocol", "protocol"),
        server_default("timeout_sec", "timeoutSec", type="number"),
        server_default("session_affinity", "sessionAffinity"),
        optional("affinity_cookie_ttl_sec", "affinityCookieTtlSec", type="number", default=0),
        optional("enable_cdn", "enableCDN", type="bool", default=False),
        output("generated_id", "id", type="number"),
    ),
    (_BACKEND, _LOG_CONFIG),
)
