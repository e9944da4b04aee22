# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what: tables of roles, methods, resources and decisions."""

from __future__ import annotations

from typing import Any

import pytest

from netra_sandbox import parts
from netra_sandbox.identity.access import deploying, engine, methods, refusals, resources, roles
from netra_sandbox.kernel.calls import HANDLERS, Call

PLACE = resources.Place("p", "123", "us-central1")
RUN = "run.projects.locations.services"
SERVICE = "projects/p/locations/us-central1/services/s"
PROJECT = "cloudresourcemanager:projects/p"
ACCOUNT = "a@p.iam.gserviceaccount.com"


def permission_of(handler: str) -> str | None:
    method, _, version = handler.partition("@")
    return methods.table().permission(method, version)


def test_each_handler_has_a_row_and_each_permission_is_in_a_predefined_role() -> None:
    parts.load_methods()
    without_row = set()
    for handler in HANDLERS:
        try:
            permission_of(handler)
        except KeyError:
            without_row.add(handler)
    assert not without_row, "give each a row in identity/access/methods.yml"
    known = frozenset().union(*(role.permissions for role in roles.predefined().values()))
    asked = {permission for handler in HANDLERS if (permission := permission_of(handler))}
    assert not asked - known, "no role in identity/access/roles.yml allows these"


@pytest.mark.parametrize(
    ("method", "version", "permission"),
    [
        (f"{RUN}.get", "v2", "run.services.get"),
        (f"{RUN}.patch", "v2", "run.services.update"),
        (f"{RUN}.revisions.list", "v2", "run.revisions.list"),
        (f"{RUN}.testIamPermissions", "v2", None),
        ("run.namespaces.services.replaceService", "v1", "run.services.update"),
        ("run.projects.locations.operations.wait", "v2", "run.operations.get"),
        ("run.projects.locations.jobs.run", "v2", "run.jobs.run"),
        ("secretmanager.projects.secrets.addVersion", "v1", "secretmanager.versions.add"),
        ("secretmanager.projects.secrets.versions.access", "v1", "secretmanager.versions.access"),
        ("sql.instances.restart", "v1beta4", "cloudsql.instances.restart"),
        ("sql.instances.insert", "v1", "cloudsql.instances.create"),
        ("sql.operations.get", "v1beta4", "cloudsql.instances.get"),
        ("compute.backendServices.getHealth", "v1", "compute.backendServices.get"),
        ("compute.urlMaps.aggregatedList", "v1", "compute.urlMaps.list"),
        ("clouderrorreporting.projects.groupStats.list", "v1beta1", "errorreporting.groups.list"),
        (
            "artifactregistry.projects.locations.repositories.dockerImages.list",
            "v1",
            "artifactregistry.dockerimages.list",
        ),
        ("cloudresourcemanager.projects.list", "v1", None),
        ("cloudresourcemanager.projects.list", "v3", "resourcemanager.projects.list"),
        ("storage.objects.insert", "v1", "storage.objects.create"),
    ],
)
def test_the_permission_of_a_method(method: str, version: str, permission: str | None) -> None:
    assert methods.table().permission(method, version) == permission


@pytest.mark.parametrize("method", ["run.projects.locations.unheardOf.get", "nothing"])
def test_a_method_without_a_row_is_no_open_door(method: str) -> None:
    with pytest.raises(KeyError):
        methods.table().permission(method)


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        ("roles/run.viewer", "run.services.get", True),
        ("roles/run.viewer", "run.services.update", False),
        ("roles/run.viewer", "run.routes.invoke", False),
        ("roles/run.developer", "run.routes.invoke", True),
        ("roles/run.developer", "run.services.setIamPolicy", False),
        ("roles/run.admin", "run.services.setIamPolicy", True),
        ("roles/run.invoker", "run.services.get", False),
        ("roles/secretmanager.secretAccessor", "secretmanager.versions.access", True),
        ("roles/secretmanager.secretAccessor", "secretmanager.versions.get", False),
        ("roles/secretmanager.viewer", "secretmanager.versions.access", False),
        ("roles/secretmanager.secretVersionManager", "secretmanager.versions.access", False),
        ("roles/viewer", "secretmanager.versions.access", False),
        ("roles/editor", "secretmanager.versions.access", False),
        ("roles/owner", "secretmanager.versions.access", True),
        ("roles/owner", "iam.serviceAccounts.getAccessToken", False),
        ("roles/editor", "run.services.setIamPolicy", False),
        ("roles/iam.serviceAccountUser", "iam.serviceAccounts.actAs", True),
        ("roles/iam.serviceAccountUser", "iam.serviceAccounts.getAccessToken", False),
        ("roles/iam.serviceAccountAdmin", "iam.serviceAccounts.actAs", False),
        ("roles/iam.serviceAccountTokenCreator", "iam.serviceAccounts.implicitDelegation", True),
        ("roles/iam.serviceAccountOpenIdTokenCreator", "iam.serviceAccounts.getAccessToken", False),
    ],
)
def test_what_predefined_roles_allow(role: str, permission: str, allowed: bool) -> None:
    assert (permission in roles.predefined()[role].permissions) is allowed


def bound(role: str, *members: str, **more: Any) -> dict[str, Any]:
    return {"bindings": [{"role": role, "members": list(members), **more}]}


def allows(role: str) -> frozenset[str]:
    return frozenset({"x.y.get"}) if role == "roles/reader" else frozenset()


@pytest.mark.parametrize(
    ("policies", "caller", "granted"),
    [
        ([], ACCOUNT, False),
        ([bound("roles/reader", f"serviceAccount:{ACCOUNT}")], ACCOUNT, True),
        ([{}, bound("roles/reader", f"serviceAccount:{ACCOUNT}")], ACCOUNT, True),
        ([bound("roles/writer", f"serviceAccount:{ACCOUNT}")], ACCOUNT, False),
        ([bound("roles/reader", f"user:{ACCOUNT}")], ACCOUNT, False),
        ([bound("roles/reader", "user:ann@example.com")], "ann@example.com", True),
        ([bound("roles/reader", "serviceAccount:other@p.iam.gserviceaccount.com")], ACCOUNT, False),
        ([bound("roles/reader", "allAuthenticatedUsers")], ACCOUNT, True),
        ([bound("roles/reader", "allAuthenticatedUsers")], None, False),
        ([bound("roles/reader", "allUsers")], None, True),
        ([bound("roles/reader", "allUsers", condition={"expression": "true"})], ACCOUNT, False),
        ([bound("roles/reader", f"deleted:serviceAccount:{ACCOUNT}?uid=1")], ACCOUNT, False),
    ],
)
def test_decisions(policies: list[dict[str, Any]], caller: str | None, granted: bool) -> None:
    assert engine.granted(policies, engine.members(caller), "x.y.get", allows) is granted


POLICIES = [
    bound(role, member)
    for role in ("roles/reader", "roles/writer")
    for member in ("allUsers", f"serviceAccount:{ACCOUNT}", "user:b@c.d")
]


@pytest.mark.parametrize("some", POLICIES)
def test_a_further_policy_never_takes_anything_away(some: dict[str, Any]) -> None:
    caller = engine.members(ACCOUNT)
    alone = engine.granted([some], caller, "x.y.get", allows)
    for more in POLICIES:
        assert engine.granted([more, some], caller, "x.y.get", allows) >= alone


@pytest.mark.parametrize(
    ("method", "parameters", "body", "names"),
    [
        (f"{RUN}.get", {"name": SERVICE}, {}, [SERVICE]),
        (f"{RUN}.create", {"parent": "projects/p/locations/l", "serviceId": "s"}, {}, ["projects/p/locations/l"]),
        (f"{RUN}.setIamPolicy", {"resource": SERVICE}, {}, [SERVICE]),
        ("run.projects.locations.operations.list", {"name": "projects/p/locations/l"}, {}, ["projects/p/locations/l"]),
        ("run.namespaces.services.get", {"name": "namespaces/p/services/s"}, {}, ["namespaces/p/services/s"]),
        ("sql.instances.get", {"project": "p", "instance": "i"}, {}, ["projects/p/instances/i"]),
        ("sql.instances.list", {"project": "p"}, {}, ["projects/p"]),
        ("cloudresourcemanager.projects.get", {"projectId": "p"}, {}, ["projects/p"]),
        ("cloudresourcemanager.projects.setIamPolicy", {"resource": "p"}, {}, ["projects/p"]),
        ("compute.urlMaps.list", {"project": "p"}, {}, ["projects/p"]),
        ("compute.urlMaps.get", {"project": "p", "urlMap": "m"}, {}, ["projects/p/global/urlMaps/m"]),
        (
            "compute.globalAddresses.get",
            {"project": "p", "address": "a"},
            {},
            ["projects/p/global/addresses/a"],
        ),
        (
            "compute.targetHttpsProxies.get",
            {"project": "p", "targetHttpsProxy": "t"},
            {},
            ["projects/p/global/targetHttpsProxies/t"],
        ),
        (
            "compute.regionNetworkEndpointGroups.get",
            {"project": "p", "region": "r", "networkEndpointGroup": "n"},
            {},
            ["projects/p/regions/r/networkEndpointGroups/n"],
        ),
        ("storage.objects.get", {"bucket": "b", "object": "o/p"}, {}, ["b/b/o/o/p"]),
        ("storage.buckets.insert", {"project": "p"}, {"name": "b"}, ["projects/p"]),
        (
            "logging.entries.list",
            {},
            {"resourceNames": ["projects/p/logs/x", "projects/q"]},
            ["projects/p", "projects/q"],
        ),
        ("logging.entries.write", {}, {"logName": "projects/p/logs/x", "entries": [{}]}, ["projects/p"]),
        # Names that are none are for the method to refuse, with a 400.
        ("logging.entries.list", {}, {"resourceNames": ["q"]}, []),
        ("logging.entries.list", {}, {"projectIds": ["q"]}, ["projects/q"]),
        ("logging.entries.list", {}, {}, []),
    ],
)
def test_what_a_call_is_about(method: str, parameters: Any, body: Any, names: list[str]) -> None:
    assert resources.names(method, parameters, body) == names


@pytest.mark.parametrize(
    ("api", "name", "keys"),
    [
        ("run", SERVICE, [f"run:{SERVICE}", PROJECT]),
        ("run", f"{SERVICE}/revisions/s-1", [f"run:{SERVICE}", PROJECT]),
        ("run", "namespaces/123/services/s", [f"run:{SERVICE}", PROJECT]),
        ("run", "projects/p/locations/us-central1", [PROJECT]),
        ("secretmanager", "projects/p/secrets/s/versions/1", ["secretmanager:projects/123/secrets/s", PROJECT]),
        ("iam", f"projects/-/serviceAccounts/{ACCOUNT}", [f"iam:projects/p/serviceAccounts/{ACCOUNT}", PROJECT]),
        ("storage", "b/bucket/o/a/b", ["storage:b/bucket", PROJECT]),
        ("run", "projects/other/locations/us-central1/services/s", []),
        ("run", "", []),
    ],
)
def test_the_policies_that_hold_for_a_resource(api: str, name: str, keys: list[str]) -> None:
    assert resources.policy_keys(api, name, PLACE) == keys


@pytest.mark.parametrize(
    ("method", "body", "account"),
    [
        (f"{RUN}.get", {}, None),
        (f"{RUN}.create", {"template": {"serviceAccount": ACCOUNT}}, ACCOUNT),
        (f"{RUN}.create", {"template": {}}, "default@x"),
        (f"{RUN}.patch", {"labels": {}}, "stored@x"),
        (f"{RUN}.patch", {"template": {"serviceAccount": ACCOUNT}}, ACCOUNT),
        ("run.namespaces.services.create", {"spec": {"template": {"spec": {"serviceAccountName": ACCOUNT}}}}, ACCOUNT),
        ("run.projects.locations.jobs.create", {"template": {"template": {"serviceAccount": ACCOUNT}}}, ACCOUNT),
        ("cloudscheduler.projects.locations.jobs.create", {"httpTarget": {"uri": "https://x"}}, None),
        (
            "cloudscheduler.projects.locations.jobs.create",
            {"httpTarget": {"oidcToken": {"serviceAccountEmail": ACCOUNT}}},
            ACCOUNT,
        ),
        ("cloudbuild.projects.builds.create", {"serviceAccount": f"projects/p/serviceAccounts/{ACCOUNT}"}, ACCOUNT),
        ("cloudbuild.projects.builds.create", {}, None),
    ],
)
def test_the_account_that_a_call_deploys_as(method: str, body: dict[str, Any], account: str | None) -> None:
    call = Call(method, {"name": SERVICE}, body, "caller@x")
    assert deploying.account(call, "default@x", lambda _: {"template": {"serviceAccount": "stored@x"}}) == account


@pytest.mark.parametrize(
    ("api", "words"),
    [
        ("run", "Permission 'a.b.get' denied on resource 'R' (or resource may not exist)."),
        ("secretmanager", "Permission 'a.b.get' denied for resource 'R' (or it may not exist)."),
        ("compute", "Required 'a.b.get' permission for 'R'"),
        ("iamcredentials", "Permission 'a.b.get' denied on resource (or it may not exist)."),
        ("sqladmin", "The client is not authorized to make this request."),
    ],
)
def test_the_words_of_a_refusal(api: str, words: str) -> None:
    error = refusals.denied(api, "a.b.get", "R", "caller@x")
    assert (error.status, error.message) == ("PERMISSION_DENIED", words)
