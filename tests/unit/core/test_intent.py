# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent, redaction
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import Change, change_of, known_after
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import UnsafeChange


def moved(at: int) -> Change:
    return change_of("service a", "update", {"traffic": at}, {"traffic": at + 1})


OTHER = change_of("service b", "update", {"cpu": "1"}, {"cpu": "2"})


@pytest.fixture
def path(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    path = tmp_path / intent.FILE
    monkeypatch.setenv(intent.VARIABLE, str(path))
    return path


def begun(path: pathlib.Path, *plan: Change, is_draft: bool = False, keeps: bool = True) -> None:
    path.write_bytes(intent.Journal(is_draft, plan if keeps else None, "plan.json", "", {"project": "p"}).as_line())


def said(path: pathlib.Path) -> tuple[Change, ...]:
    journal = intent.read(str(path))
    assert journal is not None
    return journal.said


def test_without_a_journal_nothing_is_said(path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(intent.VARIABLE, str(path.parent / ".check-1"))
    intent.declare(OTHER)  # a check whose draft was sealed
    intent.withdraw(OTHER)
    intent.release(str(path))
    monkeypatch.delenv(intent.VARIABLE)
    intent.declare(OTHER)
    assert not path.exists()
    assert intent.current() is None
    assert intent.drafted() == ()


@pytest.mark.parametrize("content", [None, b""])
def test_a_run_whose_journal_is_gone_changes_nothing(path: pathlib.Path, content: bytes | None) -> None:
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnsafeChange, match=r"the journal of the run, .*, is not there. Nothing of it was written"):
        intent.declare(OTHER)


def test_what_is_said_is_kept_and_foreseen_in_a_check_only(path: pathlib.Path) -> None:
    for is_draft in (True, False):
        begun(path, is_draft=is_draft, keeps=False)
        intent.declare(moved(0))
        intent.declare(OTHER)
        assert said(path) == (moved(0), OTHER)
        assert intent.foreseen("service b") == ([OTHER] if is_draft else [])


def test_what_was_withdrawn_was_never_said(path: pathlib.Path) -> None:
    begun(path, moved(0), moved(1))
    intent.declare(moved(0))
    intent.withdraw(moved(0))
    intent.declare(moved(0))  # decided anew, after somebody else was faster
    intent.declare(moved(1))
    assert said(path) == (moved(0), moved(1))


def test_a_plan_is_kept_to_and_what_is_done_already_is_passed_over(path: pathlib.Path) -> None:
    begun(path, moved(0), OTHER, moved(1), moved(2))
    intent.declare(moved(1))
    intent.declare(OTHER)
    intent.declare(moved(2))
    for again in (moved(0), moved(1), OTHER):
        with pytest.raises(UnsafeChange, match=r"the plan plan.json has no such change of it|is not what the plan"):
            intent.declare(again)
    assert said(path) == (moved(1), OTHER, moved(2))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            change_of("service b", "update", {"cpu": "4"}, {"cpu": "2"}),
            r"Could not update service b: that is not what the plan .* holds: cpu \(planned 1 to 2; now 4 to 2\)",
        ),
        (
            change_of("secret s", "create", {}, {"payload": "generated"}),
            r"Could not create secret s: the plan .* has no such change of it: payload \(planned it stays; now noth",
        ),
    ],
)
def test_what_is_in_no_plan_is_refused_with_its_fields(path: pathlib.Path, change: Change, told: str) -> None:
    begun(path, OTHER)
    with pytest.raises(UnsafeChange, match=told):
        intent.declare(change)
    assert said(path) == ()


def test_a_run_that_goes_back_needs_no_plan(path: pathlib.Path) -> None:
    begun(path, OTHER)
    intent.declare(OTHER)
    intent.release(str(path))
    intent.declare(moved(5))
    journal = intent.read(str(path))
    assert journal is not None
    assert (journal.plan, journal.said, journal.about) == (None, (OTHER, moved(5)), {"project": "p"})


def test_a_line_that_a_kill_cut_short_was_never_said(path: pathlib.Path) -> None:
    begun(path, keeps=False)
    intent.declare(OTHER)
    with path.open("ab") as file:
        file.write(b'{"resource": "serv')
    assert said(path) == (OTHER,)
    intent.declare(moved(1))
    assert said(path) == (OTHER, moved(1))


def test_many_may_speak_at_once(path: pathlib.Path) -> None:
    changes = [change_of(f"service {number}", "update", {"cpu": "1"}, {"cpu": "2"}) for number in range(60)]
    begun(path, *changes)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(intent.declare, changes))
    assert {change.resource for change in said(path)} == {change.resource for change in changes}


def test_later_tasks_of_a_check_read_files_as_earlier_ones_would_leave_them(
    path: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    begun(path, is_draft=True, keeps=False)
    file = tmp_path / ".dockerignore"
    assert intent.foreseen_text(str(file)) is None
    intent.declare(Change(intent.file_resource(str(file)), "update", {intent.TEXT: {"before": "a", "after": "b"}}))
    assert intent.foreseen_text(str(file)) == "b"


@pytest.mark.parametrize(
    ("values", "is_to_come"),
    [
        ({"image": f"app@{known_after('the build')}"}, True),
        ({"secret_env": {"KEY": "new-secret:1"}}, True),
        ({"vpc_connector": "projects/p/locations/r/connectors/link"}, True),
        ({"secret_env": {"KEY": "old-secret:1"}}, False),
        ({"image": "registry/own@sha256:1", "env": {"A": "my-new-secret:1"}}, False),
        ({}, False),
    ],
)
def test_what_a_check_says_would_be_made_before_is_to_come(
    path: pathlib.Path, values: object, is_to_come: bool
) -> None:
    begun(path, is_draft=True, keeps=False)
    intent.declare(change_of("secret new-secret", "create", {}, {"payload": "generated"}))
    intent.declare(change_of("service own", "update", {}, {"image": "registry/own@sha256:1"}))
    intent.declare(change_of("service newer", "update", {}, {"labels": {"old-secret": "1"}}))
    intent.declare(change_of("terraform google_vpc_access_connector.c", "create", {}, {"name": "link"}))
    assert intent.names_what_is_to_come(values, "service own") is is_to_come


def test_fingerprints_of_one_plan_can_be_compared_in_another_process(path: pathlib.Path) -> None:
    key = "00112233445566778899aabbccddeeff"
    path.write_bytes(intent.Journal(key=key).as_line())
    own = redaction.fingerprint("correct horse")
    try:
        intent.heed()
        with_key = redaction.fingerprint("correct horse")
        assert with_key == redaction.fingerprint(b"correct horse") == "0dd7e027a48a525d"
        begun(path)
        intent.heed()
        assert redaction.fingerprint("correct horse") == own
    finally:
        redaction.use_key(b"")
