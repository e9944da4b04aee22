"""Services and revisions, v1 ↔ v2: pure views. https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from netra_sandbox.kernel.errors import invalid
from netra_sandbox.services.cloud_run import names
from netra_sandbox.services.cloud_run import traffic as traffics
from netra_sandbox.services.cloud_run.v1 import annotated, conditions, templates
from netra_sandbox.services.cloud_run.v1.annotated import FLAG, JSON, NUMBER, TEXT, Row, choice

Resource = dict[str, Any]
API_VERSION = "serving.knative.dev/v1"
LOCATION = "cloud.googleapis.com/location"
SERVICE = "serving.knative.dev/service"
OPERATION = "run.googleapis.com/operation-id"
INGRESS = "run.googleapis.com/ingress"
INGRESSES = {
    "all": "INGRESS_TRAFFIC_ALL",
    "internal": "INGRESS_TRAFFIC_INTERNAL_ONLY",
    "internal-and-cloud-load-balancing": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
    "none": "INGRESS_TRAFFIC_NONE",
}
ROWS = (
    Row(INGRESS, ("ingress",), choice(INGRESSES)),
    Row("run.googleapis.com/launch-stage", ("launchStage",), TEXT),
    Row("run.googleapis.com/description", ("description",), TEXT),
    Row("run.googleapis.com/client-name", ("client",), TEXT),
    Row("run.googleapis.com/client-version", ("clientVersion",), TEXT),
    Row("run.googleapis.com/invoker-iam-disabled", ("invokerIamDisabled",), FLAG),
    Row("run.googleapis.com/default-url-disabled", ("defaultUriDisabled",), FLAG),
    Row("run.googleapis.com/iap-enabled", ("iapEnabled",), FLAG),
    Row("run.googleapis.com/custom-audiences", ("customAudiences",), JSON),
    Row("run.googleapis.com/minScale", ("scaling", "minInstanceCount"), NUMBER),
    Row("run.googleapis.com/maxScale", ("scaling", "maxInstanceCount"), NUMBER),
    Row("run.googleapis.com/manualInstanceCount", ("scaling", "manualInstanceCount"), NUMBER),
    Row(
        "run.googleapis.com/scalingMode",
        ("scaling", "scalingMode"),
        choice({"automatic": "AUTOMATIC", "manual": "MANUAL"}),
    ),
    Row("run.googleapis.com/binary-authorization-breakglass", ("binaryAuthorization", "breakglassJustification"), TEXT),
)
OUTPUT_ONLY = (
    OPERATION,
    "run.googleapis.com/ingress-status",
    "run.googleapis.com/urls",
    "serving.knative.dev/creator",
    "serving.knative.dev/lastModifier",
)


def service_to_v2(service: Mapping[str, Any], location: str) -> Resource:
    """Return what a client set in a v1 Service, as fields of v2; status and what only the server sets is ignored."""
    metadata, spec = service.get("metadata") or {}, service.get("spec") or {}
    given = metadata.get("annotations") or {}
    annotated.refuse_unknown(given, (*(row.annotation for row in ROWS), *OUTPUT_ONLY), "metadata")
    result = annotated.read(ROWS, given, "metadata")
    result |= {key: found for key in ("labels", "annotations") if (found := annotated.of_users(metadata.get(key)))}
    result["template"] = templates.revision_to_v2(spec.get("template") or {}, location)
    result["traffic"] = [_target_to_v2(target) for target in spec.get("traffic") or []]
    return result


def service_to_v1(service: Mapping[str, Any], project_number: str, operation: str = "") -> Resource:
    """Return a v2 Service as v1 shows it; `operation` is the id of the operation that still works on it."""
    name = names.ServiceName.parse(service["name"])
    shown = {key: value for key, value in service.items() if (key, value) != ("launchStage", "GA")}
    given = dict(service.get("annotations") or {}) | annotated.written(ROWS, shown)
    given |= {
        "run.googleapis.com/ingress-status": given[INGRESS],
        "run.googleapis.com/urls": json.dumps(service["urls"], separators=(",", ":")),
        "serving.knative.dev/creator": service["creator"],
        "serving.knative.dev/lastModifier": service["lastModifier"],
    }
    if operation:
        given[OPERATION] = operation
    metadata = object_meta(service, "services", name.service, project_number, name.region)
    metadata["annotations"] = given
    latest = names.short_name(service.get("latestReadyRevision", ""))
    status: Resource = {
        "observedGeneration": _observed(service),
        "conditions": [conditions.to_v1(item) for item in _conditions(service)],
        "latestCreatedRevisionName": names.short_name(service.get("latestCreatedRevision", "")),
        "latestReadyRevisionName": latest,
        "traffic": [_status_to_v1(target, latest) for target in service.get("trafficStatuses") or []],
        "url": service["uri"],
        "address": {"url": service["uri"]},
    }
    spec = {
        "template": templates.revision_to_v1(service["template"]),
        "traffic": [_target_to_v1(target) for target in service["traffic"]],
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "Service",
        "metadata": metadata,
        "spec": spec,
        "status": {key: value for key, value in status.items() if value not in ("", [])},
    }


def revision_to_v1(revision: Mapping[str, Any], project_number: str) -> Resource:
    """Return a v2 Revision as v1 shows it."""
    name = names.ServiceName.parse(revision["name"])
    template = templates.revision_to_v1({key: value for key, value in revision.items() if key != "revision"})
    metadata = object_meta(revision, "revisions", names.short_name(revision["name"]), project_number, name.region)
    metadata["annotations"] = template["metadata"]["annotations"] | {"serving.knative.dev/creator": revision["creator"]}
    metadata["labels"] |= {
        SERVICE: name.service,
        "serving.knative.dev/configuration": name.service,
        "serving.knative.dev/route": name.service,
        "serving.knative.dev/configurationGeneration": str(names.revision_number(revision["name"]) or 1),
    }
    minimum = revision.get("scalingStatus", {}).get("desiredMinInstanceCount", 0)
    status = {
        "observedGeneration": int(revision["observedGeneration"]),
        "conditions": [conditions.to_v1(item) for item in revision["conditions"]],
        "logUrl": revision["logUri"],
        "serviceName": name.service,
        "imageDigest": template["spec"]["containers"][0]["image"],
    } | ({"desiredReplicas": minimum} if minimum else {})
    spec = template["spec"]
    return {"apiVersion": API_VERSION, "kind": "Revision", "metadata": metadata, "spec": spec, "status": status}


def object_meta(resource: Mapping[str, Any], collection: str, short: str, project_number: str, region: str) -> Resource:
    """Return the metadata that all of v1's objects have."""
    group = f"/apis/{API_VERSION}" if collection in {"services", "revisions"} else "/apis/run.googleapis.com/v1"
    deleted = {"deletionTimestamp": resource["deleteTime"]} if resource.get("deleteTime") else {}
    return deleted | {
        "name": short,
        "namespace": project_number,
        "selfLink": f"{group}/namespaces/{project_number}/{collection}/{short}",
        "uid": resource["uid"],
        "resourceVersion": resource["etag"].strip('"'),
        "generation": int(resource["generation"]),
        "creationTimestamp": resource["createTime"],
        "labels": dict(resource.get("labels") or {}) | {LOCATION: region},
    }


def _conditions(service: Mapping[str, Any]) -> list[Resource]:
    """Return all conditions, none of a service that was only validated."""
    return [item for item in (service.get("terminalCondition"), *(service.get("conditions") or [])) if item]


def _observed(service: Mapping[str, Any]) -> int:
    """Return v1's observedGeneration: it follows a failure too, where v2's stays at what is served."""
    return int(service.get("observedGeneration", 0) if service.get("reconciling") else service["generation"])


def _target_to_v2(target: Mapping[str, Any]) -> Resource:
    latest, revision = bool(target.get("latestRevision")), target.get("revisionName") or ""
    if latest and revision:
        words = "revisionName must not be set when latestRevision is true."
        raise invalid(f"spec.traffic: {words}", field="spec.traffic.revisionName", description=words)
    if not latest and not revision:
        words = "one of revisionName and latestRevision must be set."
        raise invalid(f"spec.traffic: {words}", field="spec.traffic.revisionName", description=words)
    result: Resource = {"type": traffics.LATEST} if latest else {"type": traffics.REVISION, "revision": revision}
    return result | {key: target[key] for key in ("percent", "tag") if target.get(key)}


def _target_to_v1(target: Mapping[str, Any]) -> Resource:
    result: Resource = {"revisionName": target["revision"]} if target.get("revision") else {"latestRevision": True}
    return result | {key: target[key] for key in ("percent", "tag") if target.get(key)}


def _status_to_v1(target: Mapping[str, Any], latest: str) -> Resource:
    """Return a target as it is served: v1 names the revision behind the latest one too."""
    result = _target_to_v1(target) | {"revisionName": target.get("revision") or latest}
    return result | ({"url": target["uri"]} if target.get("uri") else {})
