# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access: what accounts without a role are refused, APIs that are off, quotas, projects, roles, the metadata server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from accounts import IAM, PROJECTS, Account, refused, session_of, with_role
from google.auth.transport.requests import AuthorizedSession

SANDBOX = "the accounts viewer and nobody, and its control interface"
IAM_REST = "https://cloud.google.com/iam/docs/reference/rest/v1"
METADATA = "https://cloud.google.com/compute/docs/metadata/querying-metadata"
USAGE = "serviceusage.googleapis.com/v1/projects"
VPC = "vpcaccess.googleapis.com/v1"


@pytest.fixture
def named(sandbox: Any) -> Any:
    def session(name: str) -> AuthorizedSession:
        return session_of(json.loads((sandbox.directory / f"{name}.json").read_text(encoding="utf-8")))

    return session


REFUSALS = [
    ("GET", "run.googleapis.com/v2/{l}/services", None, "Permission 'run.services.list' denied on resource '{l}' "),
    ("GET", "secretmanager.googleapis.com/v1/{p}/secrets", None, "Permission 'secretmanager.secrets.list' denied for "),
    ("GET", "redis.googleapis.com/v1/{l}/instances", None, "Permission 'redis.instances.list' denied on resource"),
    ("GET", VPC + "/{l}/connectors", None, "Permission 'vpcaccess.connectors.list' denied on resource"),
    ("GET", "compute.googleapis.com/compute/v1/{p}/global/urlMaps", None, "Required 'compute.urlMaps.list' permission"),
    ("GET", "sqladmin.googleapis.com/v1/{p}/instances", None, "The client is not authorized to make this request."),
    ("POST", "logging.googleapis.com/v2/entries:list", {"resourceNames": ["{p}"]}, "Permission 'logging.logEntries."),
    (
        "GET",
        "monitoring.googleapis.com/v3/{p}/alertPolicies",
        None,
        "Permission 'monitoring.alertPolicies.list' denied",
    ),
    ("GET", IAM + "/{p}/serviceAccounts", None, "Permission 'iam.serviceAccounts.list' denied on resource"),
    ("GET", "serviceusage.googleapis.com/v1/{p}/services", None, "Permission 'serviceusage.services.list' denied"),
]


@pytest.mark.source("public", "https://cloud.google.com/iam/docs/permission-error-messages")
@pytest.mark.sandbox_only(SANDBOX)
@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case[1].split(".")[0])
def test_an_account_without_a_role_is_refused(target: Any, named: Any, case: tuple[str, str, Any, str]) -> None:
    verb, url, body, words = case
    places = {"p": f"projects/{target.project}", "l": target.location}
    sent = json.loads(json.dumps(body).replace("{p}", places["p"]))
    status, message, _ = refused(named("nobody"), verb, url.format(**places), sent)
    assert status == "PERMISSION_DENIED"
    assert message.startswith(words.format(**places))


@pytest.mark.source("public", "https://cloud.google.com/iam/docs/roles-overview#basic")
@pytest.mark.sandbox_only(SANDBOX)
def test_a_viewer_reads_services_and_no_payloads_and_changes_nothing(target: Any, named: Any) -> None:
    viewer, parent = named("viewer"), f"secretmanager.googleapis.com/v1/projects/{target.project}/secrets"
    listed = viewer.get(f"https://run.googleapis.com/v2/{target.location}/services")
    assert listed.status_code == 200
    secret = target.fresh("secret")
    target.call("POST", parent, {"replication": {"automatic": {}}}, secretId=secret)
    try:
        assert viewer.get(f"https://{parent}/{secret}").status_code == 200
        assert refused(viewer, "GET", f"{parent}/{secret}/versions/latest:access")[0] == "PERMISSION_DENIED"
        assert refused(viewer, "DELETE", f"{parent}/{secret}")[2] == ["IAM_PERMISSION_DENIED"]
        policy = {
            "bindings": [{"role": "roles/secretmanager.admin", "members": [f"serviceAccount:viewer@{host(target)}"]}]
        }
        target.call("POST", f"{parent}/{secret}:setIamPolicy", {"policy": policy})
        assert viewer.delete(f"https://{parent}/{secret}").status_code == 200
    finally:
        target.send("DELETE", f"{parent}/{secret}")


def host(target: Any) -> str:
    return f"{target.project}.iam.gserviceaccount.com"


@pytest.mark.source("public", "https://cloud.google.com/iam/docs/permission-error-messages")
@pytest.mark.sandbox_only(SANDBOX)
@pytest.mark.parametrize(("mode", "status"), [("enforce", 403), ("log", 200), ("off", 200)])
def test_the_mode_says_what_becomes_of_a_missing_permission(
    target: Any, named: Any, sandbox: Any, mode: str, status: int
) -> None:
    nobody, since = named("nobody"), sandbox.call("audit?since=0")["next"]
    sandbox.call("iam", {"mode": mode})
    try:
        assert nobody.get(f"https://{VPC}/{target.location}/connectors").status_code == status
        assert sandbox.call("iam") == {"mode": mode}
    finally:
        sandbox.call("iam", {"mode": "enforce"})
    decisions = [
        decision
        for decision in sandbox.call(f"audit?since={since}")["decisions"]
        if decision["principal"] == f"nobody@{host(target)}"
    ]
    assert len(decisions) == (0 if mode == "off" else 1)
    for decision in decisions:
        assert (decision["permission"], decision["granted"]) == ("vpcaccess.connectors.list", False)
        assert decision["resource"] == target.location
        assert decision["method"] == "vpcaccess.projects.locations.connectors.list"


@pytest.fixture(scope="module")
def deployer(cloud: Any) -> Iterator[AuthorizedSession]:
    """Return the session of an account that may deploy, schedule and build, but act as nobody."""
    account = Account(cloud)
    roles = ("roles/run.developer", "roles/cloudscheduler.admin", "roles/cloudbuild.builds.editor")
    member = f"serviceAccount:{account.email}"
    for role in roles:
        with_role(cloud, role, member)
    yield account.session()
    for role in roles:
        with_role(cloud, role, member, remove=True)
    account.delete()


TARGET = {"uri": "https://conformance.invalid", "oidcToken": {"serviceAccountEmail": "{a}"}}
CONTAINERS = [{"image": "us-docker.pkg.dev/cloudrun/container/hello"}]
ACTING = [
    (
        "run.googleapis.com/v2/{l}/jobs?jobId=x&validateOnly=true",
        {"template": {"template": {"serviceAccount": "{a}", "containers": CONTAINERS}}},
    ),
    ("cloudscheduler.googleapis.com/v1/{l}/jobs", {"schedule": "0 3 * * *", "httpTarget": TARGET}),
    (
        "cloudbuild.googleapis.com/v1/{l}/builds",
        {"serviceAccount": "projects/-/serviceAccounts/{a}", "steps": [{"name": "x"}]},
    ),
]


@pytest.mark.source("public", "https://cloud.google.com/iam/docs/attach-service-accounts")
@pytest.mark.parametrize(("url", "body"), ACTING, ids=["job", "schedule", "build"])
def test_what_runs_as_an_account_is_made_by_who_may_act_as_it(
    target: Any, deployer: AuthorizedSession, url: str, body: dict[str, Any]
) -> None:
    account = Account(target)
    try:
        sent = json.loads(json.dumps(body).replace("{a}", account.email))
        status, message, _ = refused(deployer, "POST", url.format(l=target.location), sent)
        assert status == "PERMISSION_DENIED"
        assert message == (
            f"Permission 'iam.serviceaccounts.actAs' denied on service account {account.email} (or it may not exist)."
        )
    finally:
        account.delete()


@pytest.mark.source("observed", "https://github.com/GoogleCloudPlatform/core-solution-services/issues/7")
@pytest.mark.sandbox_only("it turns an API of the project off")
def test_an_api_that_is_off_refuses_every_method(target: Any) -> None:
    service = f"{USAGE}/{target.project}/services/vpcaccess.googleapis.com"
    disabled = target.call("POST", f"{service}:disable", {})
    try:
        assert disabled["response"]["service"]["state"] == "DISABLED"
        error = target.refusal("GET", f"{VPC}/{target.location}/connectors")
        assert error["message"].startswith("Serverless VPC Access API has not been used in project ")
        reasons = {detail.get("reason") for detail in error["details"]}
        assert (error["code"], "SERVICE_DISABLED" in reasons) == (403, True)
    finally:
        target.call("POST", f"{service}:enable", {})
    assert target.call("GET", f"{VPC}/{target.location}/connectors") is not None


@pytest.mark.source("observed", "https://github.com/GoogleCloudPlatform/marketing-analytics-jumpstart/issues/163")
@pytest.mark.sandbox_only("it sets a quota")
def test_a_quota_that_is_used_up_is_a_429(target: Any, sandbox: Any) -> None:
    sandbox.call("quotas", {"api": "vpcaccess", "read": 0, "retry_after": 1})
    try:
        answer = target.send("GET", f"{VPC}/{target.location}/connectors")
    finally:
        sandbox.call("quotas", {"api": "vpcaccess"})
    error = answer.json()["error"]
    words = "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute' of service 'vpcaccess"
    assert (answer.status_code, error["status"], answer.headers["Retry-After"]) == (429, "RESOURCE_EXHAUSTED", "1")
    assert error["message"].startswith(words)
    assert error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"


@pytest.mark.source(
    "discovery", "iam v1: projects.serviceAccounts, projects.roles; serviceusage v1; cloudresourcemanager v1"
)
@pytest.mark.parametrize(
    ("verb", "url", "body", "status"),
    [
        ("POST", IAM + "/{p}/serviceAccounts", {"accountId": "X"}, "INVALID_ARGUMENT"),
        ("POST", IAM + "/{p}/serviceAccounts", {"accountId": "remediator"}, "ALREADY_EXISTS"),
        ("GET", IAM + "/{p}/serviceAccounts/none@{h}", None, "NOT_FOUND"),
        ("GET", IAM + "/roles/run.nothing", None, "NOT_FOUND"),
        ("POST", IAM + "/{p}/roles", {"roleId": "x!"}, "INVALID_ARGUMENT"),
        ("POST", IAM + "/{p}/roles", {"roleId": "abc", "role": {"includedPermissions": ["a.b.c"]}}, "INVALID_ARGUMENT"),
        ("GET", "serviceusage.googleapis.com/v1/{p}/services/none.googleapis.com", None, "PERMISSION_DENIED"),
        ("GET", PROJECTS + "/another-project", None, "PERMISSION_DENIED"),
    ],
)
def test_what_these_apis_refuse(target: Any, verb: str, url: str, body: Any, status: str) -> None:
    assert target.refusal(verb, url.format(p=f"projects/{target.project}", h=host(target)), body)["status"] == status


@pytest.mark.source("public", f"{IAM_REST}/projects.roles")
def test_a_custom_role_is_made_and_deleted(target: Any) -> None:
    parent, identifier = f"{IAM}/projects/{target.project}/roles", target.fresh("role").replace("-", "_")
    target.call("POST", parent, {"roleId": identifier, "role": {"includedPermissions": ["run.services.get"]}})
    assert target.call("GET", f"{parent}/{identifier}")["includedPermissions"] == ["run.services.get"]
    assert target.call("DELETE", f"{parent}/{identifier}")["deleted"] is True


@pytest.mark.source("public", f"{IAM_REST}/roles/get")
def test_a_predefined_role_tells_its_permissions(target: Any) -> None:
    assert "run.routes.invoke" in target.call("GET", f"{IAM}/roles/run.invoker")["includedPermissions"]


@pytest.mark.source("public", "https://cloud.google.com/resource-manager/reference/rest/v1/projects/testIamPermissions")
def test_permissions_are_told_that_the_caller_holds(target: Any) -> None:
    asked = ["run.services.get", "resourcemanager.projects.delete"]
    answer = target.call("POST", f"{PROJECTS}/{target.project}:testIamPermissions", {"permissions": asked})
    assert answer["permissions"] == ["run.services.get"]


@pytest.mark.source("public", METADATA)
@pytest.mark.sandbox_only("it asks at the port of the sandbox")
@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("project/project-id", {"Metadata-Flavor": "Google"}, 200),
        ("project/project-id", {}, 403),
        ("project/project-id", {"Metadata-Flavor": "Google", "X-Forwarded-For": "1.2.3.4"}, 403),
        ("instance/service-accounts/default/identity", {"Metadata-Flavor": "Google"}, 400),
        ("instance/nothing", {"Metadata-Flavor": "Google"}, 404),
    ],
)
def test_the_metadata_server_wants_its_header(sandbox: Any, path: str, headers: dict[str, str], status: int) -> None:
    answer = requests.get(f"{sandbox.proxy}/computeMetadata/v1/{path}", headers=headers, timeout=30)
    assert (answer.status_code, answer.headers["Metadata-Flavor"]) == (status, "Google")


@pytest.mark.source("public", METADATA)
@pytest.mark.sandbox_only("it asks through the proxy of the sandbox")
@pytest.mark.parametrize("name", ["metadata.google.internal", "169.254.169.254"])
def test_the_metadata_server_is_reached_by_its_own_names(sandbox: Any, name: str) -> None:
    url = f"http://{name}/computeMetadata/v1/instance/service-accounts/default/email"
    answer = requests.get(url, headers={"Metadata-Flavor": "Google"}, proxies={"http": sandbox.proxy}, timeout=30)
    assert answer.text == "123456789012-compute@developer.gserviceaccount.com"


@pytest.mark.source("public", "https://cloud.google.com/sdk/gcloud/reference")
def test_gcloud_tells_of_the_project_and_its_services(target: Any, gcloud: Any) -> None:
    assert gcloud("projects", "describe", target.project)["projectId"] == target.project
    enabled = {item["config"]["name"] for item in gcloud("services", "list", "--enabled")}
    assert {"run.googleapis.com", "secretmanager.googleapis.com"} <= enabled
