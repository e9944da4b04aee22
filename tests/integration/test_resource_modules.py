# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create, change and delete every kind of resource: check mode and an unchanged run write nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_services import ServiceResource

FRONTEND = "netra-frontend-staging"


@dataclass(frozen=True)
class Step:
    """One task, and the methods that it calls when it acts."""

    does: str
    module: str
    options: dict[str, Any]
    writes: tuple[str, ...]


def steps_of(module: str, name: str, *steps: tuple[str, dict[str, Any], str]) -> list[Step]:
    return [Step(does, module, {"name": name, **options}, tuple(writes.split())) for does, options, writes in steps]


RUN = "run.projects.locations.services"
SECRET = "secretmanager.projects.secrets"
REDIS = "redis.projects.locations.instances"
CONNECTOR = "vpcaccess.projects.locations.connectors"
DATABASE = {"tier": "db-f1-micro", "database_version": "POSTGRES_15", "private_network": "staging-vpc"}
STORIES = [
    *steps_of(
        "redis_instance",
        "story-cache",
        ("create", {"tier": "BASIC", "memory_size_gb": 1, "network": "staging-vpc"}, f"{REDIS}.create"),
        ("change", {"memory_size_gb": 2}, f"{REDIS}.patch"),
        ("delete", {"state": "absent"}, f"{REDIS}.delete"),
    ),
    *steps_of(
        "vpc_access_connector",
        "story-connector",
        ("create", {"network": "staging-vpc", "ip_cidr_range": "10.9.0.0/28"}, f"{CONNECTOR}.create"),
        ("change", {"max_instances": 7}, f"{CONNECTOR}.patch"),
        ("delete", {"state": "absent"}, f"{CONNECTOR}.delete"),
    ),
    *steps_of(
        "sql_instance",
        "story-database",
        ("create", DATABASE, "sql.instances.insert"),
        ("change", {"tier": "db-g1-small", "labels": {"team": "netra"}}, "sql.instances.patch"),
    ),
    *steps_of(
        "secret_manager_secret",
        "story-secret",
        ("create", {"payload": "first", "labels": {"team": "netra"}}, f"{SECRET}.create {SECRET}.addVersion"),
        ("change", {"payload": "second"}, f"{SECRET}.addVersion"),
        ("relabel", {"labels": {"team": "other"}}, f"{SECRET}.patch"),
        ("disable a version of", {"version_states": {"1": "disabled"}}, f"{SECRET}.versions.disable"),
        ("delete", {"state": "absent"}, f"{SECRET}.delete"),
    ),
    *steps_of(
        "secret_manager_secret",
        "story-key",
        ("generate", {"generate": {"kind": "fernet"}, "kind": "fernet"}, f"{SECRET}.create {SECRET}.addVersion"),
        ("renew", {"generate": {"kind": "fernet"}, "newer_than": 1}, f"{SECRET}.addVersion"),
        ("replace", {"source": {"environment": "GOOGLE_APPLICATION_CREDENTIALS"}}, f"{SECRET}.addVersion"),
    ),
    *steps_of(
        "cloud_run_service",
        "story-service",
        ("create", {"image": "IMAGE", "port": 3000, "env": {"GREETING": "hello"}}, f"{RUN}.create"),
        ("change", {"env": {"GREETING": "good morning"}, "labels": {"team": "netra"}}, f"{RUN}.patch"),
        ("delete", {"state": "absent"}, f"{RUN}.delete"),
    ),
    *steps_of(
        "cloud_run_traffic",
        FRONTEND,
        ("pin", {"revision": f"{FRONTEND}-00021-vqz"}, f"{RUN}.patch"),
        ("hold", {"hold": {"reason": "a release freeze"}}, f"{RUN}.patch"),
        ("lift the hold of", {"hold": None, "traffic": [{"latest": True, "percent": 100}]}, f"{RUN}.patch"),
    ),
]  # fmt: skip


def without_times(diff: Any) -> str:
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", json.dumps(diff, sort_keys=True))


@pytest.fixture(scope="module", autouse=True)
def healthy(sandbox: Any) -> None:
    sandbox.reset("healthy")


@pytest.fixture
def options(step: Step, google: Any) -> dict[str, Any]:
    if step.options.get("image") != "IMAGE":
        return step.options
    seen, _writes = google.run("cloud_run_service_info", name=FRONTEND)
    return {**step.options, "image": seen["services"][0]["template"]["image"]}


@pytest.mark.parametrize("step", STORIES, ids=lambda step: f"{step.does} {step.options['name']}")
def test_a_step_writes_once_and_check_mode_predicts_it(google: Any, step: Step, options: dict[str, Any]) -> None:
    predicted, writes = google.run(step.module, check_mode=True, **options)
    assert predicted.get("changed"), predicted
    assert writes == []
    done, writes = google.run(step.module, **options)
    assert done.get("changed"), done
    assert writes == list(step.writes)
    assert without_times(done["diff"]) == without_times(predicted["diff"])
    for check_mode in (True, False):
        again, writes = google.run(step.module, check_mode=check_mode, **options)
        assert again.get("changed") is False, again
        assert writes == []


def test_a_hold_that_was_not_written_is_not_said_to_stand(google: Any) -> None:
    """The operation fails and what it had changed is taken back, while the traffic flows as before."""
    fault = {"kind": "operation-error", "method": f"{RUN}.patch", "nth": 1}
    google.sandbox.call("faults", fault)
    failed, _writes = google.run("cloud_run_traffic", name=FRONTEND, hold={"reason": "a release freeze"})
    requests.delete(f"{google.sandbox.proxy}/_sandbox/faults", timeout=30).raise_for_status()
    assert "Could not update service" in failed.get("msg", ""), failed
    assert google.run("cloud_run_traffic", name=FRONTEND, hold=None)[0]["changed"] is False


def test_a_hold_keeps_the_traffic(google: Any) -> None:
    google.run("cloud_run_traffic", name=FRONTEND, hold={"reason": "a release freeze"})
    refused, writes = google.run("cloud_run_traffic", name=FRONTEND, revision=f"{FRONTEND}-00021-vqz")
    assert refused["failed"]
    assert "a release freeze" in refused["msg"]
    assert writes == []
    lifted, _writes = google.run("cloud_run_traffic", name=FRONTEND, hold=None)
    assert lifted["changed"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_database_is_not_deleted(google: Any, check_mode: bool) -> None:
    refused, writes = google.run("sql_instance", check_mode, name="staging-postgres", state="absent")
    assert refused["failed"]
    assert "not deleted by this module" in refused["msg"]
    assert writes == []


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("module", "options", "named"),
    [
        ("cloud_run_service", {"name": "new-service"}, "image"),
        ("cloud_run_service", {"name": FRONTEND, "memory": "lots"}, "memory"),
        ("cloud_run_traffic", {"name": FRONTEND, "revision": "no-such-revision"}, "no-such-revision"),
        ("cloud_run_traffic", {"name": FRONTEND, "traffic": [{"latest": True, "percent": 90}]}, "traffic"),
        ("secret_manager_secret", {"name": "bad name"}, "name"),
        ("secret_manager_secret", {"name": "a-key", "kind": "jwt_key", "payload": "changeme"}, "payload"),
        ("vpc_access_connector", {"name": "new-connector"}, "network"),
    ],
)
def test_bad_input_is_refused_before_any_write(
    google: Any, module: str, options: dict[str, Any], named: str, check_mode: bool
) -> None:
    refused, writes = google.run(module, check_mode, **options)
    assert refused.get("failed"), refused
    assert named in refused["msg"]
    assert writes == []


def test_a_change_that_someone_else_overtook_is_read_and_planned_once_more(google: Any, monkeypatch: Any) -> None:
    read, seen = ServiceResource.read, []

    def overtaken(resource: ServiceResource) -> Any:
        found = read(resource)
        seen.append((found or {})["etag"])
        if len(seen) == 1:
            monkeypatch.setattr(ServiceResource, "read", read)
            other, _writes = google.run("cloud_run_service", name=FRONTEND, labels={"overtaken": "yes"})
            assert other["changed"], other
            monkeypatch.setattr(ServiceResource, "read", overtaken)
        return found

    monkeypatch.setattr(ServiceResource, "read", overtaken)
    mark = google.sandbox.mark()
    done, _writes = google.run("cloud_run_service", name=FRONTEND, labels={"story": "told"})
    assert done.get("changed"), done
    patches = [entry for entry in google.sandbox.writes(mark) if entry["method"] == f"{RUN}.patch"]
    assert [entry["status"] for entry in patches] == [200, 409, 200]
    assert seen[0] != seen[1]
    assert {name: done["service"]["labels"][name] for name in ("overtaken", "story")} == {
        "overtaken": "yes",
        "story": "told",
    }


def test_a_secret_takes_what_another_holds_at_its_newest_enabled_version(google: Any) -> None:
    first, second = "Zk3v9QpL0sT7hB2x", "Rw8n2XcV5bM1qJ6y"
    for payload in (first, second):
        google.run("secret_manager_secret", name="original", payload=payload)
    assert google.run("secret_manager_secret", name="copied", source={"secret": "original"})[0]["changed"]
    assert not google.run("secret_manager_secret", name="copied", payload=second)[0]["changed"]
    google.run("secret_manager_secret", name="original", version_states={"2": "disabled"})
    assert google.run("secret_manager_secret", name="copied", source={"secret": "original"})[0]["changed"]
    assert not google.run("secret_manager_secret", name="copied", payload=first)[0]["changed"]
    refused, writes = google.run("secret_manager_secret", name="copied", source={"secret": "nowhere"})
    assert ("secret nowhere has no enabled version" in refused["msg"], writes) == (True, [])
