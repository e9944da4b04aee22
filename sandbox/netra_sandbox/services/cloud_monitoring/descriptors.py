"""The metrics and the monitored resources that the sandbox has, as documented.

https://cloud.google.com/monitoring/api/metrics_gcp, https://cloud.google.com/monitoring/api/resources
"""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]


def _resource(kind: str, title: str, *labels: str) -> Resource:
    described = [{"key": label} for label in ("project_id", *labels)]
    return {"type": kind, "displayName": title, "labels": described, "launchStage": "GA"}


def _metric(kind: str, name: str, shape: str, unit: str, resources: str, *labels: str) -> Resource:
    """Describe a metric; `shape` is its kind and value type."""
    metric_kind, value_type = shape.split()
    return {
        "type": kind,
        "displayName": name,
        "description": f"{name}.",
        "metricKind": metric_kind,
        "valueType": value_type,
        "unit": unit,
        "labels": [{"key": label} for label in labels],
        "monitoredResourceTypes": resources.split(),
        "launchStage": "GA",
    }


RESOURCES = [
    _resource("global", "Global"),
    _resource(
        "cloud_run_revision",
        "Cloud Run Revision",
        *("location", "service_name", "configuration_name", "revision_name"),
    ),
    _resource("cloud_run_job", "Cloud Run Job", "location", "job_name"),
    _resource("cloudsql_database", "Cloud SQL Database", "database_id", "region"),
    _resource("redis_instance", "Cloud Memorystore Redis Instance", "instance_id", "node_id", "region"),
    _resource("uptime_url", "Uptime Check URL", "host"),
    _resource("cloud_scheduler_job", "Cloud Scheduler Job", "job_id", "location"),
    _resource("build", "Cloud Build", "build_id", "build_trigger_id"),
    _resource("audited_resource", "Audited Resource", "service", "method"),
]
_RUN, _CHECK = "run.googleapis.com", "monitoring.googleapis.com/uptime_check"
_PROBE = ("check_id", "checker_location", "checked_resource_id")
METRICS = [
    _metric(
        f"{_RUN}/request_count",
        "Request Count",
        "DELTA INT64",
        "1",
        "cloud_run_revision",
        *("response_code", "response_code_class", "route"),
    ),
    _metric(
        f"{_RUN}/request_latencies",
        "Request Latency",
        "DELTA DISTRIBUTION",
        "ms",
        "cloud_run_revision",
        *("response_code", "response_code_class", "route"),
    ),
    _metric(f"{_RUN}/container/instance_count", "Instance Count", "GAUGE INT64", "1", "cloud_run_revision", "state"),
    _metric(
        f"{_RUN}/container/cpu/utilizations",
        "Container CPU Utilization",
        "DELTA DISTRIBUTION",
        "10^2.%",
        "cloud_run_revision",
        "container_name",
    ),
    _metric(
        f"{_RUN}/container/memory/utilizations",
        "Container Memory Utilization",
        "DELTA DISTRIBUTION",
        "10^2.%",
        "cloud_run_revision",
        "container_name",
    ),
    _metric("cloudsql.googleapis.com/database/up", "Server up", "GAUGE INT64", "1", "cloudsql_database"),
    _metric("redis.googleapis.com/server/uptime", "Server uptime", "GAUGE INT64", "s", "redis_instance", "role"),
    _metric("redis.googleapis.com/clients/connected", "Clients", "GAUGE INT64", "1", "redis_instance", "role"),
    _metric(f"{_CHECK}/check_passed", "Check passed", "GAUGE BOOL", "1", "uptime_url", *_PROBE),
    _metric(f"{_CHECK}/http_status", "HTTP status", "GAUGE INT64", "1", "uptime_url", *_PROBE),
    _metric(f"{_CHECK}/request_latency", "Request latency", "GAUGE DOUBLE", "ms", "uptime_url", *_PROBE),
]
METRIC_OF = {metric["type"]: metric for metric in METRICS}
RESOURCE_OF = {resource["type"]: resource for resource in RESOURCES}
