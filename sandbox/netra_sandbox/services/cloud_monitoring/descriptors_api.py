"""Descriptors of metrics and of monitored resources.

https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.metricDescriptors
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.kernel.paging import page
from netra_sandbox.services.cloud_monitoring import filters
from netra_sandbox.services.cloud_monitoring.descriptors import METRIC_OF, METRICS, RESOURCE_OF, RESOURCES

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]


@handles("monitoring.projects.metricDescriptors.list")
async def list_metrics(sandbox: Sandbox, call: Call) -> Resource:
    """Return the metrics that the filter lets through."""
    holds = filters.read(call.parameters.get("filter", ""))[1]
    found = [_metric(sandbox, metric) for metric in METRICS if holds({"metric": {"type": metric["type"]}})]
    return page(found, "metricDescriptors", call)


@handles("monitoring.projects.metricDescriptors.get")
async def get_metric(sandbox: Sandbox, call: Call) -> Resource:
    """Return a metric."""
    kind = call.parameters["name"].partition("/metricDescriptors/")[2]
    if kind not in METRIC_OF:
        raise ApiError("NOT_FOUND", f"Could not find descriptor for metric '{kind}'.")
    return _metric(sandbox, METRIC_OF[kind])


@handles("monitoring.projects.monitoredResourceDescriptors.list")
async def list_resources(sandbox: Sandbox, call: Call) -> Resource:
    """Return the kinds of monitored resources that the filter lets through."""
    holds = filters.read(call.parameters.get("filter", ""))[1]
    found = [_resource(sandbox, kind) for kind in RESOURCES if holds({"resource": {"type": kind["type"]}})]
    return page(found, "resourceDescriptors", call)


@handles("monitoring.projects.monitoredResourceDescriptors.get")
async def get_resource(sandbox: Sandbox, call: Call) -> Resource:
    """Return a kind of monitored resource."""
    kind = call.parameters["name"].rpartition("/")[2]
    if kind not in RESOURCE_OF:
        raise ApiError("NOT_FOUND", f"The monitored resource descriptor '{kind}' was not found.")
    return _resource(sandbox, RESOURCE_OF[kind])


def _metric(sandbox: Sandbox, metric: Resource) -> Resource:
    return {**metric, "name": f"projects/{sandbox.project}/metricDescriptors/{metric['type']}"}


def _resource(sandbox: Sandbox, kind: Resource) -> Resource:
    return {**kind, "name": f"projects/{sandbox.project}/monitoredResourceDescriptors/{kind['type']}"}
