# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs, executions and tasks: real processes, their exit codes, and what the API says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import run_admin
from accounts import Account
from google.cloud import run_v2

JOBS = f"{run_admin.REFERENCE}.jobs"
CONTRACT = "https://cloud.google.com/run/docs/container-contract#jobs-env-vars"
COUNTS = ("runningCount", "succeededCount", "failedCount", "cancelledCount", "retriedCount")
Job = Callable[..., str]


@pytest.fixture
def job(cloud: Any, services: Any) -> Iterator[Job]:
    """Make jobs of a few lines of Python each; return the full name."""
    made = []

    def create(code: str, *, tasks: int = 1, **task: Any) -> str:
        container = {"image": services.image, "command": ["python", "-c"], "args": [f"import os, sys, time; {code}"]}
        template = {"taskCount": tasks, "template": {"containers": [container], **task}}
        begun = cloud.call("POST", run_admin.url(cloud, "jobs"), {"template": template}, jobId=cloud.fresh("job"))
        made.append(run_admin.finished(cloud, begun)["name"])
        return str(made[-1])

    yield create
    for name in made:
        cloud.send("DELETE", f"{run_admin.HOST}/v2/{name}")


def run(cloud: Any, job: str, **body: Any) -> dict[str, Any]:
    """Execute a job to its end and return the execution."""
    return run_admin.finished(cloud, cloud.call("POST", f"{run_admin.HOST}/v2/{job}:run", body))


def begin(cloud: Any, job: str) -> str:
    """Execute a job and return the execution's name when its tasks run."""
    name = str(cloud.call("POST", f"{run_admin.HOST}/v2/{job}:run", {})["metadata"]["name"])
    cloud.until(lambda: run_admin.read(cloud, name), lambda seen: seen.get("runningCount"))
    return name


def tasks_of(cloud: Any, execution: dict[str, Any]) -> list[dict[str, Any]]:
    listed = cloud.call("GET", f"{run_admin.HOST}/v2/{execution['name']}/tasks")["tasks"]
    return [run_admin.strict(task) for task in listed]


def counts(execution: dict[str, Any]) -> list[int]:
    return [execution.get(key, 0) for key in COUNTS]


@pytest.mark.source("public", JOBS)
def test_a_job_has_the_documented_defaults(cloud: Any, job: Job) -> None:
    found = run_admin.read(cloud, job("pass"))
    task = found["template"]["template"]
    assert (found["template"]["taskCount"], task["maxRetries"], task["timeout"]) == (1, 3, "600s")
    assert found["terminalCondition"]["type"] == "Ready"
    assert found["terminalCondition"]["state"] == "CONDITION_SUCCEEDED"


@pytest.mark.source("public", CONTRACT)
def test_every_task_knows_its_place(cloud: Any, job: Job) -> None:
    code = "e = os.environ; sys.exit(0 if (e['CLOUD_RUN_TASK_COUNT'], e['CLOUD_RUN_TASK_ATTEMPT']) == ('3', '0') "
    code += "and e['CLOUD_RUN_EXECUTION'].startswith(e['CLOUD_RUN_JOB']) else 10 + int(e['CLOUD_RUN_TASK_INDEX']))"
    execution = run(cloud, job(code, tasks=3, maxRetries=0))
    assert counts(execution) == [0, 3, 0, 0, 0]
    assert "completionTime" in execution
    assert run_admin.condition(execution, "Completed")["state"] == "CONDITION_SUCCEEDED"
    assert [task.get("index", 0) for task in tasks_of(cloud, execution)] == [0, 1, 2]


@pytest.mark.source("public", f"{JOBS}.executions.tasks")
def test_a_task_that_fails_is_tried_again(cloud: Any, job: Job) -> None:
    execution = run(cloud, job("sys.exit(os.environ['CLOUD_RUN_TASK_ATTEMPT'] != '2')", maxRetries=2))
    assert counts(execution) == [0, 1, 0, 0, 2]
    assert tasks_of(cloud, execution)[0]["retried"] == 2


@pytest.mark.source("public", f"{JOBS}.executions")
def test_a_task_that_fails_for_good_fails_the_execution(cloud: Any, job: Job) -> None:
    name = job("sys.exit(7 if os.environ['CLOUD_RUN_TASK_INDEX'] == '1' else 0)", tasks=2, maxRetries=0)
    execution = run(cloud, name)
    assert counts(execution) == [0, 1, 1, 0, 0]
    completed = run_admin.condition(execution, "Completed")
    assert (completed["state"], completed["executionReason"]) == ("CONDITION_FAILED", "NON_ZERO_EXIT_CODE")
    assert tasks_of(cloud, execution)[1]["lastAttemptResult"]["exitCode"] == 7
    latest = run_admin.read(cloud, name)["latestCreatedExecution"]
    assert latest["name"] == run_admin.short(execution["name"])
    assert latest["completionStatus"] == "EXECUTION_FAILED"


@pytest.mark.source("public", "https://cloud.google.com/run/docs/configuring/task-timeout")
def test_a_task_ends_at_its_time_out(cloud: Any, job: Job) -> None:
    execution = run(cloud, job("time.sleep(60)", timeout="1s", maxRetries=0))
    assert counts(execution) == [0, 0, 1, 0, 0]
    assert tasks_of(cloud, execution)[0]["lastAttemptResult"]["status"]["code"] == 4


@pytest.mark.source("public", f"{JOBS}#ExecutionTemplate")
def test_parallelism_bounds_how_many_tasks_run_at_once(cloud: Any, job: Job) -> None:
    name = job("time.sleep(60)", tasks=3)
    body = run_admin.read(cloud, name)
    body["template"]["parallelism"] = 1
    run_admin.finished(cloud, cloud.call("PATCH", f"{run_admin.HOST}/v2/{name}", body))
    execution = begin(cloud, name)
    assert run_admin.read(cloud, execution)["runningCount"] == 1
    cloud.call("POST", f"{run_admin.HOST}/v2/{execution}:cancel", {})


@pytest.mark.source("public", "https://cloud.google.com/run/docs/logging")
def test_the_lines_of_a_task_are_in_the_logs(cloud: Any, job: Job) -> None:
    execution = run(cloud, job("print('said by', os.environ['CLOUD_RUN_TASK_INDEX'])"))
    short = run_admin.short(execution["name"])
    chosen = f'resource.type="cloud_run_job" AND labels."run.googleapis.com/execution_name"="{short}" AND "said by"'
    asked = {"resourceNames": [f"projects/{cloud.project}"], "filter": chosen}
    url = "logging.googleapis.com/v2/entries:list"
    [entry] = cloud.until(lambda: cloud.call("POST", url, asked).get("entries", []), bool)
    assert entry["textPayload"] == "said by 0"
    assert entry["resource"]["labels"]["job_name"] == execution["job"]
    assert entry["labels"]["run.googleapis.com/task_index"] == "0"


@pytest.mark.sandbox_only("uses the private Redis and the connector of the scenario")
@pytest.mark.source("public", "https://cloud.google.com/run/docs/configuring/vpc-connectors")
@pytest.mark.parametrize("connected", [True, False])
def test_a_task_reaches_private_addresses_through_a_connector_only(cloud: Any, job: Job, connected: bool) -> None:
    redis = cloud.call("GET", f"redis.googleapis.com/v1/{cloud.location}/instances")["instances"][0]
    connector = cloud.call("GET", f"vpcaccess.googleapis.com/v1/{cloud.location}/connectors")["connectors"][0]["name"]
    access = {"vpcAccess": {"connector": connector, "egress": "ALL_TRAFFIC"}} if connected else {}
    code = f"import socket; s = socket.create_connection(('{redis['host']}', {redis['port']}), 2); s.settimeout(2); "
    code += "s.sendall(b'PING\\r\\n'); sys.exit(0 if s.recv(9)[:1] in b'+-' else 4)"
    execution = run(cloud, job(code, maxRetries=0, **access))
    assert counts(execution) == ([0, 1, 0, 0, 0] if connected else [0, 0, 1, 0, 0])


@pytest.mark.source("public", "https://cloud.google.com/run/docs/container-contract#metadata-server")
def test_the_metadata_server_tells_a_task_of_its_own_account(cloud: Any, job: Job) -> None:
    account = Account(cloud)
    try:
        caller = cloud.session.credentials.service_account_email
        account.bind("roles/iam.serviceAccountUser", f"serviceAccount:{caller}")
        code = "from urllib.request import Request, urlopen; h = os.environ.get('GCE_METADATA_HOST', 'metadata'); "
        code += "p = '/computeMetadata/v1/instance/service-accounts/default/email'; "
        code += "a = urlopen(Request('http://' + h + p, headers={'Metadata-Flavor': 'Google'})); "
        code += f"sys.exit(a.read() != b'{account.email}')"
        execution = run(cloud, job(code, maxRetries=0, serviceAccount=account.email))
        assert counts(execution) == [0, 1, 0, 0, 0]
    finally:
        account.delete()


@pytest.mark.source("public", f"{JOBS}.executions/cancel")
def test_an_execution_is_cancelled(cloud: Any, job: Job) -> None:
    execution = begin(cloud, job("time.sleep(60)", tasks=2))
    ended = run_admin.finished(cloud, cloud.call("POST", f"{run_admin.HOST}/v2/{execution}:cancel", {}))
    assert counts(ended) == [0, 0, 0, 2, 0]
    assert run_admin.condition(ended, "Completed")["executionReason"] == "CANCELLED"


@pytest.mark.source("public", f"{JOBS}.executions/delete")
def test_an_execution_is_deleted_with_its_tasks(cloud: Any, job: Job) -> None:
    execution = run(cloud, job("pass"))
    url = f"{run_admin.HOST}/v2/{execution['name']}"
    run_admin.finished(cloud, cloud.call("DELETE", url))
    assert cloud.send("GET", url).status_code == 404
    assert cloud.call("GET", f"{url}/tasks") == {}


@pytest.mark.source("public", f"{JOBS}/run#Overrides")
def test_overrides_hold_for_one_execution(cloud: Any, job: Job) -> None:
    name = job("sys.exit(int(os.environ['CODE']))", maxRetries=0)
    override = {"env": [{"name": "CODE", "value": "5"}]}
    execution = run(cloud, name, overrides={"taskCount": 2, "containerOverrides": [override]})
    assert (execution["taskCount"], counts(execution)) == (2, [0, 0, 2, 0, 0])
    assert {task["lastAttemptResult"]["exitCode"] for task in tasks_of(cloud, execution)} == {5}
    assert run_admin.read(cloud, name)["template"]["taskCount"] == 1


@pytest.mark.source("public", f"{JOBS}/run#Overrides")
@pytest.mark.parametrize(
    "overrides",
    [{"containerOverrides": [{"name": "other"}]}, {"taskCount": 10001}, {"timeout": "999999s"}],
    ids=["unknown container", "10001 tasks", "beyond seven days"],
)
def test_overrides_are_refused(cloud: Any, job: Job, overrides: dict[str, Any]) -> None:
    refused = cloud.refusal("POST", f"{run_admin.HOST}/v2/{job('pass')}:run", {"overrides": overrides})
    assert (refused["code"], refused["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.source("public", f"{JOBS}/patch")
def test_a_stale_etag_is_a_conflict(cloud: Any, job: Job) -> None:
    url = f"{run_admin.HOST}/v2/{job('pass')}"
    body = cloud.call("GET", url)
    run_admin.finished(cloud, cloud.call("PATCH", url, body | {"labels": {"a": "b"}}))
    assert cloud.refusal("PATCH", url, body)["status"] == "ABORTED"
    assert cloud.refusal("POST", f"{url}:run", {"etag": body["etag"]})["status"] == "ABORTED"


@pytest.mark.source("public", f"{JOBS}/run")
def test_validate_only_runs_nothing(cloud: Any, job: Job) -> None:
    name = job("pass")
    execution = run(cloud, name, validateOnly=True)
    assert cloud.send("GET", f"{run_admin.HOST}/v2/{execution['name']}").status_code == 404
    assert "latestCreatedExecution" not in run_admin.read(cloud, name)


@pytest.mark.source("public", "https://googleapis.dev/python/run/latest/")
def test_googles_clients_lead_a_job_through_its_life(cloud: Any, services: Any) -> None:
    jobs, executions = run_v2.JobsClient(transport="rest"), run_v2.ExecutionsClient(transport="rest")
    tasks = run_v2.TasksClient(transport="rest")
    container = run_v2.Container(image=services.image, command=["python", "-c", "pass"])
    wanted = run_v2.Job(template={"template": {"containers": [container], "max_retries": 0}})
    made = jobs.create_job(parent=cloud.location, job=wanted, job_id=cloud.fresh("job")).result(timeout=30)
    execution = jobs.run_job(name=made.name).result(timeout=30)
    assert execution.succeeded_count == 1
    assert [found.name for found in executions.list_executions(parent=made.name)] == [execution.name]
    [task] = tasks.list_tasks(parent=execution.name)
    assert tasks.get_task(name=task.name).last_attempt_result.exit_code == 0
    assert made.name in {found.name for found in jobs.list_jobs(parent=cloud.location)}
    jobs.delete_job(name=made.name).result(timeout=30)
    assert cloud.send("GET", f"{run_admin.HOST}/v2/{execution.name}").status_code == 404
