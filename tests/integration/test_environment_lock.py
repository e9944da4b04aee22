# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time: of several, exactly one gets the lock, and the others name it."""

from __future__ import annotations

import concurrent.futures
import json
import subprocess
import sys
from typing import Any

import pytest
from playbook_story import PROJECT

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.foundation.processes import this_kernel
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operations import environment_lock
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_storage

BUCKET = f"{PROJECT}_cloudbuild"
FIRST, SECOND = "20250923T101500Z-aaaaaa", "20250923T101500Z-bbbbbb"
AT_ONCE = 10


@pytest.fixture
def lock(google: Any, request: pytest.FixtureRequest) -> Any:
    """Return a function that asks for the lock of an environment of the test's own."""
    environment = request.node.name.replace("_", "-")[:80]

    def ask(check_mode: bool = False, **options: Any) -> dict[str, Any]:
        given = {"environment": environment, "bucket": BUCKET, **options}
        return google.run("environment_lock", check_mode, **given)[0]

    return ask


def test_a_lock_is_held_until_its_run_gives_it_back(lock: Any) -> None:
    taken = lock(run=FIRST, playbook="remediate")
    assert (taken["run"], taken["changed"], taken["waited"], taken["taken_over"]) == (FIRST, False, False, None)
    assert lock(run=FIRST)["run"] == FIRST
    refused = lock(run=SECOND)
    assert refused["failed"]
    assert f"run {FIRST} of" in refused["msg"]
    assert "Nothing was written" in refused["msg"]
    assert not lock(run=SECOND, state="absent").get("failed")
    assert lock(run=SECOND)["failed"], "another run gave it back"
    lock(run=FIRST, state="absent")
    assert lock(run=SECOND)["run"] == SECOND


def test_check_mode_tells_and_takes_nothing(lock: Any) -> None:
    assert lock(check_mode=True, run=FIRST)["held_by"] is None
    lock(run=SECOND)
    assert f"run {SECOND} of" in lock(check_mode=True, run=FIRST)["held_by"]
    lock(check_mode=True, run=SECOND, state="absent")
    assert lock(run=FIRST)["failed"]


def test_who_could_not_give_a_lock_back_does_not_take_it(lock: Any, google: Any) -> None:
    account = {"auth_kind": "serviceaccount", "service_account_file": str(google.sandbox.directory / "viewer.json")}
    refused = lock(run=FIRST, **account)
    assert refused["failed"]
    assert "lacks storage.objects.create, storage.objects.delete" in refused["msg"]
    assert lock(run=SECOND)["taken_over"] is None


def test_a_person_may_name_the_run_that_ended(lock: Any) -> None:
    lock(run=FIRST)
    assert lock(run=SECOND, take_over="20250923T101500Z-cccccc")["failed"]
    assert "remediation_take_over_lock names it" in lock(run=SECOND, take_over=FIRST)["taken_over"]


def test_an_old_lock_may_be_taken_by_the_clock_of_the_server(lock: Any, google: Any) -> None:
    lock(run=FIRST, valid_minutes=10)
    google.sandbox.call("clock", {"offset": 590})
    assert lock(run=SECOND)["failed"]
    google.sandbox.call("clock", {"offset": 610})
    assert "it was to be heard of within 10 min" in lock(run=SECOND)["taken_over"]
    google.sandbox.call("clock", {"offset": 0})


def test_the_lock_of_a_process_that_ended_here_may_be_taken(lock: Any) -> None:
    lock(run=FIRST)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    session = Session({"project": PROJECT, "auth_kind": "application"})
    name = environment_lock.object_name("test-the-lock-of-a-process-that-ended-here-may-be-taken")
    found = cloud_storage.read_object(session, BUCKET, name)
    assert found
    process = {"pid": ended.pid, "started": 1, "kernel": this_kernel()}
    dead = json.dumps({**json.loads(found.content), "process": process}).encode()
    cloud_storage.replace_object(session, BUCKET, name, dead, found.generation)
    assert "its process on this machine has ended" in lock(run=SECOND)["taken_over"]


def test_a_bucket_that_is_not_there_is_named(lock: Any) -> None:
    refused = lock(bucket="no-such-bucket-of-netra")
    assert refused["failed"]
    assert "there is no bucket no-such-bucket-of-netra" in refused["msg"]
    assert "remediation_lock_bucket" in refused["msg"]


def test_what_is_no_lock_is_left_alone(lock: Any) -> None:
    session = Session({"project": PROJECT, "auth_kind": "application"})
    name = environment_lock.object_name("test-what-is-no-lock-is-left-alone")
    generation = "0"
    for foreign in (b"not a lock", b'{"who": "somebody"}', b'["run"]', b'{"run": 7}', b"null"):
        cloud_storage.replace_object(session, BUCKET, name, foreign, generation)
        refused = lock(run=FIRST)
        assert refused["failure"]["kind"] == "unsafe_change", foreign
        assert "it is no lock of this collection" in refused["msg"]
        assert "no lock" in lock(run=FIRST, state="absent")["msg"]
        generation = str(cloud_storage.object_generation(session, BUCKET, name))


def test_of_many_at_once_exactly_one_gets_it(google: Any) -> None:
    def ask(number: int) -> str:
        options = {**google.place, "auth_kind": "application", "environment": "at-once", "bucket": BUCKET}
        given = {"run": f"20250923T101500Z-{number:06x}", "playbook": "p", "valid_minutes": 9, "wait_timeout": 0}
        try:
            return str(environment_lock.run({**options, **given, "state": "present"}, check_mode=False)["run"])
        except RemediationError as error:
            return error.message

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        said = list(pool.map(ask, range(AT_ONCE)))
    (winner,) = (told for told in said if told.startswith("2025"))
    assert [told for told in said if f"run {winner} of" not in told] == [winner]
