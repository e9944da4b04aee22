"""Service Usage v1beta1: the quotas of Cloud Run in the sandbox's region, and how a consumer lowers them.

https://cloud.google.com/service-usage/docs/manage-quota and the v1beta1 reference: services.consumerQuotaMetrics.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, invalid
from netra_sandbox.services.cloud_run import quotas
from netra_sandbox.services.longrunning import page

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "serviceusage.services.consumerQuotaMetrics"
OVERRIDES = f"{METHODS}.limits.consumerOverrides"
UNIT, SCOPE = "1/{project}/{region}", "/project/region"
FULL = "FULL"
_SERVICE = "run.googleapis.com"
_PACKAGE = "google.api.serviceusage.v1beta1"
_METRIC = re.compile(r"/consumerQuotaMetrics/([a-z.]+/[a-z_]+)(?:/|$)")
_MOST_DECREASE_PERCENT = 10


@handles(f"{METHODS}.list")
async def list_(sandbox: Sandbox, call: Call) -> Resource:
    """Return the quotas of a service; of others than Cloud Run the sandbox has none."""
    named = str(call.parameters["parent"]).endswith(f"/services/{_SERVICE}")
    view = str(call.parameters.get("view") or "")
    return page(call, "metrics", [_metric(sandbox, quota, view) for quota in quotas.QUOTAS] if named else [])


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return one quota."""
    return _metric(sandbox, _quota(str(call.parameters["name"])), str(call.parameters.get("view") or ""))


@handles(f"{OVERRIDES}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Lower a quota in the sandbox's region."""
    quota = _quota(str(call.parameters["parent"]))
    if call.body.get("dimensions", {}).get("region") != sandbox.region:
        raise invalid(f"The sandbox has quotas in {sandbox.region} alone.", field="override.dimensions")
    value, now = int(call.body.get("overrideValue") or 0), quotas.effective(sandbox, quota)
    if 100 * (now - value) > _MOST_DECREASE_PERCENT * now and not call.parameters.get("force"):
        words = f"it would lower the limit by more than {_MOST_DECREASE_PERCENT} %, and force is not set."
        raise ApiError("FAILED_PRECONDITION", f"The override was not made: {words}")
    made = {
        "name": f"{_limit_name(sandbox, quota)}/consumerOverrides/{uuid.uuid4().hex[:8]}",
        "overrideValue": str(value),
        "dimensions": {"region": sandbox.region},
        "metric": quota.metric,
        "unit": UNIT,
    }
    sandbox.store.put(f"{quotas.KEY}{quota.metric}", made)
    return _done(sandbox, made, "QuotaOverride")


@handles(f"{OVERRIDES}.list")
async def list_overrides(sandbox: Sandbox, call: Call) -> Resource:
    """Return what a quota was lowered to."""
    made = quotas.override(sandbox, _quota(str(call.parameters["parent"])))
    return page(call, "overrides", [made] if made else [])


@handles(f"{OVERRIDES}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Give a quota back."""
    name = str(call.parameters["name"])
    quota = _quota(name)
    made = quotas.override(sandbox, quota)
    if made is None or made["name"].rpartition("/")[2] != name.rpartition("/")[2]:
        raise ApiError("NOT_FOUND", f"Quota override {name} was not found.")
    sandbox.store.delete(f"{quotas.KEY}{quota.metric}")
    return _done(sandbox, {}, "")


def _quota(name: str) -> quotas.Quota:
    found = _METRIC.search(name)
    for quota in quotas.QUOTAS:
        if found and quota.metric == found[1]:
            return quota
    raise ApiError("NOT_FOUND", f"Quota metric of {name} was not found.")


def _metric(sandbox: Sandbox, quota: quotas.Quota, view: str) -> Resource:
    lowered = quotas.override(sandbox, quota)
    buckets: list[Resource] = [{"defaultLimit": str(quota.default), "effectiveLimit": str(quota.default)}]
    if lowered or view == FULL:
        regional = {"dimensions": {"region": sandbox.region}, "defaultLimit": str(quota.default)}
        override = {"consumerOverride": lowered} if lowered else {}
        buckets.append({**regional, "effectiveLimit": str(quotas.effective(sandbox, quota)), **override})
    limit = {
        "name": _limit_name(sandbox, quota),
        "metric": quota.metric,
        "unit": UNIT,
        "isPrecise": True,
        "quotaBuckets": buckets,
        "supportedLocations": [sandbox.region],
    }
    return {
        "name": _metric_name(sandbox, quota),
        "metric": quota.metric,
        "displayName": quota.display_name,
        "unit": quota.unit,
        "consumerQuotaLimits": [limit],
    }


def _metric_name(sandbox: Sandbox, quota: quotas.Quota) -> str:
    parent = f"projects/{sandbox.project_number}/services/{_SERVICE}"
    return f"{parent}/consumerQuotaMetrics/{quote(quota.metric, safe='')}"


def _limit_name(sandbox: Sandbox, quota: quotas.Quota) -> str:
    return f"{_metric_name(sandbox, quota)}/limits/{quote(SCOPE, safe='')}"


def _done(sandbox: Sandbox, response: Resource, kind: str) -> Resource:
    return sandbox.operations.done(
        "serviceusage",
        "",
        response,
        metadata={"@type": f"type.googleapis.com/{_PACKAGE}.OperationMetadata"},
        response_type=f"{_PACKAGE}.{kind}" if kind else "google.protobuf.Empty",
    )
