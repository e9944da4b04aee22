# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that are written in two places agree."""

from __future__ import annotations

import importlib
import pathlib
import re

import pytest
import yaml

from .tree import PACKAGE, PLUGINS, ROOT, relative

MODULES = sorted(path.stem for path in PLUGINS.glob("modules/*.py"))
ROLES = sorted(path.parent.parent for path in ROOT.glob("roles/*/tasks/main.yml"))


def read(path: str) -> dict:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def operation_of(module: str):
    return importlib.import_module(f"{PACKAGE}.module_utils.operations.{module}").OPERATION


def test_every_module_has_an_action_of_the_same_name() -> None:
    assert sorted(path.stem for path in PLUGINS.glob("action/*.py")) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_an_operation_carries_the_name_of_its_module(module: str) -> None:
    assert operation_of(module).name == module


@pytest.mark.parametrize("module", MODULES)
def test_both_fronts_stand_before_the_same_operation(module: str) -> None:
    action = importlib.import_module(f"{PACKAGE}.action.{module}")
    assert action.ActionModule.OPERATION is operation_of(module)
    assert importlib.import_module(f"{PACKAGE}.modules.{module}").OPERATION is operation_of(module)


def test_the_action_group_is_what_signs_in_to_google() -> None:
    signing_in = sorted(module for module in MODULES if operation_of(module).authenticated)
    assert read("meta/runtime.yml")["action_groups"]["gcp"] == signing_in


@pytest.mark.parametrize("role", ROLES, ids=relative)
def test_a_role_types_its_arguments_and_explains_itself(role: pathlib.Path) -> None:
    assert (role / "meta/argument_specs.yml").is_file()
    assert (role / "README.md").is_file()


def contract_variables(path: pathlib.Path) -> set[str]:
    return {name for name in yaml.safe_load(path.read_text(encoding="utf-8")) if name.startswith("remediation_")}


@pytest.mark.parametrize("path", sorted(ROOT.glob("inventory/*/group_vars/all/*.yml")), ids=relative)
def test_preflight_types_every_variable_of_a_contract(path: pathlib.Path) -> None:
    typed = read("roles/preflight/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert contract_variables(path) <= set(typed)


def test_the_inventories_describe_the_same_things() -> None:
    contracts = [
        contract_variables(ROOT / f"inventory/{name}/group_vars/all/contract.yml") for name in ("sandbox", "staging")
    ]
    assert contracts[0] == contracts[1]


def test_a_run_that_may_enter_a_phase_takes_the_lock() -> None:
    (play,) = read("playbooks/remediate.yml")
    (repair,) = [task for task in play["tasks"] if "rescue" in task]
    phases = [str(task["when"]) for task in repair["block"] if "golden_path" not in task["tags"]]
    asked = {name for when in phases for name in re.findall(r"preflight_observed\['(\w+)'\]", when)}
    assert len(asked) > 1
    assert asked <= set(re.findall(r"\w+", read("roles/preflight/defaults/main.yml")["preflight_acts"]))


def test_each_change_has_a_fragment_or_a_release() -> None:
    assert list(ROOT.glob("changelogs/fragments/*.yml"))


def test_the_published_collection_leaves_the_sandbox_out() -> None:
    ignored = read("galaxy.yml")["build_ignore"]
    assert {"sandbox", "playbooks/collections"} <= set(ignored)
