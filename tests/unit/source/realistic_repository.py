# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A repository as teams have it: Python, Node, Terraform, Helm, Ansible, pipelines; with mistakes where asked for.

Each template is written once per service, with ``§`` for its name and ``№`` for its number.
"""

from __future__ import annotations

import pathlib
import subprocess

HERE = pathlib.Path(__file__).parent


def _documents(name: str) -> list[tuple[str, str]]:
    """Return the files of a list: each begins with a line ``=== path``."""
    entries = (HERE / name).read_text(encoding="utf-8").split("=== ")[1:]
    return [(entry.partition("\n")[0], entry.partition("\n")[2]) for entry in entries]


TEMPLATES: dict[str, str] = dict(_documents("realistic_repository.txt"))
# What nobody filled in, by kind of file: (path, text, tokens). Paths are followed by the tokens in their order.
MISTAKES: list[tuple[str, str, list[str]]] = [
    (head.partition(" :: ")[0], text, head.partition(" :: ")[2].split(" | "))
    for head, text in _documents("mistaken_files.txt")
]


def write(root: pathlib.Path, services: int, *, mistakes: bool = False) -> int:
    """Write the repository for so many services and return how many files it has; mistakes come in further files."""
    files = {
        path.replace("§", f"service_{number}"): text.replace("§", f"service_{number}").replace("№", str(number))
        for number in range(services)
        for path, text in TEMPLATES.items()
    }
    files |= {path: text for path, text, _tokens in MISTAKES} if mistakes else {}
    for folder in sorted({(root / path).parent for path in files}):
        folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        (root / path).write_text(text, encoding="utf-8")
    return len(files)


def track(root: pathlib.Path) -> None:
    """Make it a repository of git's."""
    subprocess.run(["git", "-C", str(root), "init", "-q"], check=True)
