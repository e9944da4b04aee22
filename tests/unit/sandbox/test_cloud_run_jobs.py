# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs: defaults, overrides, counts, the words of a completion, and the v1 view."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services.cloud_run.conditions import condition
from netra_sandbox.services.cloud_run.jobs import attempts, names, records, rules, templates
from netra_sandbox.services.cloud_run.v1 import jobs_view

LOCATION = "projects/p/locations/us-central1"
TIME, LATER = "2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:12.340000Z"


def template(**task: Any) -> dict[str, Any]:
    return {"template": {"containers": [{"image": "i", "env": [{"name": "A", "value": "1"}]}], **task}}


def normalised(found: dict[str, Any]) -> dict[str, Any]:
    return templates.normalised(found, project_number="123")


def job(**fields: Any) -> dict[str, Any]:
    given = {"template": normalised(template()), "launchStage": "GA", **fields}
    return records.new_job(names.JobName.parse(f"{LOCATION}/jobs/j"), given, "me", TIME)


def execution(count: int = 3) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    made = records.new_execution(job(), "j-abcde", normalised(template() | {"taskCount": count}), "me", TIME)
    return made | {"startTime": TIME}, [records.new_task(made, index, TIME) for index in range(count)]


def ended(task: dict[str, Any], state: str, reason: str = "", **fields: Any) -> dict[str, Any]:
    reasons = {"executionReason": reason} if reason else {}
    return records.with_condition(task | fields, condition("Completed", state, TIME, **reasons))


def test_a_job_has_the_documented_defaults() -> None:
    found = normalised(template())
    assert (found["taskCount"], found["template"]["maxRetries"], found["template"]["timeout"]) == (1, 3, "600s")


def test_no_retries_is_a_choice() -> None:
    assert normalised(template(maxRetries=0))["template"]["maxRetries"] == 0


@pytest.mark.parametrize(("asked", "count", "got"), [(0, 5, 5), (2, 5, 2), (5, 2, 2)])
def test_parallelism_is_all_unless_less_is_asked(asked: int, count: int, got: int) -> None:
    assert templates.parallelism({"taskCount": count, "parallelism": asked}) == got


def test_overrides_change_one_execution_only() -> None:
    stored = normalised(template())
    override = {"args": ["x"], "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]}
    changed = templates.overridden(stored, {"taskCount": 4, "timeout": "9s", "containerOverrides": [override]})
    container = changed["template"]["containers"][0]
    assert (changed["taskCount"], changed["template"]["timeout"], container["args"]) == (4, "9s", ["x"])
    assert {item["name"]: item["value"] for item in container["env"]} == {"A": "2", "B": "3"}
    assert stored == normalised(template())
    cleared = templates.overridden(changed, {"containerOverrides": [{"clearArgs": True}]})
    assert "args" not in cleared["template"]["containers"][0]


def test_an_override_of_no_container_is_refused() -> None:
    with pytest.raises(ApiError, match="no container is named 'other'"):
        templates.overridden(normalised(template()), {"containerOverrides": [{"name": "other"}]})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"template": template(maxRetries=11)}, "max_retries should be between 0 and 10"),
        ({"template": template(timeout="604801s")}, "timeout should be between 1 and 604800 seconds"),
        ({"template": template() | {"taskCount": 10001}}, "task_count should be between 1 and 10000"),
        ({"template": template() | {"parallelism": 2}}, "parallelism should be between 0 and task_count"),
        ({"template": {"template": {"containers": []}}}, "at least one container"),
        ({"template": template(containers=[{"image": "i", "ports": [{}]}])}, "ports should be empty for a job"),
        (
            {"template": template(containers=[{"image": "i", "env": [{"name": "CLOUD_RUN_JOB"}]}])},
            "reserved env names were provided: CLOUD_RUN_JOB",
        ),
        ({"labels": {"run.googleapis.com/x": "y"}, "template": template()}, "are not supported"),
    ],
)
def test_what_is_no_job_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiError, match=words) as refused:
        rules.check_job("CreateJobRequest", given)
    assert refused.value.status == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("returned", "exit_code", "signal", "succeeded"), [(0, 0, 0, True), (3, 3, 0, False), (-9, 0, 9, False)]
)
def test_a_return_code_says_how_an_attempt_ended(returned: int, exit_code: int, signal: int, succeeded: bool) -> None:
    outcome = attempts.outcome_of(returned)
    assert (outcome.exit_code, outcome.signal, outcome.succeeded) == (exit_code, signal, succeeded)


def test_counts_are_those_of_the_tasks() -> None:
    found, tasks = execution(5)
    tasks[0] = ended(tasks[0], "SUCCEEDED", retried=2)
    tasks[1] = ended(tasks[1], "FAILED", "NON_ZERO_EXIT_CODE")
    tasks[2] = ended(tasks[2], "FAILED", "CANCELLED")
    tasks[3] = tasks[3] | {"startTime": TIME}
    counted = records.counted(found | {"runningCount": 9}, tasks)
    keys = ("runningCount", "succeededCount", "failedCount", "cancelledCount", "retriedCount")
    assert [counted[key] for key in keys] == [1, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("states", "state", "words"),
    [
        (["SUCCEEDED"] * 3, "CONDITION_SUCCEEDED", "Execution completed successfully in 12.34s."),
        (["SUCCEEDED", "FAILED", "SUCCEEDED"], "CONDITION_FAILED", "Task j-abcde-task1 failed with exit code: 7"),
    ],
)
def test_an_execution_completes_as_its_tasks_did(states: list[str], state: str, words: str) -> None:
    found, tasks = execution()
    result = {"exitCode": 7, "status": {"code": 10, "message": "x"}}
    tasks = [ended(task, how, lastAttemptResult=result) for task, how in zip(tasks, states, strict=True)]
    completed = records.completion(found, tasks, LATER)
    assert completed["state"] == state
    assert completed["message"].startswith(words)


def test_a_job_tells_of_its_latest_execution() -> None:
    found, _tasks = execution()
    assert records.reference(found)["completionStatus"] == "EXECUTION_RUNNING"
    assert records.reference(ended(found, "SUCCEEDED"))["completionStatus"] == "EXECUTION_SUCCEEDED"


WORD = st.from_regex(r"[a-z][a-z0-9]{2,8}", fullmatch=True)


@settings(max_examples=50, deadline=None)
@given(
    st.fixed_dictionaries({}, optional={"labels": st.dictionaries(WORD, WORD, min_size=1), "client": WORD}),
    st.fixed_dictionaries({"taskCount": st.integers(1, 9)}, optional={"parallelism": st.just(1)}),
    st.fixed_dictionaries(
        {"maxRetries": st.integers(0, 9), "timeout": st.just("5s")}, optional={"serviceAccount": WORD}
    ),
)
def test_a_job_comes_back_from_v1_as_it_went(fields: dict, counts: dict, task: dict) -> None:
    wanted = {**fields, "template": normalised(template(**task) | counts)}
    shown = jobs_view.job_to_v1(job(**wanted), "123")
    back = jobs_view.job_to_v2(shown, LOCATION)
    assert {**back, "template": normalised(back["template"])} == wanted


def test_a_task_says_its_state_in_a_label() -> None:
    _execution, tasks = execution()
    shown = jobs_view.task_to_v1(ended(tasks[1], "FAILED", "NON_ZERO_EXIT_CODE"), "123")
    assert shown["metadata"]["labels"]["run.googleapis.com/runningState"] == "Failed"
    assert shown["status"]["index"] == 1
