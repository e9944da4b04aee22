# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that takes up another: what it refuses, what it takes over."""

from __future__ import annotations

import pathlib
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError, UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.record import progress, runs
from ansible_collections.netra.remediation.plugins.module_utils.record.resumption import resumption_of, told
from ansible_collections.netra.remediation.plugins.module_utils.record.snapshot import snapshot_of, write_snapshot

ENVIRONMENT, PLAYBOOK = "staging", "netra.remediation.remediate"
FIRST, SECOND, THIRD = (f"20250923T1{hour}1500Z-aaaaaa" for hour in (0, 1, 2))
FAILED, END, PASSED = ("failure", {"message": "no"}), ("finished", {}), ("gate", {"verdict": "pass"})
OLD, NEW = "2025-09-22T08:00:00Z", "2030-01-01T00:00:00Z"


def begun(phase: str) -> tuple[str, dict[str, Any]]:
    return progress.BEGAN, {"phase": phase}


def seen(**serving: str | None) -> dict[str, Any]:
    """Return an observation: which revision serves each service; those whose name has "new" in it were made now."""
    return {
        "services": {
            name: {"traffic_statuses": [{"revision": revision, "percent": 100}]} if revision else None
            for name, revision in serving.items()
        },
        "revisions": {
            name: [{"name": revision, "create_time": NEW if "new" in revision else OLD}]
            for name, revision in serving.items()
            if revision
        },
    }


def record(place: pathlib.Path, run: str, *said: Any, observation: Any = None, **facts: Any) -> None:
    """Write the record of a run."""
    created = runs.create_run(str(place), ENVIRONMENT, run)
    entries = [("started", {"environment": ENVIRONMENT, "playbook": PLAYBOOK, **facts})]
    if observation is not None:
        entries += [("snapshot", write_snapshot(created.folder, snapshot_of(observation, [], "")) or {})]
    created.ledger.append(runs.timestamp(datetime(2025, 9, 23, 10, tzinfo=UTC)), [*entries, *said])


def resume(place: pathlib.Path, run: str, observation: Any = None, environment: str = ENVIRONMENT) -> Any:
    return resumption_of(str(place), environment, run, PLAYBOOK, observation or {})


def test_what_was_moved_since_the_first_run_began_is_taken_over(tmp_path: pathlib.Path) -> None:
    before = seen(api="api-1", auth="auth-1", web="web-1", new=None, split=None)
    record(tmp_path, FIRST, begun("build"), begun("deployment"), observation=before)
    record(
        tmp_path, SECOND, begun("build"), FAILED, END, observation=seen(api="api-new"), resumes=FIRST, baseline=FIRST
    )
    now = seen(api="api-new", auth="auth-0", web="web-1", new="new-1", split=None)
    now["services"]["auth"]["traffic_statuses"] = [
        {"revision": "auth-1", "percent": 90},
        {"revision": "auth-new", "percent": 10},
    ]
    now["revisions"]["auth"] += [{"name": "auth-new", "create_time": NEW}]
    resumed = resume(tmp_path, SECOND, now)
    assert (resumed.run, resumed.baseline, resumed.verdict) == (SECOND, FIRST, "failed")
    assert list(resumed.moved) == [
        {"service": "api", "from": "api-1", "to": "api-new"},
        {"service": "auth", "from": "auth-1", "to": "auth-new", "percent": 10},
        {"service": "new", "from": None, "to": "new-1"},
    ]
    assert f"goes back to before run {FIRST}." in told(resumed)
    assert "taken back should this run fail: api to api-new, auth to auth-new, new to new-1." in told(resumed)


@pytest.mark.parametrize(
    ("said", "done", "broke_off_in"),
    [
        ((), (), None),
        ((begun("build"),), (), "build"),
        ((begun("build"), begun("deployment")), ("build",), "deployment"),
        ((begun("build"), begun("deployment"), FAILED, END), ("build",), "deployment"),
    ],
)
def test_it_is_told_how_far_a_run_came(tmp_path: pathlib.Path, said: Any, done: Any, broke_off_in: Any) -> None:
    record(tmp_path, FIRST, *said)
    resumed = resume(tmp_path, FIRST)
    assert (resumed.done, resumed.broke_off_in, resumed.moved) == (done, broke_off_in, ())


def test_a_run_that_ended_well_is_not_taken_up(tmp_path: pathlib.Path) -> None:
    record(tmp_path, FIRST, PASSED, END)
    with pytest.raises(RemediationError, match=r"ended well \(passed\)"):
        resume(tmp_path, FIRST)


def test_a_run_of_another_environment_or_playbook_is_not_taken_up(tmp_path: pathlib.Path) -> None:
    record(tmp_path, FIRST, FAILED, END)
    with pytest.raises(RemediationError, match="is a run of staging, not of production"):
        resume(tmp_path, FIRST, environment="production")
    record(tmp_path, SECOND, FAILED, END, playbook="netra.remediation.rollback")
    with pytest.raises(RemediationError, match=r"is a run of netra\.remediation\.rollback"):
        resume(tmp_path, SECOND)


def test_a_run_that_nobody_recorded_is_not_taken_up(tmp_path: pathlib.Path) -> None:
    with pytest.raises(RemediationError, match="there are none"):
        resume(tmp_path / "nowhere", FIRST)
    record(tmp_path, SECOND)
    with pytest.raises(RemediationError, match=f"no record of {FIRST}; the newest are {SECOND}"):
        resume(tmp_path, FIRST)
    with pytest.raises(RemediationError, match="remediation_resume: 'yesterday' is no run id"):
        resume(tmp_path, "yesterday")


def test_a_run_is_over_once_a_later_one_passed(tmp_path: pathlib.Path) -> None:
    record(tmp_path, FIRST)
    record(tmp_path, SECOND, FAILED, END)
    resume(tmp_path, FIRST)
    record(tmp_path, THIRD, PASSED, END)
    with pytest.raises(UnsafeChange, match=f"run {THIRD} passed after {FIRST}"):
        resume(tmp_path, FIRST)


def test_a_snapshot_that_was_edited_is_not_believed(tmp_path: pathlib.Path) -> None:
    record(tmp_path, FIRST, observation=seen(api="api-1"))
    (snapshot,) = tmp_path.glob(f"*/{FIRST}/snapshot.json")
    snapshot.write_bytes(snapshot.read_bytes().replace(b"api-1", b"api-2"))
    with pytest.raises(UnsafeChange, match="it is not what the ledger beside it sealed"):
        resume(tmp_path, FIRST, seen(api="api-new"))
    snapshot.unlink()
    with pytest.raises(UnsafeChange, match="No such file"):
        resume(tmp_path, FIRST, seen(api="api-new"))
