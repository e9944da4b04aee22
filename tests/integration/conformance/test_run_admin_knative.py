# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The v1 view: the same services as Knative objects, at the regional host."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
import run_admin

SERVICES = f"{run_admin.KNATIVE}.services"
GCLOUD = "gcloud's requests and what it needs of their answers (api_lib/run, command_lib/run)"
LATEST = [{"latestRevision": True, "percent": 100}]


def knative(target: Any, path: str = "services", namespace: str = "") -> str:
    """Return the address of something in a namespace."""
    host = f"{target.region}-{run_admin.HOST}"
    return f"{host}/apis/serving.knative.dev/v1/namespaces/{namespace or target.project}/{path}"


def body_of(target: Any, name: str, image: str, **spec: Any) -> dict[str, Any]:
    """Return a v1 service of one container."""
    template = {"spec": {"containers": [{"image": image}], **spec}}
    metadata = {"name": name, "namespace": target.project}
    spec = {"template": template, "traffic": LATEST}
    return {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": metadata, "spec": spec}


@pytest.fixture(scope="module")
def deployed(services: Any) -> Any:
    """Deploy one service through v2 that the cases only read."""
    return services.deploy()


def shown(service: Any) -> dict[str, Any]:
    """Return a service as v1 shows it."""
    return dict(service.target.call("GET", knative(service.target, f"services/{service.name}")))


def ready(service: dict[str, Any]) -> str:
    return str(next(item["status"] for item in service["status"]["conditions"] if item["type"] == "Ready"))


CLAIMS: list[tuple[str, Callable[[dict[str, Any]], bool]]] = [
    ("kind and version", lambda it: (it["apiVersion"], it["kind"]) == ("serving.knative.dev/v1", "Service")),
    ("the namespace is the project's number", lambda it: it["metadata"]["namespace"].isdigit()),
    ("the generation is observed", lambda it: it["metadata"]["generation"] == it["status"]["observedGeneration"] == 1),
    ("it is ready", lambda it: ready(it) == "True"),
    (
        "conditions",
        lambda it: {c["type"] for c in it["status"]["conditions"]} == {"Ready", "ConfigurationsReady", "RoutesReady"},
    ),
    ("traffic is asked for", lambda it: it["spec"]["traffic"] == LATEST),
    (
        "traffic names the revision",
        lambda it: it["status"]["traffic"][0]["revisionName"] == it["status"]["latestReadyRevisionName"],
    ),
    ("its address", lambda it: it["status"]["url"] == it["status"]["address"]["url"]),
    ("its region", lambda it: "cloud.googleapis.com/location" in it["metadata"]["labels"]),
    ("ingress", lambda it: it["metadata"]["annotations"]["run.googleapis.com/ingress-status"] == "all"),
    ("its creator", lambda it: "@" in it["metadata"]["annotations"]["serving.knative.dev/creator"]),
    ("its operation", lambda it: "run.googleapis.com/operation-id" in it["metadata"]["annotations"]),
    ("concurrency", lambda it: it["spec"]["template"]["spec"]["containerConcurrency"] == 80),
    ("time-out", lambda it: it["spec"]["template"]["spec"]["timeoutSeconds"] == 300),
    (
        "most instances",
        lambda it: it["spec"]["template"]["metadata"]["annotations"]["autoscaling.knative.dev/maxScale"] == "100",
    ),
]


@pytest.mark.source("public", SERVICES)
@pytest.mark.parametrize("holds", [claim for _, claim in CLAIMS], ids=[name for name, _ in CLAIMS])
def test_of_a_service_in_v1(deployed: Any, holds: Callable[[dict[str, Any]], bool]) -> None:
    assert holds(shown(deployed))


@pytest.mark.source("public", SERVICES)
def test_a_namespace_is_a_project_by_name_or_number(deployed: Any) -> None:
    first = shown(deployed)
    number = first["metadata"]["namespace"]
    assert deployed.target.call("GET", knative(deployed.target, f"services/{deployed.name}", number)) == first


@pytest.mark.source("observed", GCLOUD)
def test_all_locations_are_listed_at_the_global_host(deployed: Any) -> None:
    url = f"{run_admin.HOST}/v1/projects/{deployed.target.project}/locations/-/services"
    listed = deployed.target.call("GET", url)
    assert listed["kind"] == "ServiceList"
    assert deployed.name in {item["metadata"]["name"] for item in listed["items"]}


@pytest.mark.source("observed", GCLOUD)
def test_revisions_are_chosen_by_the_label_of_their_service(deployed: Any) -> None:
    selector = f"serving.knative.dev/service = {deployed.name}"
    [revision] = deployed.target.call("GET", knative(deployed.target, "revisions"), labelSelector=selector)["items"]
    name = revision["metadata"]["name"]
    assert name == shown(deployed)["status"]["latestReadyRevisionName"]
    assert deployed.target.call("GET", knative(deployed.target, f"revisions/{name}")) == revision


@pytest.mark.source("public", f"{SERVICES}/replaceService")
def test_a_put_of_traffic_makes_no_revision(services: Any) -> None:
    service = services.deploy({"timeout": "77s", "sessionAffinity": True}, public=False)
    before = shown(service)
    revision = before["status"]["latestReadyRevisionName"]
    before["spec"]["traffic"] = [{"revisionName": revision, "percent": 100, "tag": "good"}]
    service.target.call("PUT", knative(service.target, f"services/{service.name}"), before)
    after = service.target.until(lambda: shown(service), lambda seen: ready(seen) == "True")
    assert after["status"]["latestCreatedRevisionName"] == revision
    assert after["status"]["traffic"][0]["url"].startswith("https://good---")
    assert service.read()["template"]["timeout"] == "77s"


@pytest.mark.source("public", f"{SERVICES}/replaceService")
def test_a_put_of_a_template_rolls_out_and_its_operation_tells(services: Any) -> None:
    service = services.deploy(public=False)
    cloud, wanted = service.target, shown(service)
    wanted["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "RELEASE", "value": "two"}]
    begun = cloud.call("PUT", knative(cloud, f"services/{service.name}"), wanted)
    assert ready(begun) == "Unknown"
    operation = begun["metadata"]["annotations"]["run.googleapis.com/operation-id"]
    url = f"{cloud.region}-{run_admin.HOST}/v1/{cloud.location}/operations/{operation}:wait"
    done = cloud.call("POST", url, {"timeout": "30s"})
    assert (done["done"], done["response"]["kind"], ready(done["response"])) == (True, "Service", "True")
    assert service.read()["template"]["containers"][0]["env"] == [{"name": "RELEASE", "value": "two"}]


@pytest.mark.source("public", "https://cloud.google.com/run/docs/reference/rest/v1/ObjectMeta")
def test_an_old_resource_version_is_a_conflict(deployed: Any) -> None:
    old = shown(deployed)
    old["metadata"]["resourceVersion"] = "stale"
    refused = deployed.target.refusal("PUT", knative(deployed.target, f"services/{deployed.name}"), old)
    assert (refused["code"], refused["status"]) == (409, "ABORTED")


@pytest.mark.source("public", f"{SERVICES}/create")
def test_a_dry_run_stores_nothing(cloud: Any, services: Any) -> None:
    name = cloud.fresh("dry")
    made = cloud.call("POST", knative(cloud), body_of(cloud, name, services.image), dryRun="all")
    assert made["spec"]["template"]["spec"]["timeoutSeconds"] == 300
    assert cloud.send("GET", knative(cloud, f"services/{name}")).status_code == 404


@pytest.mark.source("public", SERVICES)
def test_a_service_is_made_in_v1_read_in_v2_and_deleted(cloud: Any, services: Any) -> None:
    name = cloud.fresh("knative")
    body = body_of(cloud, name, services.image, timeoutSeconds=30)
    body["metadata"]["annotations"] = {"run.googleapis.com/ingress": "internal"}
    body["spec"]["template"]["metadata"] = {"annotations": {"autoscaling.knative.dev/maxScale": "3"}}
    cloud.call("POST", knative(cloud), body)
    made = cloud.until(
        lambda: cloud.call("GET", run_admin.url(cloud, "services", name)), lambda seen: not seen.get("reconciling")
    )
    assert made["ingress"] == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    assert (made["template"]["timeout"], made["template"]["scaling"]) == ("30s", {"maxInstanceCount": 3})
    assert cloud.call("DELETE", knative(cloud, f"services/{name}"))["status"] == "Success"
    url = run_admin.url(cloud, "services", name)
    cloud.until(lambda: cloud.send("GET", url).status_code, lambda status: status == 404)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"containers": [{"image": "i", "ports": [{}, {}]}]}, "spec.template.spec.containers[0].ports"),
        ({"timeoutSeconds": 3601}, "spec.template.spec.timeoutSeconds"),
        ({"containerConcurrency": 1001}, "spec.template.spec.containerConcurrency"),
    ],
)
@pytest.mark.source("observed", "public issue threads: 'The request has errors'")
def test_a_refusal_names_the_field_of_v1(cloud: Any, change: dict[str, Any], field: str) -> None:
    body = body_of(cloud, cloud.fresh("no"), "us-docker.pkg.dev/cloudrun/container/hello")
    body["spec"]["template"]["spec"] |= change
    refused = cloud.refusal("POST", knative(cloud), body, dryRun="all")
    assert (refused["code"], refused["message"]) == (400, "The request has errors")
    assert refused["details"][0]["fieldViolations"][0]["field"] == field


@pytest.mark.parametrize(
    ("where", "value", "field"),
    [
        ("kind", "Thing", "kind"),
        ("apiVersion", "v9", "apiVersion"),
        ("metadata", {"name": "x", "namespace": "another"}, "metadata.namespace"),
    ],
)
@pytest.mark.source("public", f"{SERVICES}/create")
def test_an_object_says_what_it_is(cloud: Any, where: str, value: Any, field: str) -> None:
    body = body_of(cloud, cloud.fresh("no"), "us-docker.pkg.dev/cloudrun/container/hello") | {where: value}
    refused = cloud.refusal("POST", knative(cloud), body, dryRun="all")
    assert refused["details"][0]["fieldViolations"][0]["field"] == field


@pytest.mark.source("public", f"{SERVICES}/create")
def test_a_dry_run_is_for_all_or_not_at_all(cloud: Any, services: Any) -> None:
    body = body_of(cloud, cloud.fresh("no"), services.image)
    assert cloud.refusal("POST", knative(cloud), body, dryRun="some")["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("observed", GCLOUD)
def test_both_versions_share_one_policy(services: Any) -> None:
    service = services.deploy()
    url = f"{run_admin.HOST}/v1/{service.target.location}/services/{service.name}"
    policy = service.target.call("GET", f"{url}:getIamPolicy")
    assert policy == service.target.call("GET", f"{service.url}:getIamPolicy")
    # A client may write the etag's bytes in the alphabet that is safe in addresses.
    etag = base64.urlsafe_b64encode(base64.b64decode(policy["etag"])).decode()
    written = service.target.call("POST", f"{url}:setIamPolicy", {"policy": {**policy, "etag": etag, "bindings": []}})
    assert "bindings" not in written
