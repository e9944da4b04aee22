# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An operation that takes its time tells when a budget passes a mark, while it works."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch
from ansible_collections.netra.remediation.plugins.module_utils.fronts.performing import perform
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Result
from ansible_collections.netra.remediation.plugins.module_utils.record import budgets, runs

RUN = "20250923T101500Z-3fa29c"
GIVE_UP_SECONDS = 10.0


@pytest.fixture
def record(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> runs.Run:
    """Return a run whose first phase may take 0.4 seconds, which begin now."""
    record, now = runs.create_run(str(tmp_path), "staging", RUN), datetime.now(UTC)
    asked = [budgets.Budget("build", 0.4)]
    marks = budgets.marks_of(asked, "build", {}, now)
    heeded = watch.Watch(f"{record.folder}/{watch.FILE}", RUN, "staging", marks=marks)
    pathlib.Path(heeded.path).write_bytes(heeded.as_json())
    monkeypatch.setenv(watch.VARIABLE, heeded.path)
    return record


def levels(record: runs.Run) -> list[str]:
    return [entry.body["level"] for entry in record.ledger.read().entries]


def working(until: Callable[[], bool], *, authenticated: bool = True) -> Result:
    def work(_options: object, _check_mode: bool) -> Result:
        give_up = time.monotonic() + GIVE_UP_SECONDS
        while not until() and time.monotonic() < give_up:
            time.sleep(0.01)
        return {"changed": True, "warnings": ["it is slow"]}

    return perform(Operation("build", {}, work, authenticated=authenticated), {}, check_mode=False)


def test_a_mark_is_on_record_while_the_operation_works_and_the_result_says_it(record: runs.Run) -> None:
    near = working(lambda: levels(record) == ["near"])
    assert near["warnings"] == ["it is slow", "build took 0.3 s of the 0.4 s that remediation_budgets allows."]
    over = working(lambda: levels(record) == ["near", "over"])
    assert over["warnings"] == ["it is slow", "build took 0.4 s of the 0.4 s that remediation_budgets allows."]
    assert working(lambda: True)["warnings"] == ["it is slow"]
    assert levels(record) == ["near", "over"]


def test_a_mark_that_passed_between_two_operations_is_told_by_the_next_one_that_may_take_time(record: runs.Run) -> None:
    time.sleep(0.5)
    working(lambda: True, authenticated=False)
    assert levels(record) == []
    assert len(working(lambda: len(levels(record)) == 2)["warnings"]) == 3
