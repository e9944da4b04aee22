# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of runs that died are closed by the next run, and only those."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.foundation.processes import this_kernel
from ansible_collections.netra.remediation.plugins.module_utils.operations import run_record
from ansible_collections.netra.remediation.plugins.module_utils.operations.run_closing import close_dead
from ansible_collections.netra.remediation.plugins.module_utils.record import progress, runs
from ansible_collections.netra.remediation.plugins.module_utils.record.resumption import resumption_of

ENVIRONMENT, PLAYBOOK = "staging", "netra.remediation.remediate"
OLD, DEAD, NEW = (f"20250923T1{hour}1500Z-aaaaaa" for hour in (0, 1, 2))
GONE = {"pid": 2**22 + 1, "started": 1, "kernel": this_kernel()}
ELSEWHERE = {"pid": 1, "started": 1, "kernel": "another/kernel"}
END = ("finished", {})


def record(place: pathlib.Path, run: str, *said: Any, **facts: Any) -> None:
    started = ("started", {"environment": ENVIRONMENT, "playbook": PLAYBOOK, **facts})
    runs.create_run(str(place), ENVIRONMENT, run).ledger.append("2025-09-23T10:15:00.000Z", [started, *said])


@pytest.mark.parametrize(
    ("facts", "said", "is_locked", "why"),
    [
        ({"process": GONE}, [], False, "its process has ended"),
        ({"process": GONE}, [END], True, None),
        ({"process": GONE}, [("stopped", {}), END], True, None),
        ({"process": GONE}, [("closed", {"by": OLD, "reason": "it died"})], True, None),
        ({"process": ELSEWHERE, "locked": True}, [], True, "it lost the lock of its environment"),
        ({"process": ELSEWHERE, "locked": True}, [], False, None),
        ({"process": ELSEWHERE, "locked": False}, [], True, None),
        ({"process": None, "locked": True}, [], True, "it lost the lock of its environment"),
        ({}, [], True, None),
    ],
)
def test_a_record_is_closed_where_its_run_surely_died(
    tmp_path: pathlib.Path, facts: Any, said: Any, is_locked: bool, why: str | None
) -> None:
    record(tmp_path, DEAD, *said, **facts)
    assert [run.run for run in close_dead(str(tmp_path), ENVIRONMENT, NEW, is_locked=is_locked)] == [DEAD] * bool(why)
    last = runs.run_at(str(tmp_path), ENVIRONMENT, DEAD).ledger.read().entries[-1]
    if why:
        assert (last.kind, last.body) == ("closed", {"by": NEW, "reason": why})
        report = json.loads((tmp_path / ENVIRONMENT / DEAD / "report.json").read_text(encoding="utf-8"))
        assert report["verdict"] == "killed"
        assert close_dead(str(tmp_path), ENVIRONMENT, NEW, is_locked=is_locked) == []


@pytest.mark.parametrize("text", ["", '{"kind": "star'])
def test_a_run_that_died_before_its_first_entry_holds_nobody_up(tmp_path: pathlib.Path, text: str) -> None:
    run = runs.create_run(str(tmp_path), ENVIRONMENT, DEAD)
    (pathlib.Path(run.folder) / "ledger.jsonl").write_text(text, encoding="utf-8")
    assert close_dead(str(tmp_path), ENVIRONMENT, NEW, is_locked=True) == []
    with pytest.raises(BadInput, match="holds no record of"):
        resumption_of(str(tmp_path), ENVIRONMENT, DEAD, PLAYBOOK, {})


def starts(
    place: pathlib.Path, resume: str | None, check_mode: bool = False, start: str | None = NEW
) -> dict[str, Any]:
    options = {"directory": str(place), "environment": ENVIRONMENT, "start": start, "finished": False}
    return run_record.run({**options, "facts": {"playbook": PLAYBOOK}, "resume": resume}, check_mode)


def test_a_run_takes_up_the_newest_one_where_that_died(tmp_path: pathlib.Path) -> None:
    record(tmp_path, OLD, process=GONE)
    record(tmp_path, DEAD, (progress.BEGAN, {"phase": "build"}), process=GONE)
    predicted = starts(tmp_path, "dead", check_mode=True)
    assert (predicted["closed"], predicted["resumed"]) == ([], None)
    told = starts(tmp_path, "dead")
    assert told["closed"] == [DEAD, OLD]
    assert f"Takes up run {DEAD} (killed), which finished no phase; it broke off in build." in told["resumed"]


def test_a_run_without_the_lock_takes_up_nothing_by_itself(tmp_path: pathlib.Path) -> None:
    record(tmp_path, DEAD, process=GONE)
    told = starts(tmp_path, "dead", start=None)
    assert (told["closed"], told["resumed"]) == ([DEAD], None)


@pytest.mark.parametrize("resume", ["dead", None])
def test_a_run_takes_up_nothing_where_the_newest_one_ended(tmp_path: pathlib.Path, resume: str | None) -> None:
    record(tmp_path, OLD, process=GONE)
    record(tmp_path, DEAD, ("failure", {"message": "no"}), END)
    told = starts(tmp_path, resume)
    assert (told["closed"], told["resumed"]) == ([OLD], None)
