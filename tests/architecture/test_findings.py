# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Code, page and tests know the same findings, and the page's examples are what the checks say."""

from __future__ import annotations

import importlib.util
import pathlib
import re
import sys
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks.catalogue import CHECKS

ROOT = pathlib.Path(__file__).parents[2]
PAGE = (ROOT / "docs/findings.md").read_text(encoding="utf-8")
IDENTITY = r"[A-Z]{3}-\d{3}"
WHO = {"by_hand": {"you"}, "preflight": {"you"}, "golden_path": {"its causes"}}
FEWEST = 45


def broken_environments() -> Any:
    """The environments of the unit tests, in each of which one check finds something."""
    path = ROOT / "tests/unit/checks/broken_environments.py"
    specification = importlib.util.spec_from_file_location("broken_environments", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules.setdefault("broken_environments", module)
    specification.loader.exec_module(module)
    return module


ENVIRONMENTS = broken_environments()


def ids_in_code() -> set[str]:
    sources = (ROOT / "plugins/module_utils/checks").glob("*.py")
    mentioned = {identity for path in sources for identity in re.findall(rf'"({IDENTITY})"', path.read_text("utf-8"))}
    return {identity for identity in mentioned if identity.startswith("BLD-")} | set(CHECKS)


def sections() -> dict[str, str]:
    return dict(re.findall(rf"^## ({IDENTITY})\n\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def rows() -> dict[str, list[str]]:
    found = re.findall(rf"^\| \[({IDENTITY})\]\(#[\w-]+\) \|(.*)\|$", PAGE, re.MULTILINE)
    return {identity: [cell.strip() for cell in cells.split("|")] for identity, cells in found}


def test_each_finding_is_described():
    assert set(sections()) == ids_in_code()


def test_the_table_lists_each_finding():
    assert set(rows()) == ids_in_code()


def test_there_are_enough_of_them():
    assert len(CHECKS) >= FEWEST


def test_each_finding_has_an_environment_in_which_a_test_finds_it():
    assert set(ENVIRONMENTS.BROKEN) >= set(CHECKS)


@pytest.mark.parametrize("identity", CHECKS)
def test_the_table_says_what_the_check_is(identity: str) -> None:
    severity, meaning, who = rows()[identity]
    check = CHECKS[identity]
    assert severity.startswith(check.severity)
    assert meaning == check.meaning
    assert who.startswith(f"`{check.phase}`") or who == "you" or who in WHO.get(check.phase, set())


@pytest.mark.parametrize("identity", CHECKS)
def test_the_example_is_what_the_check_says(identity: str) -> None:
    observation, contract = ENVIRONMENTS.BROKEN[identity]
    findings = ENVIRONMENTS.judged(observation, contract, asked=ENVIRONMENTS.ASKED)
    finding = next(finding for finding in findings if finding.id == identity)
    command = [f"$ {finding.command}"] if finding.command else []
    example = "\n".join(["```text", f"{finding.key}: {finding.summary}", *command, "```"])
    assert example in sections()[identity]
