# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Terraform configuration in a record: what is kept of it, which one is older, how it comes back."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.operations import run_record
from ansible_collections.netra.remediation.plugins.module_utils.record import configuration
from ansible_collections.netra.remediation.plugins.module_utils.record.runs import recorded_runs


@pytest.fixture
def source(tmp_path: pathlib.Path) -> pathlib.Path:
    place = tmp_path / "source"
    (place / "modules/cache").mkdir(parents=True)
    (place / ".terraform").mkdir()
    files = {
        "main.tf": "one",
        "modules/cache/main.tf": "two",
        ".terraform.lock.hcl": "lock",
        "secret.auto.tfvars": "payload",
        ".terraform/other.tf": "not ours",
        "terraform.tfstate": json.dumps({"version": 4, "serial": 7, "lineage": "line"}),
    }
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8")
    return place


@pytest.fixture
def record(tmp_path: pathlib.Path, source: pathlib.Path) -> Any:
    """Return a function that records the configuration as a run of a minute."""

    def keep(minute: int, **variables: Any) -> None:
        kept = {"directory": str(source), "variables": variables}
        options = {"directory": str(tmp_path / "records"), "environment": "env", "configuration": kept}
        start = f"20251101T10{minute:02}00Z-aaaaaa"
        run_record.run({**options, "start": start, "finished": False}, check_mode=False)

    return keep


def older(tmp_path: pathlib.Path) -> Any:
    return configuration.older_configuration(recorded_runs(str(tmp_path / "records"), "env"))


def test_what_gives_values_and_what_terraform_keeps_is_not_recorded(record: Any, tmp_path: pathlib.Path) -> None:
    record(1, tier="BASIC", password="payload")
    (folder,) = (tmp_path / "records/env").glob("*/terraform")
    kept = {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*.*")}
    assert {name for name in kept if "." in name} >= {"main.tf", "modules/cache/main.tf", ".terraform.lock.hcl"}
    assert json.loads(kept["variables.json"]) == {"tier": "BASIC", "password": "(sensitive)"}
    assert "payload" not in str(kept)
    assert "not ours" not in str(kept)
    (ledger,) = (tmp_path / "records/env").glob("*/ledger.jsonl")
    assert '"serial":7' in ledger.read_text(encoding="utf-8").replace(" ", "")


def test_the_older_configuration_is_the_newest_that_differs(
    record: Any, tmp_path: pathlib.Path, source: pathlib.Path
) -> None:
    record(1, tier="A")
    assert older(tmp_path) is None
    record(2, tier="B")
    record(3, tier="B")
    assert older(tmp_path).variables == {"tier": "A"}
    (source / "main.tf").write_text("changed", encoding="utf-8")
    record(4, tier="B")
    assert older(tmp_path).run.startswith("20251101T1003")


def test_a_record_that_was_changed_is_not_believed(record: Any, tmp_path: pathlib.Path) -> None:
    record(1, tier="A")
    record(2, tier="B")
    first = min((tmp_path / "records/env").glob("*/ledger.jsonl"))
    first.write_text(first.read_text(encoding="utf-8").replace("terraform_configuration", "Terraform_configuration"))
    assert older(tmp_path) is None


def test_a_restored_configuration_uses_the_state_where_it_is(
    record: Any, tmp_path: pathlib.Path, source: pathlib.Path
) -> None:
    record(1, tier="A")
    (source / "main.tf").write_text("changed", encoding="utf-8")
    record(2, tier="A")
    configuration.restore(older(tmp_path), str(tmp_path / "back"), str(source))
    assert (tmp_path / "back/main.tf").read_text(encoding="utf-8") == "one"
    assert not (tmp_path / "back/variables.json").exists()
    override = json.loads((tmp_path / "back/netra_override.tf.json").read_text(encoding="utf-8"))
    assert override["terraform"]["backend"]["local"]["path"] == str(source / "terraform.tfstate")


def test_what_no_record_may_hold_is_given_again() -> None:
    recorded = {"tier": "A", "password": "(sensitive)", "token": "(sensitive)"}
    given = {"tier": "B", "password": "given"}
    assert configuration.completed(recorded, given) == {"tier": "A", "password": "given", "token": "(sensitive)"}
