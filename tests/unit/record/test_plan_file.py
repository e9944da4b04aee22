# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import Change, change_of, known_after
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.record import plan_file, plan_words

ABOUT = {
    "environment": "staging",
    "project": "p",
    "region": "r",
    "playbook": "remediate",
    "selection": "{}",
    "made": "2025-09-23T10:15:00Z",
    "by": "alice@laptop",
}
CHANGES = [
    change_of("service a", "update", {"env": {"X": "1"}}, {"env": {"X": "2"}}, "etag-1"),
    change_of("image i", "create", {}, {"image": f"i@{known_after('the build')}"}),
]
BASELINE = {"service a": {"template.env.X": "1", "generation": 3}, "file /f": {}}


@pytest.fixture
def path(tmp_path: pathlib.Path) -> str:
    path = str(tmp_path / "plan.json")
    plan_file.write_plan(path, plan_file.sealed(ABOUT, CHANGES, BASELINE, "00ff"))
    return path


def test_a_plan_is_read_as_it_was_written_by_its_owner_only(path: str) -> None:
    plan = plan_file.read_plan(path)
    assert list(plan.changes) == CHANGES
    assert (plan.about, plan.baseline, plan.key) == (ABOUT, BASELINE, "00ff")
    assert pathlib.Path(path).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "altered",
    [
        {"environment": "production"},
        {"changes": []},
        {"changes": [{**CHANGES[0].as_dict(), "action": "delete"}, CHANGES[1].as_dict()]},
        {"baseline": {}},
        {"key": ""},
        {"made": "2026-01-01T00:00:00Z"},
        {"schema": 2},
        {"more": 1},
        {"sha256": "0" * 64},
    ],
    ids=",".join,
)
def test_a_plan_that_was_altered_is_not_trusted(path: str, altered: dict[str, Any]) -> None:
    found = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    pathlib.Path(path).write_text(json.dumps({**found, **altered}), encoding="utf-8")
    with pytest.raises(UnsafeChange, match="it was altered"):
        plan_file.read_plan(path)


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", '{"changes": 7}'])
def test_what_is_no_plan_is_bad_input(tmp_path: pathlib.Path, content: str | None) -> None:
    path = tmp_path / "none.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match="A run with --check writes one") as caught:
        plan_file.read_plan(str(path))
    assert caught.value.as_failure()["option"] == "plan"


@pytest.mark.parametrize("name", ["environment", "project", "region", "playbook", "selection"])
def test_a_plan_for_another_place_is_refused(path: str, name: str) -> None:
    place = {part: ABOUT[part] for part in ("environment", "project", "region", "playbook", "selection")}
    plan = plan_file.read_plan(path)
    plan_file.refuse_other_place(plan, place)
    with pytest.raises(UnsafeChange, match=f"it is for {name} {ABOUT[name]}, and this is other. Nothing was written"):
        plan_file.refuse_other_place(plan, {**place, name: "other"})


@pytest.mark.parametrize(
    ("now", "done", "told"),
    [
        (BASELINE, (), []),
        ({"service a": {"template.env.X": "1", "generation": 3}}, (), []),
        (
            {**BASELINE, "service a": {"template.env.X": "7", "generation": 4}}, (),
            ["service a: generation was 3 and is 4", "service a: template.env.X was 1 and is 7"],
        ),
        ({**BASELINE, "service a": {"template.env.X": "7", "generation": 4}}, ("service a",), []),
        ({**BASELINE, "file /f": {"sha256": "12"}}, (), ["file /f: sha256 was absent and is 12"]),
        ({**BASELINE, "service b": {"generation": 1}}, (), []),  # the plan does nothing to it
    ],
)  # fmt: skip
def test_what_moved_since_is_named(path: str, now: Any, done: Any, told: list[str]) -> None:
    plan = plan_file.read_plan(path)
    assert plan_file.moved(plan.baseline, now, done) == told
    if told:
        with pytest.raises(UnsafeChange, match="the environment is not as it was. " + told[0]):
            plan_file.refuse_moved(plan, now, done)
    else:
        plan_file.refuse_moved(plan, now, done)


def test_a_plan_is_told_field_by_field() -> None:
    edited = Change("file /f", "update", {"text": {"before": "a\nb\n!x\n", "after": "a\nc\n!x\nb\n"}})
    assert plan_words.lines_of([*CHANGES, edited]) == [
        "~ service a",
        "    env.X: 1 -> 2",
        "+ image i",
        "    image: i@(known after the build)",
        "~ file /f",
        "      a",
        "    + c",
        "    + !x",
        "      b",
        "    - !x",
    ]
    assert plan_words.lines_of([change_of("service \x1b[2K", "create", {}, {"a\r": "b\n"})]) == [
        "+ service \\x1b[2K",
        "    a\\r: b\\n",
    ]
    long = change_of("service a", "update", {"args": "x" * 300 + "1"}, {"args": "x" * 300 + "2"})
    assert "…" in plan_words.lines_of([long])[1]
    assert plan_words.lines_of([long], None)[1].endswith("2")
    assert plan_words.summary_of(CHANGES) == "2 changes of 2 resources."
    assert plan_words.summary_of(CHANGES[:1]) == "1 change of 1 resource."
    assert plan_words.summary_of([]) == "Nothing would change."
