# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).parents[2]
PLUGINS = ROOT / "plugins"
PACKAGE = "ansible_collections.netra.remediation.plugins"


def python_files(*folders: pathlib.Path) -> list[pathlib.Path]:
    """All Python files below the folders."""
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def imports(path: pathlib.Path) -> Iterator[str]:
    """The dotted names that a file imports; of ``from a import b`` both ``a`` and ``a.b``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def relative(path: pathlib.Path) -> str:
    """The path as a reader writes it."""
    return path.relative_to(ROOT).as_posix()
