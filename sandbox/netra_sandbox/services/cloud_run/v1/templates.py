"""Revision and task templates, v1 ↔ v2; pure in both directions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from netra_sandbox.kernel.errors import invalid
from netra_sandbox.services.cloud_run.v1 import annotated, containers
from netra_sandbox.services.cloud_run.v1.annotated import FLAG, JSON, NUMBER, TEXT, Row, choice

Resource = dict[str, Any]
CLOUD_SQL = "cloudsql"  # the name of the volume behind the annotation, mounted below /cloudsql
CLOUD_SQL_PATH = "/cloudsql"
CONNECTOR = "run.googleapis.com/vpc-access-connector"
CLOUD_SQL_INSTANCES = "run.googleapis.com/cloudsql-instances"
THROTTLING = "run.googleapis.com/cpu-throttling"
BOOST = "run.googleapis.com/startup-cpu-boost"
DEPENDENCIES = "run.googleapis.com/container-dependencies"
SECRETS = "run.googleapis.com/secrets"
ACCELERATOR = "run.googleapis.com/accelerator"
ENVIRONMENTS = {"gen1": "EXECUTION_ENVIRONMENT_GEN1", "gen2": "EXECUTION_ENVIRONMENT_GEN2"}
EGRESS = {"all-traffic": "ALL_TRAFFIC", "all": "ALL_TRAFFIC", "private-ranges-only": "PRIVATE_RANGES_ONLY"}
_EGRESS = choice(EGRESS)
SHARED = (
    Row(CONNECTOR, ("vpcAccess", "connector"), TEXT),
    Row(
        "run.googleapis.com/vpc-access-egress",
        ("vpcAccess", "egress"),
        annotated.Codec(
            {"ALL_TRAFFIC": "all-traffic", "PRIVATE_RANGES_ONLY": "private-ranges-only"}.__getitem__, _EGRESS.read
        ),
    ),
    Row("run.googleapis.com/network-interfaces", ("vpcAccess", "networkInterfaces"), JSON),
    Row("run.googleapis.com/execution-environment", ("executionEnvironment",), choice(ENVIRONMENTS)),
    Row("run.googleapis.com/encryption-key", ("encryptionKey",), TEXT),
)
REVISION = (
    Row("autoscaling.knative.dev/minScale", ("scaling", "minInstanceCount"), NUMBER),
    Row("autoscaling.knative.dev/maxScale", ("scaling", "maxInstanceCount"), NUMBER),
    Row("run.googleapis.com/sessionAffinity", ("sessionAffinity",), FLAG),
    Row("run.googleapis.com/health-check-disabled", ("healthCheckDisabled",), FLAG),
    *SHARED,
)
# Who deployed last; v2 says it of the whole resource.
CLIENT = ("run.googleapis.com/client-name", "run.googleapis.com/client-version")
_BY_HAND = (CLOUD_SQL_INSTANCES, THROTTLING, BOOST, DEPENDENCIES, SECRETS, *CLIENT)
_WHERE = "spec.template.metadata"


def revision_to_v2(template: Mapping[str, Any], location: str) -> Resource:
    """Return a v1 RevisionTemplate as v2 has it; `location` (projects/P/locations/L) completes short names."""
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    given = metadata.get("annotations") or {}
    annotated.refuse_unknown(given, (*(row.annotation for row in REVISION), *_BY_HAND), _WHERE)
    result = annotated.read(REVISION, given, _WHERE) | shared_to_v2(spec, given, location)
    if metadata.get("name"):
        result["revision"] = metadata["name"]
    if spec.get("containerConcurrency"):
        result["maxInstanceRequestConcurrency"] = spec["containerConcurrency"]
    result |= {key: found for key in ("labels", "annotations") if (found := annotated.of_users(metadata.get(key)))}
    for container in result["containers"]:
        resources = container.setdefault("resources", {})
        resources["cpuIdle"] = given.get(THROTTLING, "true").lower() == "true"
        if given.get(BOOST, "").lower() == "true":
            resources["startupCpuBoost"] = True
    return result


def revision_to_v1(template: Mapping[str, Any]) -> Resource:
    """Return a v2 RevisionTemplate, or a Revision, as a v1 RevisionTemplate."""
    spec, given = shared_to_v1(template)
    if template.get("maxInstanceRequestConcurrency"):
        spec["containerConcurrency"] = template["maxInstanceRequestConcurrency"]
    resources = (template.get("containers") or [{}])[0].get("resources") or {}
    given[THROTTLING] = "true" if resources.get("cpuIdle") else "false"
    if resources.get("startupCpuBoost"):
        given[BOOST] = "true"
    given |= annotated.written(REVISION, template) | dict(template.get("annotations") or {})
    metadata: Resource = {"annotations": given}
    if template.get("labels"):
        metadata["labels"] = dict(template["labels"])
    if template.get("revision"):
        metadata["name"] = template["revision"]
    return {"metadata": metadata, "spec": spec}


def shared_to_v2(spec: Mapping[str, Any], given: Mapping[str, str], location: str) -> Resource:
    """Return what revisions and tasks have in common, as v2 has it."""
    aliases = _aliases(given.get(SECRETS, ""))
    result = annotated.read(SHARED, given, _WHERE)
    result["containers"] = [
        containers.container_to_v2(item, lambda name: aliases.get(name, name)) for item in spec.get("containers") or []
    ]
    volumes = [
        containers.volume_to_v2(item, lambda name: aliases.get(name, name)) for item in spec.get("volumes") or []
    ]
    connector = result.get("vpcAccess", {}).get("connector", "")
    if connector and "/" not in connector:
        result["vpcAccess"]["connector"] = f"{location}/connectors/{connector}"
    if given.get(CLOUD_SQL_INSTANCES):
        instances = given[CLOUD_SQL_INSTANCES].split(",")
        volumes.append({"name": CLOUD_SQL, "cloudSqlInstance": {"instances": instances}})
        for container in result["containers"]:
            container.setdefault("volumeMounts", []).append({"name": CLOUD_SQL, "mountPath": CLOUD_SQL_PATH})
    for name, wanted in _dependencies(given.get(DEPENDENCIES, "")).items():
        for container in result["containers"]:
            if container.get("name") == name:
                container["dependsOn"] = wanted
    if volumes:
        result["volumes"] = volumes
    if spec.get("timeoutSeconds"):
        result["timeout"] = f"{spec['timeoutSeconds']}s"
    if spec.get("serviceAccountName"):
        result["serviceAccount"] = spec["serviceAccountName"]
    if (spec.get("nodeSelector") or {}).get(ACCELERATOR):
        result["nodeSelector"] = {"accelerator": spec["nodeSelector"][ACCELERATOR]}
    return result


def shared_to_v1(template: Mapping[str, Any]) -> tuple[Resource, dict[str, str]]:
    """Return what revisions and tasks have in common: the v1 spec, and the annotations beside it."""
    names = _Secrets()
    sql = [volume for volume in template.get("volumes") or [] if "cloudSqlInstance" in volume]
    hidden = {volume["name"] for volume in sql}
    spec: Resource = {"containers": []}
    given: dict[str, str] = {}
    for container in template.get("containers") or []:
        shown = containers.container_to_v1(container, names.name)
        mounts = [mount for mount in shown.pop("volumeMounts", []) if mount["name"] not in hidden]
        spec["containers"].append(shown | ({"volumeMounts": mounts} if mounts else {}))
    volumes = [
        containers.volume_to_v1(volume, names.name)
        for volume in template.get("volumes") or []
        if volume["name"] not in hidden
    ]
    if volumes:
        spec["volumes"] = volumes
    if sql:
        given[CLOUD_SQL_INSTANCES] = ",".join(
            item for volume in sql for item in volume["cloudSqlInstance"]["instances"]
        )
    dependencies = {
        item["name"]: item["dependsOn"] for item in template.get("containers") or [] if item.get("dependsOn")
    }
    if dependencies:
        given[DEPENDENCIES] = JSON.write(dependencies)
    if names.aliases:
        given[SECRETS] = ",".join(f"{alias}:{full}" for full, alias in names.aliases.items())
    if template.get("timeout"):
        spec["timeoutSeconds"] = int(float(template["timeout"].removesuffix("s")))
    if template.get("serviceAccount"):
        spec["serviceAccountName"] = template["serviceAccount"]
    if template.get("nodeSelector"):
        spec["nodeSelector"] = {ACCELERATOR: template["nodeSelector"]["accelerator"]}
    return spec, given


class _Secrets:
    """Short names are v1's own; a secret's full name needs an alias, which the annotation explains."""

    def __init__(self) -> None:
        self.aliases: dict[str, str] = {}

    def name(self, secret: str) -> str:
        if "/" not in secret:
            return secret
        return self.aliases.setdefault(secret, f"secret-{len(self.aliases) + 1}")


def _aliases(text: str) -> dict[str, str]:
    pairs = (item.partition(":") for item in text.split(",") if ":" in item)
    return {alias: full for alias, _colon, full in pairs}


def _dependencies(text: str) -> dict[str, list[str]]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise invalid(f"{DEPENDENCIES} must be a JSON object.", field=f"{_WHERE}.annotations[{DEPENDENCIES}]")
    return found
