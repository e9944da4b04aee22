# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Terraform configuration in a record: what is kept of it, which one is older, how it comes back."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, UnsafeChange
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

    def keep(minute: int, *, applied: bool = True, more: str | None = None, **variables: Any) -> None:
        kept = {"directory": str(source), "variables": variables, "variables_file": more}
        options = {"directory": str(tmp_path / "records"), "environment": "env", "configuration": kept}
        start = f"20251101T10{minute:02}00Z-aaaaaa"
        run_record.run(
            {**options, "start": start, "configuration_applied": applied, "finished": False}, check_mode=False
        )

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


def test_what_was_never_in_force_is_not_gone_back_to(record: Any, tmp_path: pathlib.Path) -> None:
    record(1, tier="A")
    record(2, tier="B", applied=False)
    record(3, tier="C", applied=False)
    assert older(tmp_path).variables == {"tier": "A"}


def test_other_values_in_a_file_make_another_configuration(
    record: Any, tmp_path: pathlib.Path, source: pathlib.Path
) -> None:
    record(1)
    (source / "secret.auto.tfvars").write_text("other payload", encoding="utf-8")
    record(2)
    found = older(tmp_path)
    assert set(found.value_files) == {"secret.auto.tfvars"}
    with pytest.raises(UnsafeChange, match=r"secret\.auto\.tfvars did not hold for run 20251101T100100Z-aaaaaa"):
        configuration.refuse_other_values(found, configuration.hashes_of(str(source), found.value_files))
    (source / "secret.auto.tfvars").write_text("payload", encoding="utf-8")
    configuration.refuse_other_values(found, configuration.hashes_of(str(source), found.value_files))


@pytest.mark.parametrize("now", [{}, {"a.tfvars": "1", "b.tfvars": "2"}, {"a.tfvars": "2"}])
def test_a_file_of_values_that_went_came_or_changed_stops_a_revert(now: dict[str, str]) -> None:
    found = configuration.RecordedConfiguration("run", "", "", {}, {"a.tfvars": "1"})
    with pytest.raises(UnsafeChange, match=r"[ab]\.tfvars did not hold"):
        configuration.refuse_other_values(found, now)


@pytest.mark.parametrize(
    "hidden",
    [
        "(sensitive)",
        "postgresql://u:(sensitive)@10.0.0.5/db",
        {"url": "redis://:(sensitive)@10.0.0.6", "pool": 5},
        ["plain", "(sensitive)"],
    ],
)
def test_what_no_record_may_hold_is_given_again_or_nothing_goes_back(hidden: Any) -> None:
    recorded = {"tier": "A", "database": hidden}
    given = {"tier": "B", "database": "as given"}
    assert configuration.completed(recorded, given) == {"tier": "A", "database": "as given"}
    with pytest.raises(BadInput, match="no record may hold the value of database, and it is not given now"):
        configuration.completed(recorded, {"tier": "B"})
