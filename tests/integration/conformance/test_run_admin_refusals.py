# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Cloud Run refuses of services and jobs. Each request only validates: nothing comes of one let through."""

from __future__ import annotations

from typing import Any

import pytest
import run_admin

IMAGE = "us-docker.pkg.dev/cloudrun/container/hello"
DOCUMENTS = "https://cloud.google.com/run/docs"
SERVICES, JOBS = f"{run_admin.REFERENCE}.services", f"{run_admin.REFERENCE}.jobs"
PATHS = f"{DOCUMENTS}/configuring/services/secrets#disallowed_paths_and_limitations"
VOLUMES = f"{run_admin.REFERENCE}.services#SecretVolumeSource"
OBSERVED = "google-cloud-python #11870, #14259; terraform-provider-google #14569"


def container(**fields: Any) -> dict[str, Any]:
    return {"containers": [{"image": IMAGE, **fields}]}


def template(**fields: Any) -> dict[str, Any]:
    return {"template": {**container(), **fields}}


def limits(**found: str) -> dict[str, Any]:
    return {"template": container(resources={"limits": found})}


def case(name: str, reference: str, body: dict[str, Any], words: str, field: str = "", *, kind: str = "public") -> Any:
    mark = pytest.mark.source(kind, reference)
    return pytest.param(body, words, field, id=name, marks=mark)


def mounting(*paths: str) -> dict[str, Any]:
    mounts = [{"name": "v", "mountPath": path} for path in paths]
    return {"template": {**container(volumeMounts=mounts), "volumes": [{"name": "v", "emptyDir": {}}]}}


def secret(**item: str) -> dict[str, Any]:
    return template(volumes=[{"name": "v", "secret": {"secret": "s", "items": [item]}}])


MANY = {f"key{number}": "x" for number in range(65)}
LATEST_HALF = [{"type": run_admin.LATEST, "percent": 50}]
TAGS = [{"type": run_admin.LATEST, "percent": 100, "tag": "same"}, run_admin.to("x-1", 0, tag="same")]
SIDECARS = {"containers": [{"image": IMAGE, "ports": [{}]}, {"image": IMAGE, "ports": [{}]}]}
ACCESS = {"connector": "projects/p/locations/l/connectors/c", "networkInterfaces": [{"network": "n"}]}
SERVICE_CASES = [
    case("no container", SERVICES, {"template": {}}, "at least one container", "template.containers"),
    case("no image", SERVICES, {"template": {"containers": [{}]}}, "image is required", "containers[0].image"),
    case(
        "image of another registry",
        f"{DOCUMENTS}/deploying#images",
        {"template": {"containers": [{"image": "registry.example.com/a/b"}]}},
        "Expected an image path like [host/]repo-path[:tag and/or @digest]",
        "containers[0].image",
    ),
    case(
        "two ports",
        SERVICES,
        {"template": container(ports=[{"containerPort": 1}, {"containerPort": 2}])},
        "ports should contain 0 or 1 port.",
        "Violation in CreateServiceRequest.service.template.containers[0].ports",
        kind="observed",
    ),
    case("port 70000", SERVICES, {"template": container(ports=[{"containerPort": 70000}])}, "between 1 and 65535"),
    case("port name", SERVICES, {"template": container(ports=[{"name": "http9"}])}, "http1 or h2c", "ports[0].name"),
    case("two ingress containers", f"{DOCUMENTS}/deploying#sidecars", {"template": SIDECARS}, "exactly one container"),
    case("reserved PORT", f"{DOCUMENTS}/container-contract", {"template": container(env=[{"name": "PORT"}])}, "PORT"),
    case(
        "reserved K_SERVICE",
        f"{DOCUMENTS}/container-contract",
        {"template": container(env=[{"name": "K_SERVICE", "value": "x"}])},
        "reserved env names were provided: K_SERVICE",
    ),
    case("variable twice", SERVICES, {"template": container(env=[{"name": "A"}, {"name": "A"}])}, "must be unique: A"),
    case(
        "variable of 33 KB",
        f"{DOCUMENTS}/../quotas",
        {"template": container(env=[{"name": "A", "value": "x" * 33000}])},
        "32 KiB",
    ),
    case("variable without name", SERVICES, {"template": container(env=[{"value": "x"}])}, "name is required"),
    case(
        "1001 variables",
        f"{DOCUMENTS}/../quotas",
        {"template": container(env=[{"name": f"V{number}"} for number in range(1001)])},
        "at most 1000",
    ),
    case(
        "secret without name",
        SERVICES,
        {"template": container(env=[{"name": "A", "valueSource": {"secretKeyRef": {}}}])},
        "secret is required",
    ),
    case(
        "timeout of 3601 s", f"{DOCUMENTS}/configuring/request-timeout", template(timeout="3601s"), "between 1 and 3600"
    ),
    case(
        "concurrency 1001",
        f"{DOCUMENTS}/about-concurrency",
        template(maxInstanceRequestConcurrency=1001),
        "between 0 and 1000",
        "service.template.max_instance_request_concurrency",
    ),
    case(
        "minimum above maximum",
        SERVICES,
        template(scaling={"minInstanceCount": 3, "maxInstanceCount": 2}),
        "less than or equal to max_instance_count",
    ),
    case("negative minimum", SERVICES, template(scaling={"minInstanceCount": -1}), "should not be negative"),
    case(
        "start-up probe of 241 s",
        f"{DOCUMENTS}/configuring/healthchecks",
        {"template": container(startupProbe={"periodSeconds": 241})},
        "between 1 and 240",
        "startup_probe.period_seconds",
    ),
    case(
        "start-up delay of 241 s",
        f"{DOCUMENTS}/configuring/healthchecks",
        {"template": container(startupProbe={"initialDelaySeconds": 241})},
        "between 0 and 240",
    ),
    case(
        "liveness period of 3601 s",
        f"{DOCUMENTS}/configuring/healthchecks",
        {"template": container(livenessProbe={"periodSeconds": 3601, "httpGet": {"path": "/"}})},
        "between 1 and 3600",
        "liveness_probe.period_seconds",
    ),
    case(
        "probe timeout above its period",
        f"{DOCUMENTS}/configuring/healthchecks",
        {"template": container(startupProbe={"periodSeconds": 2, "timeoutSeconds": 3})},
        "must not exceed period_seconds",
    ),
    case(
        "liveness by TCP",
        "https://github.com/hashicorp/terraform-provider-google/releases/tag/v4.51.0",
        {"template": container(livenessProbe={"tcpSocket": {}})},
        "for startup probes only",
        "liveness_probe.tcp_socket",
    ),
    case(
        "probe with two actions",
        f"{SERVICES}#Probe",
        {"template": container(livenessProbe={"httpGet": {"path": "/"}, "grpc": {}})},
        "exactly one of",
    ),
    case("3 CPUs", f"{DOCUMENTS}/configuring/services/cpu", limits(cpu="3"), "Invalid value specified for cpu"),
    case(
        "8 GiB on 1 CPU",
        f"{DOCUMENTS}/configuring/services/memory-limits",
        limits(cpu="1", memory="8Gi"),
        "at least 2 CPUs",
    ),
    case("4 CPUs with 1 GiB", f"{DOCUMENTS}/configuring/services/cpu", limits(cpu="4", memory="1Gi"), "at least 2Gi"),
    case("64 GiB", f"{DOCUMENTS}/configuring/services/memory-limits", limits(cpu="8", memory="64Gi"), "32Gi"),
    case(
        "half a CPU for two requests",
        f"{DOCUMENTS}/configuring/services/cpu",
        {"template": {**limits(cpu="500m")["template"], "maxInstanceRequestConcurrency": 2}},
        "needs a concurrency of 1",
    ),
    case("connector by a path of its own", SERVICES, template(vpcAccess={"connector": "c"}), "should have the format"),
    case("connector and interface", SERVICES, template(vpcAccess=ACCESS), "mutually exclusive"),
    case(
        "two interfaces",
        SERVICES,
        template(vpcAccess={"networkInterfaces": [{"network": "a"}, {"network": "b"}]}),
        "0 or 1 interface",
    ),
    case("label of the system", SERVICES, {"labels": {"run.googleapis.com/x": "y"}, **template()}, "not supported"),
    case(
        "annotation of the system",
        SERVICES,
        {"annotations": {"autoscaling.knative.dev/maxScale": "1"}, **template()},
        "not supported",
        "service.annotations",
    ),
    case(
        "label in capitals", f"{DOCUMENTS}/configuring/labels", {"labels": {"Team": "a"}, **template()}, "label 'Team'"
    ),
    case("65 labels", f"{DOCUMENTS}/configuring/labels", {"labels": MANY, **template()}, "at most 64 labels"),
    case("description of 513 characters", SERVICES, {"description": "x" * 513, **template()}, "512"),
    case(
        "mount without volume",
        SERVICES,
        {"template": container(volumeMounts=[{"name": "v", "mountPath": "/v"}])},
        "'v'",
    ),
    case("mount at /proc", PATHS, mounting("/proc/keys"), "nothing can be mounted at /proc/keys"),
    case("mount twice at a place", PATHS, mounting("/v", "/v"), "mount_path should be unique"),
    case("mount that climbs", SERVICES, mounting("/v/../etc"), "absolute", "volume_mounts[0].mount_path"),
    case("file of a secret above its volume", VOLUMES, secret(path="../x", version="1"), "not contain '..'"),
    case("file of a secret without a version", VOLUMES, secret(path="x"), "version is required", "items[0].version"),
    case("volume twice", SERVICES, template(volumes=[{"name": "v", "emptyDir": {}}] * 2), "should be unique"),
    case("half of the traffic", SERVICES, {"traffic": LATEST_HALF, **template()}, "should sum to 100"),
    case("tag twice", SERVICES, {"traffic": TAGS, **template()}, "tag should be unique"),
    case(
        "tag of two letters",
        f"{DOCUMENTS}/rollouts-rollbacks-traffic-migration#tags",
        {"traffic": [{"type": run_admin.LATEST, "percent": 100, "tag": "ab"}], **template()},
        "at least 3 characters",
        "traffic[0].tag",
    ),
    case(
        "latest by name",
        SERVICES,
        {"traffic": [{"type": run_admin.LATEST, "revision": "x-1", "percent": 100}], **template()},
        "should be empty",
    ),
    case(
        "revision without name",
        SERVICES,
        {"traffic": [{"type": run_admin.REVISION, "percent": 100}], **template()},
        "revision is required",
    ),
    case(
        "revision without prefix",
        OBSERVED,
        template(revision="other-1"),
        "must be prefixed by the name of the enclosing Service or Configuration with a trailing -",
        "metadata.name",
        kind="observed",
    ),
    case(
        "a field that is not there",
        "https://run.googleapis.com/$discovery/rest?version=v2",
        {"template": {**container(), "replicas": 3}},
        "Unknown name \"replicas\" at 'service.template': Cannot find field.",
        "",
        kind="discovery",
    ),
]


@pytest.mark.parametrize(("body", "words", "field"), SERVICE_CASES)
def test_a_service_is_refused(cloud: Any, body: dict[str, Any], words: str, field: str) -> None:
    refused = cloud.refusal(
        "POST", run_admin.url(cloud, "services"), body, serviceId=cloud.fresh("no"), validateOnly=True
    )
    assert (refused["code"], refused["status"]) == (400, "INVALID_ARGUMENT")
    assert words in refused["message"]
    assert field in str(refused["details"][0]["fieldViolations"])


@pytest.mark.source("public", f"{SERVICES}/create")
@pytest.mark.parametrize("name", ["1st", "Upper", "trailing-", "under_score", "x" * 50, ""])
def test_a_service_id_is_a_dns_label_of_fewer_than_50_characters(cloud: Any, name: str) -> None:
    refused = cloud.refusal("POST", run_admin.url(cloud, "services"), template(), serviceId=name, validateOnly=True)
    assert refused["message"].startswith("Violation in CreateServiceRequest.service_id: Resource name must use only")


JOB_CASES = [
    case("11 retries", JOBS, {"template": {"template": {**container(), "maxRetries": 11}}}, "between 0 and 10"),
    case(
        "8 days",
        f"{DOCUMENTS}/configuring/task-timeout",
        {"template": {"template": {**container(), "timeout": "691200s"}}},
        "604800",
    ),
    case("10001 tasks", f"{DOCUMENTS}/../quotas", {"template": {"template": container(), "taskCount": 10001}}, "10000"),
    case(
        "a port",
        JOBS,
        {"template": {"template": container(ports=[{"containerPort": 80}])}},
        "should be empty for a job",
    ),
    case("no container", JOBS, {"template": {"template": {}}}, "at least one container"),
    case(
        "reserved variable",
        f"{DOCUMENTS}/container-contract#jobs-env-vars",
        {"template": {"template": container(env=[{"name": "CLOUD_RUN_TASK_INDEX", "value": "7"}])}},
        "CLOUD_RUN_TASK_INDEX",
    ),
]


@pytest.mark.parametrize(("body", "words", "field"), JOB_CASES)
def test_a_job_is_refused(cloud: Any, body: dict[str, Any], words: str, field: str) -> None:
    refused = cloud.refusal("POST", run_admin.url(cloud, "jobs"), body, jobId=cloud.fresh("no"), validateOnly=True)
    assert (refused["code"], refused["status"]) == (400, "INVALID_ARGUMENT")
    assert words in refused["message"]


@pytest.mark.source("public", f"{SERVICES}/list")
def test_v2_lists_one_location_at_a_time(cloud: Any) -> None:
    refused = cloud.refusal("GET", f"{run_admin.HOST}/v2/projects/{cloud.project}/locations/-/services")
    assert refused["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize("collection", ["services", "jobs"])
@pytest.mark.source("public", "https://cloud.google.com/apis/design/errors")
def test_what_is_not_there_is_not_found(cloud: Any, collection: str) -> None:
    refused = cloud.refusal("GET", run_admin.url(cloud, collection, cloud.fresh("nothing")))
    assert (refused["code"], refused["status"]) == (404, "NOT_FOUND")


@pytest.mark.source("public", "https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.operations/get")
def test_an_operation_that_is_not_there_is_not_found(cloud: Any) -> None:
    assert cloud.refusal("GET", run_admin.url(cloud, "operations", cloud.fresh("nothing")))["status"] == "NOT_FOUND"
