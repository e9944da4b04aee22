# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of a run that works is renewed, and a run that lost it stops."""

from __future__ import annotations

import json
import pathlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playbook_story import PROJECT

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import Stopped
from ansible_collections.netra.remediation.plugins.module_utils.fronts.performing import perform
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation
from ansible_collections.netra.remediation.plugins.module_utils.operations import environment_lock
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_storage

BUCKET = f"{PROJECT}_cloudbuild"
FIRST, SECOND = "20250923T101500Z-aaaaaa", "20250923T101500Z-bbbbbb"
LEASE_SECONDS = 1
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(google: Any, tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Iterator[Ask]:
    """Return a function that runs a module for an environment of the test's own."""
    environment = request.node.name.replace("_", "-")[:80]

    def run(module: str, **options: Any) -> dict[str, Any]:
        place = {} if module == "environment_lock" else {"directory": str(tmp_path)}
        bucket = {} if module == "run_record" else {"bucket": BUCKET}
        signed = {"auth_kind": None} if module == "run_record" else {}
        if module == "run_record":
            google.place = {}
        return google.run(module, **signed, environment=environment, **place, **bucket, **options)[0]

    yield run
    google.sandbox.call("clock", {"offset": 0})


@pytest.fixture
def begun(ask: Ask, google: Any) -> Ask:
    """Return the function, with a run that holds the lock and has a record."""
    ask("environment_lock", run=FIRST)
    place = dict(google.place)
    ask("run_record", start=FIRST)
    google.place = place
    return ask


def test_each_phase_renews_the_lock(begun: Ask, google: Any) -> None:
    for minute in (14, 28, 42):
        google.sandbox.call("clock", {"offset": minute * 60})
        assert begun("run_phase", run=FIRST, phase=f"at-{minute}")["phase"] == f"at-{minute}"
        assert "last heard of" in begun("environment_lock", run=SECOND)["msg"]
    google.sandbox.call("clock", {"offset": 42 * 60 + 901})
    taken = begun("environment_lock", run=SECOND)["taken_over"]
    assert "nothing was heard of it for 15 min, and it was to be heard of within 15 min" in taken


def test_a_run_that_lost_its_lock_stops_and_writes_no_phase(begun: Ask, tmp_path: pathlib.Path) -> None:
    assert begun("run_phase", run=FIRST, phase="build")["done"] == []
    assert begun("run_phase", run=FIRST, phase="infrastructure")["done"] == ["build"]
    begun("environment_lock", run=SECOND, take_over=FIRST)
    refused = begun("run_phase", run=FIRST, phase="deployment")
    assert refused["failure"]["kind"] == "stopped"
    assert f"run {SECOND} took it over" in refused["msg"]
    begun("environment_lock", run=SECOND, state="absent")
    assert "somebody removed it" in begun("run_phase", run=FIRST, phase="deployment")["msg"]
    (ledger,) = tmp_path.glob(f"*/{FIRST}/ledger.jsonl")
    assert "deployment" not in ledger.read_text(encoding="utf-8")


def test_a_budget_that_is_spent_warns_or_stops_and_is_on_record_once(begun: Ask, tmp_path: pathlib.Path) -> None:
    budgets = {"build": {"seconds": 0.001}, "total": {"seconds": 10000, "overrun": "stop"}}
    assert "warnings" not in begun("run_phase", run=FIRST, phase="build", budgets=budgets)
    (warning,) = begun("run_phase", run=FIRST, phase="deployment", budgets=budgets)["warnings"]
    assert warning.startswith("build took ")
    assert "warnings" not in begun("run_phase", run=FIRST, phase="deployment", budgets=budgets)
    spent = {"total": {"seconds": 0.001, "overrun": "roll_back"}}
    stopped = begun("run_phase", run=FIRST, phase="golden_path", budgets=spent)["failure"]
    assert (stopped["kind"], stopped["how"], stopped["then"]) == ("stopped", "budget", "roll_back")
    (ledger,) = tmp_path.glob(f"*/{FIRST}/ledger.jsonl")
    kinds = [json.loads(line)["kind"] for line in ledger.read_text(encoding="utf-8").splitlines()]
    assert kinds == ["started", "phase_began", "budget", "phase_began", "budget"]


def test_a_long_operation_renews_the_lock_while_it_works(
    begun: Ask, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = "test-a-long-operation-renews-the-lock-while-it-works"
    lease = watch.Watch(str(tmp_path / watch.FILE), FIRST, environment, BUCKET, LEASE_SECONDS)
    pathlib.Path(lease.path).write_bytes(lease.as_json())
    monkeypatch.setenv(watch.VARIABLE, lease.path)
    options = {"project": PROJECT, "auth_kind": "application"}
    seen = []

    def work(_options: Any, _check_mode: bool) -> dict[str, Any]:
        give_up = time.monotonic() + 20
        while len(set(seen)) < 3 and time.monotonic() < give_up:
            found = cloud_storage.read_object(Session(options), BUCKET, environment_lock.object_name(environment))
            seen.append(found and found.generation)
        return {}

    perform(Operation("work", {}, work), options, check_mode=False)
    assert len(set(seen)) == 3
    begun("environment_lock", run=SECOND, take_over=FIRST)
    time.sleep(LEASE_SECONDS + 0.1)
    with pytest.raises(Stopped, match=f"run {SECOND} took it over"):
        perform(Operation("work", {}, work), options, check_mode=False)
