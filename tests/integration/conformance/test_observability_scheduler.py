# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud Scheduler: jobs that really call their targets."""

from __future__ import annotations

from typing import Any

import pytest

HOST = "cloudscheduler.googleapis.com/v1"
REST = "https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs"
NOWHERE = "https://conformance.invalid/x"


def job_body(uri: str = NOWHERE, **more: Any) -> dict[str, Any]:
    return {"schedule": "0 3 * * *", "timeZone": "Europe/Berlin", "httpTarget": {"uri": uri}, **more}


@pytest.fixture
def made(target: Any) -> Any:
    """Return a function that makes jobs, which go with the test."""
    names: list[str] = []

    def make(body: dict[str, Any]) -> dict[str, Any]:
        name = f"{target.location}/jobs/{target.fresh('job')}"
        names.append(name)
        return dict(target.call("POST", f"{HOST}/{target.location}/jobs", {**body, "name": name}))

    yield make
    for name in names:
        target.send("DELETE", f"{HOST}/{name}")


def attempted(target: Any, job: dict[str, Any]) -> dict[str, Any]:
    return dict(
        target.until(
            lambda: target.call("GET", f"{HOST}/{job['name']}"), lambda seen: bool(seen.get("lastAttemptTime"))
        )
    )


@pytest.mark.source("public", REST)
def test_a_job_is_completed_and_listed(target: Any, made: Any) -> None:
    job = made(job_body())
    assert (job["state"], job["httpTarget"]["httpMethod"], job["attemptDeadline"]) == ("ENABLED", "POST", "180s")
    assert job["scheduleTime"] > job["userUpdateTime"]
    assert job in target.call("GET", f"{HOST}/{target.location}/jobs")["jobs"]


@pytest.mark.source("public", f"{REST}/run")
@pytest.mark.sandbox_only("it needs a service that answers")
def test_a_job_calls_its_target(target: Any, sandbox: Any, made: Any) -> None:
    hosts = [url.removeprefix("https://") for url in sandbox.state["urls"].values()]
    url = next(f"https://{host}" for host in hosts if target.send("GET", f"{host}/").status_code == 200)
    token = {"serviceAccountEmail": f"caller@{target.project}.iam.gserviceaccount.com"}
    job = made(job_body(httpTarget={"uri": f"{url}/", "httpMethod": "GET", "oidcToken": token}))
    target.call("POST", f"{HOST}/{job['name']}:run")
    assert not attempted(target, job).get("status")
    condition = f'resource.type="cloud_scheduler_job" AND resource.labels.job_id="{job["name"].rpartition("/")[2]}"'
    body = {"resourceNames": [f"projects/{target.project}"], "filter": condition, "orderBy": "timestamp asc"}
    entries = target.call("POST", "logging.googleapis.com/v2/entries:list", body)["entries"]
    assert [entry["jsonPayload"]["@type"].rpartition(".")[2] for entry in entries] == [
        "AttemptStarted",
        "AttemptFinished",
    ]
    assert entries[1]["httpRequest"]["status"] == 200


@pytest.mark.source("public", "https://cloud.google.com/run/docs/securing/ingress#settings")
def test_a_job_calls_an_internal_service_of_the_project(target: Any, services: Any, made: Any) -> None:
    hidden = services.deploy(ingress="INGRESS_TRAFFIC_INTERNAL_ONLY")
    assert hidden.get(headers={"X-CloudScheduler": "true"}).status_code == 404
    job = made(job_body(httpTarget={"uri": hidden.uri, "httpMethod": "GET"}))
    target.call("POST", f"{HOST}/{job['name']}:run")
    assert not attempted(target, job).get("status")


@pytest.mark.source("public", f"{REST}#Job.FIELDS.status")
@pytest.mark.sandbox_only("the cloud asks the name servers")
def test_a_target_that_is_not_there_is_told(target: Any, made: Any) -> None:
    job = made(job_body())
    target.call("POST", f"{HOST}/{job['name']}:run")
    assert attempted(target, job)["status"]["code"] == 14


@pytest.mark.source("public", f"{REST}/pause")
def test_a_paused_job_is_resumed(target: Any, made: Any) -> None:
    job = made(job_body())
    paused = target.call("POST", f"{HOST}/{job['name']}:pause")
    assert (paused["state"], "scheduleTime" in paused) == ("PAUSED", False)
    assert target.refusal("POST", f"{HOST}/{job['name']}:pause")["status"] == "FAILED_PRECONDITION"
    assert target.call("POST", f"{HOST}/{job['name']}:resume")["scheduleTime"] == job["scheduleTime"]
    assert target.refusal("POST", f"{HOST}/{job['name']}:resume")["status"] == "FAILED_PRECONDITION"


@pytest.mark.source("public", f"{REST}/patch")
def test_a_mask_says_what_changes(target: Any, made: Any) -> None:
    job = made(job_body())
    body = {"schedule": "30 4 * * *", "description": "ignored"}
    changed = target.call("PATCH", f"{HOST}/{job['name']}", body, updateMask="schedule")
    assert (changed["schedule"], changed.get("description")) == ("30 4 * * *", None)
    assert changed["scheduleTime"] != job["scheduleTime"]


@pytest.mark.source("public", REST)
@pytest.mark.parametrize(
    "change",
    [
        {"schedule": "61 * * * *"},
        {"schedule": "* * * *"},
        {"schedule": "0 0 31 2 *"},
        {"timeZone": "Moon/Crater"},
        {"httpTarget": {"uri": "ftp://example.com"}},
        {"httpTarget": {"uri": NOWHERE, "oidcToken": {}, "oauthToken": {}}},
        {"attemptDeadline": "1s"},
        {"retryConfig": {"retryCount": 9}},
        {"name": "elsewhere/jobs/x"},
    ],
    ids=str,
)
def test_a_job_is_refused(target: Any, change: dict[str, Any]) -> None:
    error = target.refusal("POST", f"{HOST}/{target.location}/jobs", {**job_body(), **change})
    assert error["status"] == "INVALID_ARGUMENT"


@pytest.mark.source("public", f"{REST}/create")
def test_a_name_that_is_taken_is_refused(target: Any, made: Any) -> None:
    job = made(job_body())
    error = target.refusal("POST", f"{HOST}/{target.location}/jobs", {**job_body(), "name": job["name"]})
    assert error["status"] == "ALREADY_EXISTS"


@pytest.mark.source("discovery", "cloudscheduler.projects.locations.jobs.get")
def test_a_job_that_is_not_there_is_not_found(target: Any) -> None:
    error = target.refusal("GET", f"{HOST}/{target.location}/jobs/{target.fresh('job')}")
    assert error["status"] == "NOT_FOUND"
