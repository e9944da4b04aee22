# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a region's quotas and the access of Cloud Run's agent to images decide about a revision."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from accounts import with_role

USAGE = "serviceusage.googleapis.com/v1beta1"
CPU = "run.googleapis.com/cpu_allocation"
IMAGE = "us-docker.pkg.dev/cloudrun/container/hello"


def asking(instances: int | None) -> dict[str, Any]:
    container = {"image": IMAGE, "resources": {"limits": {"cpu": "4", "memory": "2Gi"}}}
    scaling = {"scaling": {"maxInstanceCount": instances}} if instances else {}
    return {"template": {"containers": [container], **scaling}}


def effective(target: Any) -> int:
    """Return the CPUs that instances of the region may have, in thousandths."""
    parent = f"{USAGE}/projects/{target.project}/services/run.googleapis.com"
    found = target.call("GET", f"{parent}/consumerQuotaMetrics", view="FULL")["metrics"]
    (metric,) = (entry for entry in found if entry["metric"] == CPU)
    (limit,) = metric["consumerQuotaLimits"]
    assert limit["unit"] == "1/{project}/{region}"
    buckets = {bucket.get("dimensions", {}).get("region", ""): bucket for bucket in limit["quotaBuckets"]}
    return int(buckets.get(target.region, buckets[""])["effectiveLimit"])


def overrides(target: Any) -> str:
    """Return where a consumer lowers the quota."""
    limit = f"{quote(CPU, safe='')}/limits/%2Fproject%2Fregion"
    return (
        f"{USAGE}/projects/{target.project}/services/run.googleapis.com/consumerQuotaMetrics/{limit}/consumerOverrides"
    )


def lower(target: Any) -> dict[str, Any]:
    return {"overrideValue": "20000", "dimensions": {"region": target.region}}


@pytest.mark.source("public", "https://cloud.google.com/service-usage/docs/manage-quota")
def test_a_quota_is_lowered_by_more_than_a_tenth_by_force_only(target: Any) -> None:
    before = effective(target)
    assert target.refusal("POST", overrides(target), lower(target))["status"] == "FAILED_PRECONDITION"
    assert effective(target) == before


@pytest.mark.source("observed", "https://github.com/googlecodelabs/feedback/issues/1856")
@pytest.mark.sandbox_only("it lowers a quota of the project")
def test_a_service_that_could_ask_for_more_than_the_quota_is_refused(target: Any) -> None:
    services = f"run.googleapis.com/v2/{target.location}/services"
    ask, before = {"serviceId": target.fresh("service"), "validateOnly": True}, effective(target)
    made = target.call("POST", overrides(target), lower(target), force=True)["response"]
    try:
        assert effective(target) == 20000
        error = target.refusal("POST", services, asking(20), **ask)
        assert error["status"] == "INVALID_ARGUMENT"
        assert "Max instances must be set to 5 or fewer to set the requested total CPU." in error["message"]
        assert error["message"].endswith("Quota violated:\nCpuAllocPerProjectRegion requested: 80000 allowed: 20000")
        target.call("POST", services, asking(5), **ask)
        target.call("POST", services, asking(None), **ask)
    finally:
        target.call("DELETE", f"{overrides(target)}/{made['name'].rpartition('/')[2]}", force=True)
    assert effective(target) == before
    target.call("POST", services, asking(20), **ask)


@pytest.mark.source("public", "https://cloud.google.com/run/docs/troubleshooting#service-agent")
@pytest.mark.sandbox_only("it takes a role from Cloud Run's agent")
def test_an_image_that_the_agent_may_not_read_is_rolled_out_by_nobody(services: Any) -> None:
    target = services.target
    number = target.call("GET", f"cloudresourcemanager.googleapis.com/v3/projects/{target.project}")["name"]
    agent = f"service-{number.rpartition('/')[2]}@serverless-robot-prod.iam.gserviceaccount.com"
    given = "roles/run.serviceAgent", f"serviceAccount:{agent}"
    with_role(target, *given, remove=True)
    try:
        service = services.deploy()
        message = service.error["message"]
    finally:
        with_role(target, *given)
    assert f"Google Cloud Run Service Agent {agent} must have permission to read the image, " in message
    assert service.read()["terminalCondition"]["reason"] == "CONTAINER_PERMISSION_DENIED"
