# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gcloud compute, unmodified, on the load balancer of the environment and on one that it makes itself."""

from __future__ import annotations

from typing import Any

import pytest

GCLOUD = "https://cloud.google.com/sdk/gcloud/reference/compute"
BACKEND = "netra-backend-staging-backend"
FIXED = pytest.mark.sandbox_only("the load balancer of the environment is there")


@FIXED
@pytest.mark.source("public", GCLOUD)
@pytest.mark.parametrize(
    ("collection", "name", "field", "expected"),
    [
        ("backend-services", BACKEND, "sessionAffinity", "GENERATED_COOKIE"),
        ("ssl-certificates", "staging-cert", "type", "MANAGED"),
        ("url-maps", "staging-url-map", "kind", "compute#urlMap"),
        ("forwarding-rules", "staging-https-rule", "portRange", "443-443"),
        ("addresses", "staging-lb-ip", "status", "IN_USE"),
    ],
)
def test_gcloud_lists(gcloud: Any, collection: str, name: str, field: str, expected: str) -> None:
    listed = {entry["name"]: entry for entry in gcloud("compute", collection, "list")}
    assert listed[name][field] == expected


@FIXED
@pytest.mark.source("public", f"{GCLOUD}/ssl-certificates/describe")
def test_gcloud_describes_a_certificate(gcloud: Any, sandbox: Any) -> None:
    described = gcloud("compute", "ssl-certificates", "describe", "staging-cert", "--global")
    hosts = {url.removeprefix("https://") for url in sandbox.state["urls"].values()}
    assert described["managed"]["status"] == "ACTIVE"
    assert described["managed"]["domainStatus"] == dict.fromkeys(hosts, "ACTIVE")


@FIXED
@pytest.mark.source("public", f"{GCLOUD}/backend-services/get-health")
def test_gcloud_describes_a_backend_service_and_its_health(gcloud: Any) -> None:
    described = gcloud("compute", "backend-services", "describe", BACKEND, "--global")
    group = described["backends"][0]["group"]
    assert group.endswith("/networkEndpointGroups/netra-backend-staging-neg")
    (health,) = gcloud("compute", "backend-services", "get-health", BACKEND, "--global")
    assert health == {"backend": group, "status": {"kind": "compute#backendServiceGroupHealth"}}


@pytest.mark.source("public", f"{GCLOUD}/addresses")
def test_gcloud_waits_for_the_operations_of_an_address(gcloud: Any, target: Any) -> None:
    name = target.fresh("address")
    gcloud("compute", "addresses", "create", name, "--global")
    try:
        assert gcloud("compute", "addresses", "describe", name, "--global")["status"] == "RESERVED"
        told = gcloud("compute", "addresses", "create", name, "--global", fails=True)
        assert f"The resource 'projects/{target.project}/global/addresses/{name}' already exists" in told
    finally:
        gcloud("compute", "addresses", "delete", name, "--global", "--quiet")


@FIXED
@pytest.mark.source("public", "https://cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts")
def test_gcloud_is_told_that_a_serverless_backend_has_no_time_out(gcloud: Any) -> None:
    told = gcloud("compute", "backend-services", "update", BACKEND, "--global", "--timeout=86400", fails=True)
    assert "Timeout sec is not supported for a backend service with Serverless network endpoint groups." in told
