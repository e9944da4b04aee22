# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that a run wrote come back, where they are as it left them."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    BadInput,
    RemediationError,
    UnsafeChange,
)
from ansible_collections.netra.remediation.plugins.module_utils.operations import (
    config_file,
    ignore_file,
    recorded_files,
    run_record,
)
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Ledger

YAML = "# mine\nredis: PLACEHOLDER  # private\nport: 1\n"
REMEDIATE, ROLLBACK = "netra.remediation.remediate", "netra.remediation.rollback"


class House:
    """Records, sources, and runs of a minute each."""

    def __init__(self, place: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.records = {"directory": str(place / "records"), "environment": "staging"}
        self.config, self.ignore = place / "staging.yaml", place / ".dockerignore"
        self.config.write_text(YAML)
        self.config.chmod(0o604)
        self.ignore.write_bytes(b"*.py\n\xff\n")
        self.minute, self.monkeypatch = 0, monkeypatch
        self.folder = place

    def begin(self, playbook: str = REMEDIATE, **facts: Any) -> str:
        self.minute += 1
        start = {"start": f"20251101T10{self.minute:02}00Z-aaaaaa", "facts": {"playbook": playbook}, **facts}
        run = run_record.run({**self.records, **start, "finished": False}, check_mode=False)["run"]
        self.folder = pathlib.Path(run["directory"])
        path = self.folder / watch.FILE
        path.write_bytes(watch.Watch(str(path), run["id"], "staging").as_json())
        self.monkeypatch.setenv(watch.VARIABLE, str(path))
        return str(run["id"])

    def write(self, **values: Any) -> None:
        config_file.run({"path": str(self.config), "values": values}, check_mode=False)

    def readmit(self, path: str) -> None:
        options = {"path": str(self.ignore), "required_paths": [path], "state": "present"}
        ignore_file.run(options, check_mode=False)

    def undo(self, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        return recorded_files.run({**self.records, "fail_when_refused": False, **options}, check_mode)

    def outcomes(self, **options: Any) -> dict[str, str]:
        return {pathlib.Path(file["path"]).name: file["outcome"] for file in self.undo(**options)["files"]}


@pytest.fixture
def house(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(tmp_path, monkeypatch)


def test_files_come_back_as_they_were_and_once(house: House) -> None:
    house.begin()
    house.readmit("a.py")
    house.write(redis="10.0.0.3")
    house.write(port=2)
    house.begin(ROLLBACK)
    predicted = house.undo(check_mode=True)
    assert (predicted["changed"], [file["outcome"] for file in predicted["files"]]) == (True, ["done", "done"])
    assert predicted["diff"][1]["after"] == YAML
    assert house.config.read_text() != YAML
    assert house.undo() == predicted
    assert (house.config.read_text(), house.ignore.read_bytes()) == (YAML, b"*.py\n\xff\n")
    assert house.config.stat().st_mode & 0o777 == 0o604
    again = house.undo()
    assert (again["changed"], [file["outcome"] for file in again["files"]]) == (False, ["already", "already"])


def test_a_restoration_is_on_record_and_not_undone_by_the_next_rollback(house: House) -> None:
    house.begin()
    house.write(redis="10.0.0.3")
    rollback = house.begin(ROLLBACK)
    house.undo()
    house.begin(ROLLBACK)
    assert house.outcomes() == {"staging.yaml": "already"}
    assert house.undo(run=rollback)["changed"]
    assert "10.0.0.3" in house.config.read_text()


def test_a_file_that_was_edited_since_is_shown_and_not_touched(house: House) -> None:
    house.begin()
    house.readmit("a.py")
    house.write(redis="10.0.0.3")
    edited = house.config.read_text() + "# a person\n"
    house.config.write_text(edited)
    house.begin(ROLLBACK)
    assert house.outcomes(check_mode=True) == {".dockerignore": "done", "staging.yaml": "refused"}
    found = house.undo()
    assert house.config.read_text() == edited
    assert house.ignore.read_bytes() == b"*.py\n\xff\n"
    assert "-redis: PLACEHOLDER  # private\n+redis: 10.0.0.3" in found["diff"][1]["prepared"]
    with pytest.raises(RemediationError, match="edited since"):
        house.undo(fail_when_refused=True)


def test_a_file_that_the_run_made_goes(house: House) -> None:
    house.config.unlink()
    house.begin()
    house.write(redis="10.0.0.3")
    house.begin(ROLLBACK)
    assert house.outcomes() == {"staging.yaml": "done"}
    assert not house.config.exists()
    assert house.outcomes() == {"staging.yaml": "already"}


def test_what_a_run_took_up_goes_back_too_and_what_came_before_stays(house: House) -> None:
    old = house.begin()
    house.write(port=7)
    before = house.config.read_text()
    Ledger(str(house.folder), old).append("2025-11-01T10:01:30.000Z", [("finished", {})])
    died = house.begin()
    house.write(port=8)
    snapshot = {"snapshot": {"observation": {}, "files": []}}
    Ledger(str(house.folder), died).append("2025-11-01T10:02:30.000Z", [("closed", {"by": "x", "reason": "y"})])
    house.begin(resume=died, **snapshot)
    house.write(port=9)
    house.begin(ROLLBACK)
    assert house.outcomes() == {"staging.yaml": "done"}
    assert house.config.read_text() == before


def test_a_payload_is_not_kept_so_its_writing_is_a_persons_to_take_back(house: House) -> None:
    house.config.write_text("API_TOKEN: geheim-und-lang\nport: 1\n")
    house.begin()
    house.write(API_TOKEN="api-token:3")
    kept = b"".join(path.read_bytes() for path in house.folder.rglob("*") if path.is_file())
    assert b"geheim" not in kept
    house.begin(ROLLBACK)
    (file,) = house.undo()["files"]
    assert (file["outcome"], "API_TOKEN" in file["reason"]) == ("refused", True)


def test_what_is_kept_is_its_owners_and_sealed(house: House) -> None:
    house.begin()
    house.write(redis="10.0.0.3")
    (kept,) = (house.folder / "files").iterdir()
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    edits = json.loads(kept.read_text())
    kept.write_text(json.dumps([{**edits[0], "before": ["evil: 1\n"]}]))
    (file,) = house.undo()["files"]
    assert (file["outcome"], "not what the ledger beside it sealed" in file["reason"]) == ("refused", True)


def test_without_a_run_nothing_is_kept_and_nothing_is_undone(house: House) -> None:
    house.write(redis="10.0.0.3")
    assert house.undo() == {"changed": False, "runs": [], "files": [], "diff": []}


def test_a_run_that_changed_nothing_is_not_the_one(house: House) -> None:
    first = house.begin()
    house.write(redis="10.0.0.3")
    house.begin(configuration_applied=True)  # as it is in force already
    house.begin()
    assert house.undo(check_mode=True)["runs"] == [first]


def test_a_broken_ledger_that_may_be_the_one_is_not_passed_over(house: House) -> None:
    first = house.begin()
    house.write(redis="10.0.0.3")
    house.begin()
    (house.folder / "ledger.jsonl").write_text("{}\n")
    house.begin(ROLLBACK)
    with pytest.raises(UnsafeChange, match="remediation_rollback_run"):
        house.undo()
    assert house.outcomes(run=first) == {"staging.yaml": "done"}


def test_a_run_that_nobody_recorded_is_refused(house: House) -> None:
    with pytest.raises(BadInput, match="remediation_rollback_run"):
        house.undo(run="20251101T100000Z-aaaaaa")


def test_where_nothing_can_be_kept_nothing_is_written(house: House) -> None:
    house.begin()
    (house.folder / "files").write_text("in the way")
    with pytest.raises(RemediationError, match="The file is as it was"):
        house.write(redis="10.0.0.3")
    assert house.config.read_text() == YAML
