# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`gcloud run`, unmodified: services, revisions, traffic, policies, jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

GCLOUD = "https://cloud.google.com/sdk/gcloud/reference/run"
Run = Callable[..., Any]


@pytest.fixture
def run(gcloud: Run, target: Any) -> Run:
    """Run `gcloud run` in the target's region."""
    return lambda *arguments, **options: gcloud("run", *arguments, f"--region={target.region}", **options)


@pytest.fixture
def service(services: Any) -> Any:
    """Deploy a service for gcloud to work on."""
    return services.deploy(public=False)


@pytest.fixture
def job(run: Run, target: Any, services: Any) -> Iterator[str]:
    """Make a job with gcloud."""
    name = target.fresh("job")
    run("jobs", "create", name, f"--image={services.image}", "--command=python", "--args=-c,pass", "--max-retries=0")
    yield name
    run("jobs", "delete", name, output="none")


@pytest.mark.source("public", f"{GCLOUD}/services/describe")
def test_services_describe_and_list(run: Run, service: Any) -> None:
    described = run("services", "describe", service.name)
    assert described["metadata"]["name"] == service.name
    assert described["status"]["url"] == service.uri
    assert service.name in {item["metadata"]["name"] for item in run("services", "list")}


@pytest.mark.source("public", f"{GCLOUD}/services/update")
def test_services_update_and_update_traffic(run: Run, service: Any) -> None:
    first = service.read()["latestReadyRevision"].rpartition("/")[2]
    updated = run("services", "update", service.name, "--update-env-vars=RELEASE=two", "--no-traffic", "--tag=next")
    assert updated["status"]["latestReadyRevisionName"] != first
    shares = {item["revisionName"]: item.get("percent", 0) for item in updated["status"]["traffic"]}
    assert shares == {first: 100, updated["status"]["latestReadyRevisionName"]: 0}
    run("services", "update-traffic", service.name, "--to-latest")
    now = service.read()
    assert now["trafficStatuses"][0] == {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}
    assert now["latestCreatedRevision"].endswith(updated["status"]["latestReadyRevisionName"])


@pytest.mark.source("public", f"{GCLOUD}/services/update")
def test_a_failed_update_ends_with_the_words_of_the_condition(run: Run, service: Any) -> None:
    printed = run("services", "update", service.name, "--command=false", fails=True)
    assert "is not ready and cannot serve traffic. The user-provided container failed to start" in printed


@pytest.mark.source("public", f"{GCLOUD}/services/add-iam-policy-binding")
def test_services_add_iam_policy_binding(run: Run, service: Any) -> None:
    binding = ("--member=user:someone@example.com", "--role=roles/run.invoker")
    policy = run("services", "add-iam-policy-binding", service.name, *binding)
    assert policy["bindings"] == [{"role": "roles/run.invoker", "members": ["user:someone@example.com"]}]


@pytest.mark.source("public", f"{GCLOUD}/deploy")
def test_deploy_creates_a_service_and_then_changes_it(run: Run, target: Any, services: Any) -> None:
    name = target.fresh("deploy")
    try:
        made = run("deploy", name, f"--image={services.image}", "--no-allow-unauthenticated")
        assert made["status"]["latestReadyRevisionName"].startswith(f"{name}-00001-")
        again = run("deploy", name, f"--image={services.image}", "--memory=1Gi", "--max-instances=3")
        assert again["status"]["latestReadyRevisionName"].startswith(f"{name}-00002-")
        [revision] = [
            item for item in run("revisions", "list", f"--service={name}") if "-00002-" in item["metadata"]["name"]
        ]
        assert revision["spec"]["containers"][0]["resources"]["limits"]["memory"] == "1Gi"
    finally:
        run("services", "delete", name, output="none")


@pytest.mark.source("public", f"{GCLOUD}/revisions/describe")
def test_revisions_list_and_describe(run: Run, service: Any) -> None:
    [revision] = run("revisions", "list", f"--service={service.name}")
    described = run("revisions", "describe", revision["metadata"]["name"])
    assert described["status"]["serviceName"] == service.name


@pytest.mark.source("public", f"{GCLOUD}/jobs/execute")
def test_jobs_execute_list_and_describe(run: Run, job: str) -> None:
    execution = run("jobs", "execute", job, "--wait", "--tasks=2")
    assert execution["status"]["succeededCount"] == 2
    assert job in {item["metadata"]["name"] for item in run("jobs", "list")}
    described = run("jobs", "describe", job)
    assert described["status"]["latestCreatedExecution"]["name"] == execution["metadata"]["name"]


@pytest.mark.source("public", f"{GCLOUD}/jobs/execute")
def test_an_execution_that_fails_fails_the_command(run: Run, job: str) -> None:
    printed = run("jobs", "execute", job, "--wait", "--args=-c,raise SystemExit(3)", fails=True)
    assert "The execution failed." in printed
    [execution] = run("jobs", "executions", "list", f"--job={job}")
    assert execution["status"]["failedCount"] == 1
