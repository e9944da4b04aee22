# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud SQL: instances, databases and users that are the server's, flags that reach it, refusals, gcloud."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import google.auth
import psycopg
import pytest
from google.auth.transport.requests import AuthorizedSession

HOST = "sqladmin.googleapis.com"
REST = "https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1"
FLAGS = "https://cloud.google.com/sql/docs/postgres/flags"
TIERS = "https://github.com/serverpod/serverpod/issues/2373"
STALE = "https://github.com/hashicorp/terraform-provider-google/issues/12324"
BODY = {"databaseVersion": "POSTGRES_17", "settings": {"tier": "db-g1-small", "edition": "ENTERPRISE"}}
reaches_the_server = pytest.mark.sandbox_only("goes to the server without an authorized network")


class Instance:
    """A database instance that the cases of this file share; each leaves its settings as they were."""

    def __init__(self, project: str, session: AuthorizedSession) -> None:
        self.name, self._session = f"conformance-sql-{os.urandom(4).hex()}", session
        self.instances = f"{HOST}/v1/projects/{project}/instances"
        self.url, self.operations = f"{self.instances}/{self.name}", f"{HOST}/v1/projects/{project}/operations"
        self.made = self.send("POST", self.instances, {"name": self.name, **BODY, "rootPassword": "open sesame"}).json()

    def send(self, http_method: str, url: str, body: Any = None, **query: Any) -> Any:
        return self._session.request(http_method, f"https://{url}", json=body, params=query, timeout=60)

    def remove(self) -> None:
        self.send("DELETE", self.url)

    def done(self, target: Any, operation: dict[str, Any]) -> dict[str, Any]:
        url = f"{self.operations}/{operation['name']}"
        return dict(target.until(lambda: target.call("GET", url), lambda seen: seen["status"] == "DONE", 60))

    def act(self, target: Any, http_method: str, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """Send a request that begins an operation, and return the operation when it is done."""
        operation = self.done(target, target.call(http_method, self.url + path, body, **query))
        assert "error" not in operation, operation
        return operation

    def get(self, target: Any) -> dict[str, Any]:
        return dict(target.call("GET", self.url))

    def connect(self, target: Any, user: str, password: str, database: str = "postgres") -> Any:
        addresses = {entry["type"]: entry["ipAddress"] for entry in self.get(target)["ipAddresses"]}
        return psycopg.connect(
            host=addresses["PRIMARY"],
            user=user,
            password=password,
            dbname=database,
            connect_timeout=20,
            autocommit=True,
        )


@pytest.fixture(scope="module")
def made(request: pytest.FixtureRequest) -> Iterator[Instance]:
    project = os.environ.get("NETRA_CONFORMANCE_PROJECT")
    with pytest.MonkeyPatch.context() as patch:
        if project is None:
            sandbox = request.getfixturevalue("sandbox")
            project = sandbox.state["project"]
            for name, value in sandbox.environment.items():
                patch.setenv(name, value)
        credentials, _project = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
        instance = Instance(str(project), AuthorizedSession(credentials))
        yield instance
        instance.remove()


@pytest.fixture
def instance(made: Instance, target: Any) -> Instance:
    target.until(lambda: made.get(target), lambda seen: seen["state"] == "RUNNABLE", 60)
    return made


@pytest.mark.source("public", f"{REST}/instances")
def test_an_instance_is_made_by_an_operation_and_described_with_its_defaults(target: Any, instance: Instance) -> None:
    operation = instance.done(target, instance.made)
    described = {field: operation[field] for field in ("kind", "operationType", "targetId", "targetProject", "status")}
    assert described == {
        "kind": "sql#operation", "operationType": "CREATE", "targetId": instance.name,
        "targetProject": target.project, "status": "DONE",
    }  # fmt: skip
    found = instance.get(target)
    assert (found["kind"], found["connectionName"]) == (
        "sql#instance",
        f"{target.project}:{found['region']}:{instance.name}",
    )
    assert {entry["type"] for entry in found["ipAddresses"]} == {"PRIMARY", "PRIVATE"}
    assert "rootPassword" not in found
    settings = found["settings"]
    assert (settings["activationPolicy"], settings["availabilityType"], settings["dataDiskSizeGb"]) == (
        "ALWAYS",
        "ZONAL",
        "10",
    )


@pytest.mark.source("discovery", "sqladmin v1 and v1beta4: the same methods at two paths")
@pytest.mark.parametrize("path", ["", "/databases", "/users", "/backupRuns"])
def test_both_versions_answer_the_same(target: Any, instance: Instance, path: str) -> None:
    first = target.call("GET", instance.url + path)
    assert target.call("GET", (instance.url + path).replace("/v1/", "/sql/v1beta4/")) == first


@pytest.mark.source("observed", STALE)
def test_settings_of_another_version_are_stale(target: Any, instance: Instance) -> None:
    current = instance.get(target)["settings"]["settingsVersion"]
    instance.act(target, "PATCH", "", {"settings": {"settingsVersion": current, "userLabels": {"turn": "first"}}})
    after = instance.get(target)["settings"]
    assert (after["settingsVersion"], after["userLabels"]) == (str(int(current) + 1), {"turn": "first"})
    error = target.refusal("PATCH", instance.url, {"settings": {"settingsVersion": current, "tier": "db-f1-micro"}})
    assert (error["code"], error["message"]) == (412, "Condition does not match.")
    assert error["errors"][0]["reason"] == "staleData"
    assert instance.get(target)["settings"] == after


@pytest.mark.source("public", f"{REST}/instances/patch")
def test_a_patch_merges_and_null_clears(target: Any, instance: Instance) -> None:
    instance.act(target, "PATCH", "", {"settings": {"userLabels": {"a": "1", "b": "2"}}})
    instance.act(target, "PATCH", "", {"settings": {"userLabels": {"a": None}}})
    settings = instance.get(target)["settings"]
    assert (settings["userLabels"]["b"], "a" in settings["userLabels"], settings["tier"]) == ("2", False, "db-g1-small")


@pytest.mark.source("public", f"{REST}/instances/update")
def test_an_update_replaces_the_settings_and_names_their_version(target: Any, instance: Instance) -> None:
    settings = {"tier": "db-g1-small", "userLabels": {"turn": "update"}}
    assert target.refusal("PUT", instance.url, {"settings": settings})["code"] == 400
    version = instance.get(target)["settings"]["settingsVersion"]
    instance.act(target, "PUT", "", {"settings": {**settings, "settingsVersion": version}})
    assert instance.get(target)["settings"]["userLabels"] == {"turn": "update"}


@pytest.mark.source("public", f"{REST}/databases")
def test_a_database_is_made_listed_and_dropped(target: Any, instance: Instance) -> None:
    name = target.fresh("db")
    assert instance.act(target, "POST", "/databases", {"name": name})["operationType"] == "CREATE_DATABASE"
    listed = {found["name"]: found for found in target.call("GET", f"{instance.url}/databases")["items"]}
    assert {"postgres", name} <= set(listed)
    assert (listed[name]["charset"], listed[name]["instance"]) == ("UTF8", instance.name)
    again = target.refusal("POST", f"{instance.url}/databases", {"name": name})
    assert (again["code"], "already exists" in again["message"]) == (400, True)
    instance.act(target, "DELETE", f"/databases/{name}")
    assert target.send("GET", f"{instance.url}/databases/{name}").status_code == 404


@reaches_the_server
@pytest.mark.source("public", f"{REST}/users")
def test_a_user_logs_in_with_the_password_that_was_set_last(target: Any, instance: Instance) -> None:
    name, database = target.fresh("user"), target.fresh("db")
    instance.act(target, "POST", "/users", {"name": name, "password": "first"})
    instance.act(target, "POST", "/databases", {"name": database})
    with instance.connect(target, name, "first", database) as connection:
        connection.execute("SELECT 1")
        in_use = instance.done(target, target.call("DELETE", f"{instance.url}/databases/{database}"))
        assert "is being accessed by other users" in in_use["error"]["errors"][0]["message"]
    instance.act(target, "PUT", "/users", {"password": "second"}, name=name)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        instance.connect(target, name, "first")
    with instance.connect(target, name, "second") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS pg_temp.kept (a int)")
    listed = target.call("GET", f"{instance.url}/users")["items"]
    assert {"postgres", name} <= {user["name"] for user in listed}
    assert not any("password" in user for user in listed)
    instance.act(target, "DELETE", "/users", name=name)
    assert target.send("GET", f"{instance.url}/users/{name}").status_code == 404
    instance.act(target, "DELETE", f"/databases/{database}")


@reaches_the_server
@pytest.mark.source("public", FLAGS)
def test_a_flag_reaches_the_server_and_connections_run_out(target: Any, instance: Instance) -> None:
    flags = [{"name": "max_connections", "value": "14"}, {"name": "log_min_duration_statement", "value": "250"}]
    instance.act(target, "PATCH", "", {"settings": {"databaseFlags": flags}})
    assert instance.get(target)["settings"]["databaseFlags"] == flags
    with contextlib.ExitStack() as open_connections:
        first = open_connections.enter_context(instance.connect(target, "postgres", "open sesame"))
        shown = [
            first.execute(f"SHOW {name}").fetchone()[0] for name in ("max_connections", "log_min_duration_statement")
        ]
        assert shown == ["14", "250ms"]
        with pytest.raises(psycopg.OperationalError, match=r"connection slots are reserved|too many clients"):
            for _turn in range(15):
                open_connections.enter_context(instance.connect(target, "postgres", "open sesame"))
    instance.act(target, "PATCH", "", {"settings": {"databaseFlags": []}})
    with instance.connect(target, "postgres", "open sesame") as connection:
        assert connection.execute("SHOW max_connections").fetchone() == ("50",)


@reaches_the_server
@pytest.mark.source("public", "https://cloud.google.com/sql/docs/postgres/start-stop-restart-instance")
def test_an_instance_is_stopped_started_and_restarted_through_the_api(target: Any, instance: Instance) -> None:
    with instance.connect(target, "postgres", "open sesame") as connection:
        assert instance.act(target, "POST", "/restart")["operationType"] == "RESTART"
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    instance.act(target, "PATCH", "", {"settings": {"activationPolicy": "NEVER"}})
    assert instance.get(target)["state"] == "RUNNABLE"
    with pytest.raises(psycopg.OperationalError):
        instance.connect(target, "postgres", "open sesame")
    for http_method, path in (("GET", "/databases"), ("GET", "/users"), ("POST", "/restart")):
        assert "instance is not running" in target.refusal(http_method, instance.url + path)["message"]
    instance.act(target, "PATCH", "", {"settings": {"activationPolicy": "ALWAYS"}})
    with instance.connect(target, "postgres", "open sesame") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.source("public", f"{REST}/instances")
def test_one_operation_works_on_an_instance_at_a_time(target: Any, instance: Instance, lasting: Any) -> None:
    with lasting("sql.instances.restart"):
        running = target.call("POST", f"{instance.url}/restart")
        error = target.refusal("PATCH", instance.url, {"settings": {"userLabels": {"too": "early"}}})
    assert (error["code"], error["errors"][0]["reason"]) == (409, "operationInProgress")
    assert "error" not in instance.done(target, running)


@pytest.mark.source("public", f"{REST}/instances/delete")
def test_a_protected_instance_stays(target: Any, instance: Instance) -> None:
    instance.act(target, "PATCH", "", {"settings": {"deletionProtectionEnabled": True}})
    try:
        assert "The instance is protected" in target.refusal("DELETE", instance.url)["message"]
    finally:
        instance.act(target, "PATCH", "", {"settings": {"deletionProtectionEnabled": False}})


@pytest.mark.source("observed", TIERS)
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"settings": {"tier": "db-n1-standard-1", "edition": "ENTERPRISE"}}, "Only custom or shared-core instance"),
        ({"settings": {"tier": "db-custom-3-7680", "edition": "ENTERPRISE"}}, "Only custom or shared-core instance"),
        ({"settings": {"tier": "db-g1-small"}}, "Invalid Tier (db-g1-small) for (ENTERPRISE_PLUS) Edition"),
        ({"settings": {"edition": "ENTERPRISE"}}, "settings.tier"),
        ({"databaseVersion": None}, "databaseVersion"),
        ({"databaseVersion": "POSTGRES_8"}, "database_version"),
        ({"name": "Upper"}, "instance name"),
        ({"size": 1}, 'Unknown name "size"'),
    ],
    ids=str,
)
def test_an_instance_outside_the_rules_is_refused(target: Any, changed: dict[str, Any], words: str) -> None:
    url = f"{HOST}/v1/projects/{target.project}/instances"
    error = target.refusal("POST", url, {"name": "conformance-none", **BODY, **changed})
    assert error["code"] == 400
    assert words.lower().replace("_", "") in error["message"].lower().replace("_", "")


@pytest.mark.source("public", f"{REST}/instances/patch")
@pytest.mark.parametrize(
    "body",
    [
        {"region": "elsewhere"},
        {"databaseVersion": "POSTGRES_18"},
        {"settings": {"dataDiskSizeGb": "9"}},
        {"settings": {"tier": "db-n1-standard-1"}},
        {"settings": {"databaseFlags": [{"name": "fsync", "value": "off"}]}},
        {"settings": {"databaseFlags": [{"name": "max_connections", "value": "13"}]}},
        {"settings": {"ipConfiguration": {"ipv4Enabled": False, "privateNetwork": None}}},
        {"settings": {"colour": "blue"}},
    ],
    ids=str,
)
def test_a_change_outside_the_rules_is_refused(target: Any, instance: Instance, body: dict[str, Any]) -> None:
    before = instance.get(target)
    error = target.refusal("PATCH", instance.url, body)
    assert (error["code"], error["errors"][0]["domain"]) == (400, "global")
    assert instance.get(target) == before


@pytest.mark.source("public", f"{REST}/instances")
@pytest.mark.parametrize(
    ("http_method", "path", "code"),
    [
        ("GET", "-none", 404),
        ("PATCH", "-none", 404),
        ("DELETE", "-none", 404),
        ("GET", "/databases/none", 404),
        ("DELETE", "/databases/none", 404),
        ("GET", "/users/none", 404),
        ("POST", "/failover", 400),
    ],
)
def test_what_is_not_there_is_said_so(target: Any, instance: Instance, http_method: str, path: str, code: int) -> None:
    assert target.refusal(http_method, instance.url + path, {})["code"] == code


@pytest.mark.source("discovery", "sqladmin v1: sql.tiers.list and sql.flags.list")
def test_tiers_and_flags_are_listed(target: Any) -> None:
    tiers = {tier["tier"]: tier for tier in target.call("GET", f"{HOST}/v1/projects/{target.project}/tiers")["items"]}
    assert int(tiers["db-f1-micro"]["RAM"]) < int(tiers["db-g1-small"]["RAM"])
    flags = {
        flag["name"]: flag for flag in target.call("GET", f"{HOST}/v1/flags", databaseVersion="POSTGRES_17")["items"]
    }
    described = flags["max_connections"]
    assert (described["type"], described["requiresRestart"], described["minValue"]) == ("INTEGER", True, "14")
    assert "POSTGRES_17" in described["appliesTo"]


@pytest.mark.source("public", "https://cloud.google.com/sdk/gcloud/reference/sql")
def test_gcloud_describes_patches_and_lists(target: Any, instance: Instance, gcloud: Any) -> None:
    assert instance.name in {found["name"] for found in gcloud("sql", "instances", "list")}
    gcloud("sql", "instances", "patch", instance.name, "--insights-config-query-insights-enabled")
    described = gcloud("sql", "instances", "describe", instance.name)
    assert described["settings"]["insightsConfig"]["queryInsightsEnabled"] is True
    assert "postgres" in {found["name"] for found in gcloud("sql", "databases", "list", f"--instance={instance.name}")}
    assert "postgres" in {found["name"] for found in gcloud("sql", "users", "list", f"--instance={instance.name}")}
