# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services in the Admin API: what the server fills in, roll-outs that fail and recover, traffic, etags, masks."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import google.api_core.exceptions
import pytest
import run_admin
from google.cloud import run_v2

SERVICES = f"{run_admin.REFERENCE}.services"
PUBLIC = "https://cloud.google.com/run/docs"
THREADS = "public issue threads about Cloud Run v2 (conditions of services and revisions)"
NOT_THE_PORT = {"command": ["python", "-c", "raise SystemExit(1)"]}
TO_LATEST = [{"type": run_admin.LATEST, "percent": 100}]


def named(name: str) -> dict[str, Any]:
    return {"env": [{"name": "RELEASE", "value": name}]}


def patched(service: Any, container: dict[str, Any], mask: str = "template", **fields: Any) -> dict[str, Any]:
    """Begin to change a service's container and return the operation."""
    template = service.read()["template"]
    template["containers"][0] |= container
    template.pop("revision", None)
    return dict(service.target.call("PATCH", service.url, {"template": template, **fields}, updateMask=mask))


@pytest.fixture(scope="module")
def deployed(services: Any) -> Any:
    """Deploy one service that the cases only read."""
    return services.deploy()


CLAIMS: list[tuple[str, Callable[[dict[str, Any]], bool]]] = [
    ("its generation has been observed", lambda it: it["generation"] == it["observedGeneration"] == "1"),
    ("it reconciles no more", lambda it: "reconciling" not in it),
    ("it is ready", lambda it: run_admin.condition(it, "Ready")["state"] == "CONDITION_SUCCEEDED"),
    (
        "it has two conditions",
        lambda it: {c["type"] for c in it["conditions"]} == {"RoutesReady", "ConfigurationsReady"},
    ),
    ("the latest revision is ready", lambda it: it["latestReadyRevision"] == it["latestCreatedRevision"]),
    ("revisions have full names", lambda it: it["latestReadyRevision"].startswith(f"{it['name']}/revisions/")),
    ("traffic follows the latest", lambda it: it["traffic"] == it["trafficStatuses"] == TO_LATEST),
    ("ingress is open", lambda it: it["ingress"] == "INGRESS_TRAFFIC_ALL"),
    ("its launch stage is GA", lambda it: it["launchStage"] == "GA"),
    ("requests end after 300 s", lambda it: it["template"]["timeout"] == "300s"),
    ("80 requests at once", lambda it: it["template"]["maxInstanceRequestConcurrency"] == 80),
    ("at most 100 instances", lambda it: it["template"]["scaling"]["maxInstanceCount"] == 100),
    ("both addresses are listed", lambda it: it["uri"] in it["urls"] and len(it["urls"]) == 2),
    ("who made it", lambda it: it["creator"] == it["lastModifier"] and "@" in it["creator"]),
    ("an etag in quotes", lambda it: it["etag"].startswith('"') and it["etag"].endswith('"')),
]


@pytest.mark.source("public", SERVICES)
@pytest.mark.parametrize("holds", [claim for _, claim in CLAIMS], ids=[name for name, _ in CLAIMS])
def test_of_a_service_that_says_only_its_image(deployed: Any, holds: Callable[[dict[str, Any]], bool]) -> None:
    assert holds(run_admin.strict(deployed.read()))


@pytest.mark.source("observed", "public issue threads: the probe that containers without one get")
def test_a_container_without_a_probe_gets_one(deployed: Any) -> None:
    assert deployed.read()["template"]["containers"][0]["startupProbe"] == {
        "tcpSocket": {"port": 8080},
        "timeoutSeconds": 240,
        "periodSeconds": 240,
        "failureThreshold": 1,
    }


@pytest.mark.source("observed", THREADS)
def test_a_revision_that_serves_says_so(deployed: Any) -> None:
    revision = run_admin.strict(deployed.revision())
    assert re.fullmatch(f"{deployed.name}-00001-[a-z0-9]{{3}}", run_admin.short(revision["name"]))
    states = {item["type"]: item["state"] for item in revision["conditions"]}
    wanted = {"Ready", "Active", "ContainerHealthy", "ContainerReady", "ResourcesAvailable"}
    assert {kind for kind, state in states.items() if state == "CONDITION_SUCCEEDED"} == wanted
    assert run_admin.condition(revision, "Active")["severity"] == "INFO"


@pytest.mark.source("public", f"{SERVICES}#Service.FIELDS.reconciling")
def test_a_roll_out_is_seen_until_it_has_ended(services: Any) -> None:
    service = services.deploy(public=False)
    begun = patched(service, named("two"))["metadata"]
    assert begun["reconciling"] is True
    assert (begun["generation"], begun["observedGeneration"]) == ("2", "1")
    assert run_admin.condition(begun, "Ready")["state"] == "CONDITION_RECONCILING"
    done = service.target.until(service.read, lambda seen: not seen.get("reconciling"))
    assert done["observedGeneration"] == "2"


@pytest.mark.source("observed", "cloud.google.com/run/docs/troubleshooting#container-failed-to-start; public threads")
def test_a_failed_roll_out_serves_the_old_revision_and_a_later_one_recovers(services: Any) -> None:
    service = services.deploy(env={"RELEASE": "one"})
    first, cloud = service.read(), service.target
    error = run_admin.failure(cloud, patched(service, NOT_THE_PORT))
    failed = run_admin.strict(service.read())
    broken = run_admin.short(failed["latestCreatedRevision"])
    assert error["code"] == 9
    assert error["message"].startswith(
        f"Revision '{broken}' is not ready and cannot serve traffic. The user-provided container failed to start and "
        "listen on the port defined provided by the PORT=8080 environment variable within the allocated timeout. "
        "This can happen when the container port is misconfigured or if the timeout is too short. "
        "The health check timeout can be extended. Logs for this revision might contain more information.\n\nLogs URL: "
    )
    assert (failed["generation"], failed["observedGeneration"]) == ("2", "1")
    assert failed["latestReadyRevision"] == first["latestReadyRevision"]
    assert failed["terminalCondition"]["state"] == "CONDITION_FAILED"
    assert failed["terminalCondition"]["revisionReason"] == "HEALTH_CHECK_CONTAINER_ERROR"
    assert service.json("/environment?name=RELEASE") == "one"

    recovered = run_admin.finished(cloud, patched(service, named("three") | {"command": []}))
    assert (recovered["generation"], recovered["observedGeneration"]) == ("3", "3")
    assert service.json("/environment?name=RELEASE") == "three"
    retired = run_admin.read(cloud, first["latestReadyRevision"])
    assert run_admin.condition(retired, "Ready") | {"state": "CONDITION_SUCCEEDED", "revisionReason": "RETIRED"} == (
        run_admin.condition(retired, "Ready")
    )
    assert run_admin.condition(retired, "Active")["message"] == "Revision retired."


@pytest.mark.source("observed", "public threads: a revision that failed at start is Ready again once it is retired")
def test_a_broken_revision_that_retires_calls_itself_ready(services: Any) -> None:
    service = services.deploy(public=False)
    run_admin.failure(service.target, patched(service, NOT_THE_PORT))
    broken = service.read()["latestCreatedRevision"]
    assert run_admin.condition(run_admin.read(service.target, broken), "Ready")["state"] == "CONDITION_FAILED"
    run_admin.finished(service.target, patched(service, {"command": []}))
    assert run_admin.condition(run_admin.read(service.target, broken), "Ready")["state"] == "CONDITION_SUCCEEDED"


@pytest.mark.source("public", f"{PUBLIC}/rollouts-rollbacks-traffic-migration")
def test_a_pin_survives_deployments_and_latest_follows_them(services: Any) -> None:
    service = services.deploy(env={"RELEASE": "one"})
    cloud, first = service.target, run_admin.short(service.read()["latestReadyRevision"])
    pinned = run_admin.finished(
        cloud, cloud.call("PATCH", service.url, {"traffic": [run_admin.to(first)]}, updateMask="traffic")
    )
    assert run_admin.short(pinned["latestCreatedRevision"]) == first
    moved = run_admin.finished(cloud, patched(service, named("two")))
    assert moved["trafficStatuses"] == [run_admin.to(first)]
    assert run_admin.short(moved["latestReadyRevision"]) != first
    assert service.json("/environment?name=RELEASE") == "one"
    run_admin.finished(cloud, cloud.call("PATCH", service.url, {"traffic": TO_LATEST}, updateMask="traffic"))
    assert service.json("/environment?name=RELEASE") == "two"


@pytest.mark.source("observed", "public threads: traffic to a revision that is not there")
def test_traffic_to_an_unknown_revision_fails_in_the_operation(services: Any) -> None:
    service = services.deploy(public=False)
    gone, cloud = f"{service.name}-gone", service.target
    body = {"traffic": [run_admin.to(gone)]}
    error = run_admin.failure(cloud, cloud.call("PATCH", service.url, body, updateMask="traffic"))
    assert (error["code"], error["message"]) == (
        13,
        f"Revision '{gone}' does not exist or is deleted. "
        "Update all traffic to route to currently available revisions.",
    )
    assert run_admin.condition(service.read(), "RoutesReady")["state"] == "CONDITION_FAILED"


@pytest.mark.source("observed", "public threads: image not found")
def test_an_image_that_is_missing_fails_in_the_operation(cloud: Any, services: Any) -> None:
    image = f"{cloud.region}-docker.pkg.dev/{cloud.project}/none/none:latest"
    service = services.deploy(container={"image": image}, public=False)
    broken = run_admin.short(service.read()["latestCreatedRevision"])
    assert (
        service.error["message"]
        == f"Revision '{broken}' is not ready and cannot serve traffic. Image '{image}' not found."
    )
    assert service.read()["terminalCondition"]["reason"] == "CONTAINER_MISSING"
    assert "latestReadyRevision" not in service.read()


@pytest.mark.source("observed", "public threads: secrets in the environment; the place of the variable in the text")
def test_a_secret_that_is_missing_fails_in_the_operation(services: Any) -> None:
    reference = {"secretKeyRef": {"secret": "conformance-no-such-secret", "version": "latest"}}
    service = services.deploy(container={"env": [{"name": "A", "valueSource": reference}]}, public=False)
    assert service.error["code"] == 13
    assert "spec.template.spec.containers[0].env[0].value_from.secret_key_ref.name: " in service.error["message"]
    assert service.read()["terminalCondition"]["reason"] == "SECRETS_ACCESS_CHECK_FAILED"


@pytest.mark.source("public", f"{PUBLIC}/configuring/vpc-connectors")
def test_a_connector_that_is_missing_fails_in_the_operation(cloud: Any, services: Any) -> None:
    connector = f"{cloud.location}/connectors/conformance-none"
    service = services.deploy({"vpcAccess": {"connector": connector}}, public=False)
    assert connector in service.error["message"]


@pytest.mark.source("observed", "google-cloud-python #11870, #14259; terraform-provider-google #14569")
def test_a_revision_name_is_taken_for_good(services: Any) -> None:
    service = services.deploy(public=False)
    cloud, name = service.target, f"{service.name}-mine"
    template = {**service.read()["template"], "revision": name}
    made = run_admin.finished(cloud, cloud.call("PATCH", service.url, {"template": template}, updateMask="template"))
    assert run_admin.short(made["latestReadyRevision"]) == name
    same = run_admin.finished(cloud, cloud.call("PATCH", service.url, {"template": template}, updateMask="template"))
    assert same["latestCreatedRevision"] == made["latestCreatedRevision"]
    refused = cloud.refusal("PATCH", service.url, {"template": {**template, "timeout": "9s"}}, updateMask="template")
    assert (refused["code"], refused["message"]) == (
        409,
        f"Revision named '{name}' with different configuration already exists.",
    )


@pytest.mark.source("observed", "public threads: Conflict for resource")
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_stale_etag_is_a_conflict(deployed: Any, method: str) -> None:
    given = {"etag": '"stale"'}
    where = {"body": given} if method == "PATCH" else given
    refused = deployed.target.refusal(method, deployed.url, **where)
    current = deployed.read()
    assert (refused["code"], refused["status"]) == (409, "ABORTED")
    version = current["etag"].strip('"')
    assert refused["message"] == (
        f"Conflict for resource '{current['name']}': version 'stale' was specified but current version is '{version}'."
    )


@pytest.mark.source("public", "https://google.aip.dev/154")
def test_of_twenty_clients_with_one_etag_one_wins_each_round(services: Any) -> None:
    service = services.deploy(public=False)
    for round_ in range(2):
        etag, answers = service.read()["etag"], []
        start = threading.Barrier(20)

        def change(
            number: int, round_: int = round_, etag: str = etag, answers: list[int] = answers, start: Any = start
        ) -> None:
            body = {"etag": etag, "labels": {"round": f"{round_}-{number}"}}
            start.wait()
            answers.append(service.target.send("PATCH", service.url, body, updateMask="labels").status_code)

        clients = [threading.Thread(target=change, args=(number,)) for number in range(20)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        assert sorted(answers) == [200] + [409] * 19
    done = service.target.until(service.read, lambda seen: not seen.get("reconciling"))
    assert (done["generation"], done["observedGeneration"]) == ("3", "3")


@pytest.mark.source("public", f"{SERVICES}/create")
def test_a_name_is_taken(deployed: Any) -> None:
    body = {"template": {"containers": [{"image": "us-docker.pkg.dev/cloudrun/container/hello"}]}}
    url = run_admin.url(deployed.target, "services")
    refused = deployed.target.refusal("POST", url, body, serviceId=deployed.name)
    assert (refused["code"], refused["status"]) == (409, "ALREADY_EXISTS")


@pytest.mark.source("public", f"{SERVICES}/patch")
@pytest.mark.parametrize("mask", ["template.replicas", "nothing", "template.containers.image"])
def test_a_mask_names_fields_that_exist(deployed: Any, mask: str) -> None:
    refused = deployed.target.refusal("PATCH", deployed.url, {"labels": {"a": "b"}}, updateMask=mask)
    assert (refused["code"], refused["status"]) == (400, "INVALID_ARGUMENT")
    assert mask in refused["message"]


@pytest.mark.source("public", f"{SERVICES}/patch")
def test_what_only_the_server_sets_is_ignored(services: Any) -> None:
    service = services.deploy(public=False)
    before = service.read()
    body = before | {"uid": "mine", "generation": "77", "uri": "https://example.com", "labels": {"team": "a"}}
    after = run_admin.finished(service.target, service.target.call("PATCH", service.url, body))
    assert (after["uid"], after["uri"], after["generation"]) == (before["uid"], before["uri"], "2")
    assert after["labels"] == {"team": "a"}
    assert after["latestCreatedRevision"] == before["latestCreatedRevision"]


@pytest.mark.source("public", f"{SERVICES}/create")
def test_validate_only_answers_with_defaults_and_stores_nothing(cloud: Any, services: Any) -> None:
    name, url = cloud.fresh("dry"), run_admin.url(cloud, "services")
    body = {"template": {"containers": [{"image": services.image}]}}
    operation = cloud.call("POST", url, body, serviceId=name, validateOnly=True)
    assert operation["done"] is True
    assert operation["response"]["template"]["timeout"] == "300s"
    assert cloud.send("GET", f"{url}/{name}").status_code == 404


@pytest.mark.source("public", f"{SERVICES}/patch")
def test_validate_only_changes_nothing(deployed: Any) -> None:
    before = deployed.read()
    answer = deployed.target.call("PATCH", deployed.url, {"labels": {"a": "b"}}, updateMask="labels", validateOnly=True)
    assert answer["response"]["labels"] == {"a": "b"}
    assert deployed.read() == before


@pytest.mark.source("public", f"{SERVICES}/patch")
def test_a_patch_may_create(cloud: Any, services: Any) -> None:
    url = run_admin.url(cloud, "services", cloud.fresh("patch"))
    body = {"template": {"containers": [{"image": services.image}]}}
    assert cloud.send("PATCH", url, body).status_code == 404
    made = run_admin.finished(cloud, cloud.call("PATCH", url, body, allowMissing=True))
    assert made["generation"] == "1"
    cloud.call("DELETE", url)


@pytest.mark.source("public", f"{SERVICES}/patch")
def test_a_revision_can_be_forced(services: Any) -> None:
    service = services.deploy(public=False)
    cloud, first = service.target, service.read()
    body = {"template": first["template"]}
    same = run_admin.finished(cloud, cloud.call("PATCH", service.url, body, updateMask="template"))
    assert same["latestCreatedRevision"] == first["latestCreatedRevision"]
    forced = cloud.call("PATCH", service.url, body, updateMask="template", forceNewRevision=True)
    assert run_admin.finished(cloud, forced)["latestCreatedRevision"] != first["latestCreatedRevision"]


@pytest.mark.source("public", f"{run_admin.REFERENCE}.services.revisions/delete")
def test_revisions_are_deleted_when_nothing_needs_them(services: Any) -> None:
    service = services.deploy(public=False)
    cloud, first = service.target, service.read()["latestCreatedRevision"]
    only = cloud.refusal("DELETE", f"{run_admin.HOST}/v2/{first}")
    assert (only["code"], only["status"]) == (400, "FAILED_PRECONDITION")
    pin = {"traffic": [run_admin.to(run_admin.short(first))]}
    run_admin.finished(cloud, cloud.call("PATCH", service.url, pin, updateMask="traffic"))
    second = run_admin.finished(cloud, patched(service, named("two")))["latestCreatedRevision"]
    for needed in (first, second):  # the one has the traffic, the other is the latest
        assert cloud.refusal("DELETE", f"{run_admin.HOST}/v2/{needed}")["status"] == "FAILED_PRECONDITION"
    run_admin.finished(cloud, cloud.call("PATCH", service.url, {"traffic": TO_LATEST}, updateMask="traffic"))
    run_admin.finished(cloud, cloud.call("DELETE", f"{run_admin.HOST}/v2/{first}"))
    assert cloud.send("GET", f"{run_admin.HOST}/v2/{first}").status_code == 404
    left = cloud.call("GET", f"{service.url}/revisions")["revisions"]
    assert [revision["name"] for revision in left] == [second]


@pytest.mark.source("public", f"{run_admin.REFERENCE}.services.revisions/list")
def test_revisions_come_newest_first_and_in_pages(services: Any) -> None:
    service = services.deploy(public=False)
    for name in ("two", "three"):
        run_admin.finished(service.target, patched(service, named(name)))
    seen, token = [], ""
    while True:
        page = service.target.call("GET", f"{service.url}/revisions", pageSize=2, pageToken=token)
        seen += [run_admin.short(run_admin.strict(revision)["name"])[-9:-4] for revision in page["revisions"]]
        token = page.get("nextPageToken", "")
        if not token:
            break
    assert seen == ["00003", "00002", "00001"]


@pytest.mark.source("public", f"{run_admin.REFERENCE}.operations")
def test_operations_are_read_awaited_listed_and_forgotten(services: Any) -> None:
    service = services.deploy(public=False)
    cloud = service.target
    operation = cloud.call("PATCH", service.url, {"labels": {"a": "b"}}, updateMask="labels")
    url = f"{run_admin.HOST}/v2/{operation['name']}"
    assert cloud.call("POST", f"{url}:wait", {"timeout": "20s"})["done"] is True
    assert cloud.call("GET", url)["response"]["labels"] == {"a": "b"}
    listed = cloud.call("GET", run_admin.url(cloud, "operations"), pageSize=5)["operations"]
    assert operation["name"] in {item["name"] for item in listed}
    cloud.call("DELETE", url)
    assert cloud.refusal("GET", url)["status"] == "NOT_FOUND"


@pytest.mark.source("public", "https://googleapis.dev/python/run/latest/")
def test_googles_clients_lead_a_service_through_its_life(cloud: Any, services: Any) -> None:
    client, revisions = run_v2.ServicesClient(transport="rest"), run_v2.RevisionsClient(transport="rest")
    name, wanted = cloud.fresh("client"), run_v2.Service(template={"containers": [{"image": services.image}]})
    made = client.create_service(parent=cloud.location, service=wanted, service_id=name).result(timeout=60)
    assert made.terminal_condition.state == run_v2.Condition.State.CONDITION_SUCCEEDED
    made.template.timeout = "20s"
    changed = client.update_service(service=made, update_mask="template").result(timeout=60)
    assert changed.template.timeout.seconds == 20
    assert len(list(revisions.list_revisions(parent=made.name))) == 2
    policy = client.get_iam_policy(request={"resource": made.name})
    policy.bindings.add(role="roles/run.invoker", members=["allUsers"])
    assert client.set_iam_policy(request={"resource": made.name, "policy": policy}).bindings[0].members == ["allUsers"]
    client.delete_service(name=made.name).result(timeout=60)
    with pytest.raises(google.api_core.exceptions.NotFound):
        client.get_service(name=made.name)
    with pytest.raises(google.api_core.exceptions.NotFound):
        revisions.get_revision(name=changed.latest_ready_revision)


@pytest.mark.source("public", "https://cloud.google.com/iam/docs/reference/rest/v1/Policy")
def test_a_policy_has_an_etag_and_versions(services: Any) -> None:
    service = services.deploy(public=False)
    cloud, url = service.target, service.url
    condition = {"title": "t", "expression": "request.time < timestamp('2099-01-01T00:00:00Z')"}
    binding = {"role": "roles/run.invoker", "members": ["allUsers"], "condition": condition}
    first = cloud.call("GET", f"{url}:getIamPolicy")
    assert "bindings" not in first
    refused = cloud.refusal("POST", f"{url}:setIamPolicy", {"policy": {"bindings": [binding]}})
    assert refused["status"] == "INVALID_ARGUMENT"
    policy = {"version": 3, "bindings": [binding], "etag": first["etag"]}
    written = cloud.call("POST", f"{url}:setIamPolicy", {"policy": policy})
    assert written["bindings"][0]["condition"] == condition
    stale = cloud.refusal("POST", f"{url}:setIamPolicy", {"policy": policy})
    assert (stale["code"], stale["status"]) == (409, "ABORTED")
    assert "There were concurrent policy changes" in stale["message"]
    hidden = cloud.call("GET", f"{url}:getIamPolicy")["bindings"][0]
    assert hidden["role"].startswith("roles/run.invoker_withcond_")


@pytest.mark.source(
    "public", "https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/testIamPermissions"
)
def test_permissions_are_tested_for_what_exists(services: Any, cloud: Any) -> None:
    service = services.deploy()  # everyone may call it
    body = {"permissions": ["run.routes.invoke"]}
    assert cloud.call("POST", f"{service.url}:testIamPermissions", body) == body
    nothing = run_admin.url(cloud, "services", cloud.fresh("nothing"))
    assert cloud.call("POST", f"{nothing}:testIamPermissions", body) == {}
