# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rooms stay small and their names say what they are for."""

from __future__ import annotations

import ast
import pathlib

import pytest

from .tree import PLUGINS, ROOT, python_files, relative

DOCUMENTS = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "data", "misc", "core"}
SOURCES = python_files(PLUGINS, ROOT / "sandbox", ROOT / "benchmarks")


def statements(path: pathlib.Path) -> list[ast.stmt]:
    return ast.parse(path.read_text(encoding="utf-8")).body


def is_document(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and {ast.unparse(target) for target in statement.targets} <= DOCUMENTS


@pytest.mark.parametrize("path", python_files(PLUGINS / "modules"), ids=relative)
def test_a_module_is_documentation_and_one_call(path: pathlib.Path) -> None:
    code = [statement for statement in statements(path) if not is_document(statement)]
    assert sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in code) < 40


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_functions_fit_on_a_screen(path: pathlib.Path) -> None:
    long = {
        f"{node.name}: {length} lines"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > 45
    }
    assert not long


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_files_are_rooms_and_not_halls(path: pathlib.Path) -> None:
    documents = [statement for statement in statements(path) if is_document(statement)]
    documented = sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in documents)
    assert len(path.read_text(encoding="utf-8").splitlines()) - documented <= 320


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_names_say_what_is_inside(path: pathlib.Path) -> None:
    assert not EMPTY_NAMES & {path.stem, path.parent.name}


@pytest.mark.parametrize("path", sorted(ROOT.glob("roles/*/tasks/main.yml")), ids=relative)
def test_main_is_a_table_of_contents(path: pathlib.Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60
