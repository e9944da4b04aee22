# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of a plan: a check drafts it, it is sealed, another run is held against it."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent, redaction
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import change_of
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.operations import run_plan, run_record

ABOUT = {"project": "p", "region": "r", "playbook": "remediate", "selection": "{}"}
SERVICE = {"services": {"a": {"template": {"env": {"X": "1"}}, "generation": 1}}}


class Life:
    """One environment's records, on this machine."""

    def __init__(self, folder: pathlib.Path, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.patch, self.file = folder, patch, folder / "app.yaml"
        self.file.write_text("a: 1\n", encoding="utf-8")
        self.change = change_of("service a", "update", {"env": {"X": "1"}}, {"env": {"X": "2"}})

    def act(self, state: str, check: bool = False, **more: Any) -> dict[str, Any]:
        options = {"directory": str(self.folder), "environment": "staging", "approvals": 0, "state": state, **more}
        return run_plan.run(options, check)

    def planned(self) -> dict[str, Any]:
        """Return the result of a check that drafts a change of a service and of a file."""
        journal = self.act("begun", check=True, about=ABOUT)["journal"]
        self.patch.setenv(intent.VARIABLE, journal)
        intent.heed()
        intent.declare(self.change)
        intent.declare(change_of(intent.file_resource(str(self.file)), "update", {"a": 1}, {"a": 2}))
        place = str(self.folder / "staging/plan.json")
        return self.act("written", check=True, journal=journal, plan_file=place, observation=SERVICE)

    def run(self) -> str:
        """Start a run and return its id."""
        started = run_record.run(
            {"directory": str(self.folder), "environment": "staging", "finished": False, "notes": []}, False
        )
        return str(started["run"]["id"])


@pytest.fixture
def life(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    yield Life(tmp_path, monkeypatch)
    redaction.use_key(b"")


def test_a_check_leaves_a_plan_and_nothing_else(life: Life) -> None:
    told = life.planned()
    assert [path.name for path in (life.folder / "staging").iterdir()] == ["plan.json"]
    assert told["summary"] == "2 changes of 2 resources."
    assert told["lines"][:2] == ["~ service a", "    env.X: 1 -> 2"]
    found = json.loads(pathlib.Path(told["plan"]).read_text(encoding="utf-8"))
    assert found["baseline"]["service a"] == {"template.env.X": "1", "generation": 1}
    assert len(found["baseline"][intent.file_resource(str(life.file))]["content"]) == 16


def test_a_run_is_held_against_the_state_that_it_was_made_on(life: Life) -> None:
    plan = life.planned()["plan"]
    checked = life.act("checked", plan=plan, about=ABOUT, observation=SERVICE)
    assert (checked["changed"], checked["approvals"]) == (False, [])
    moved = {"services": {"a": {"template": {"env": {"X": "7"}}, "generation": 2}}}
    with pytest.raises(UnsafeChange, match=r"service a: template\.env\.X was 1 and is 7"):
        life.act("checked", plan=plan, about=ABOUT, observation=moved)
    life.file.write_text("a: 3\n", encoding="utf-8")
    with pytest.raises(UnsafeChange, match=r"app\.yaml: content was"):
        life.act("checked", plan=plan, about=ABOUT, observation=SERVICE)
    with pytest.raises(UnsafeChange, match=r'it is for selection \{\}, and this is \{"only"\}'):
        life.act("checked", plan=plan, about={**ABOUT, "selection": '{"only"}'}, observation=SERVICE)


def test_a_run_keeps_to_the_plan_that_was_checked(life: Life) -> None:
    told, run = life.planned(), life.run()
    with pytest.raises(UnsafeChange, match="it is not the one that was checked"):
        life.act("begun", plan=told["plan"], about=ABOUT, run=run, sha256="0" * 64)
    with pytest.raises(UnsafeChange, match="it needs the approval of 2, and 0 approved it"):
        life.act("begun", plan=told["plan"], about=ABOUT, run=run, approvals=2)
    begun = life.act("begun", plan=told["plan"], about=ABOUT, run=run, sha256=told["sha256"])
    life.patch.setenv(intent.VARIABLE, begun["journal"])
    pathlib.Path(told["plan"]).unlink()  # the journal has it
    intent.declare(life.change)
    with pytest.raises(UnsafeChange, match="Could not delete secret s"):
        intent.declare(change_of("secret s", "delete", {"labels": {"a": "1"}}, {}))


def test_what_a_run_of_the_plan_did_is_not_held_against_the_next(life: Life) -> None:
    told, run = life.planned(), life.run()
    life.patch.setenv(intent.VARIABLE, life.act("begun", plan=told["plan"], about=ABOUT, run=run)["journal"])
    intent.declare(life.change)
    after = {"services": {"a": {"template": {"env": {"X": "2"}}, "generation": 2}}}
    assert life.act("checked", plan=told["plan"], about=ABOUT, observation=after)["plan"] == told["plan"]


def test_a_run_that_is_no_check_writes_no_plan(life: Life) -> None:
    journal = life.act("begun", about=ABOUT, run=life.run())["journal"]
    written = life.act("written", journal=journal, plan_file=str(life.folder / "x.json"), observation={})
    assert written["plan"] is None
    assert pathlib.Path(journal).exists()
