# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Search a whole tree of files for placeholders, with several processes and each file read once."""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import looks_secret
from ansible_collections.netra.remediation.plugins.module_utils.source import config_placeholders, hot_lines
from ansible_collections.netra.remediation.plugins.module_utils.source.config_syntax import (
    CODE,
    HEAD,
    YAML,
    Syntax,
    syntax_of,
)
from ansible_collections.netra.remediation.plugins.module_utils.source.config_values import Value, code_values, values
from ansible_collections.netra.remediation.plugins.module_utils.source.placeholder_allowances import (
    Allowance,
    is_excused_inline,
)

# Folders of what tools made, never of what people configure.
SKIPPED_FOLDERS = frozenset(
    (
        ".git", ".hg", ".svn", ".terraform", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache",
        ".pytest_cache", ".ruff_cache", ".tox", ".nox", ".next", ".nuxt", ".cache", ".gradle", ".idea", "dist", "build",
        "target", "coverage", "htmlcov", "site-packages", "bower_components", ".eggs",
    )
)  # fmt: skip
# No configuration file is as large; what is, was generated.
LARGEST_BYTES = 8 * 1024 * 1024
# From how many files on further processes are worth their start, and how many files one is handed at a time.
WORTH_PROCESSES, BATCH = 2000, 250
MOST_PROCESSES = 8
# Lines of programs that are worth reading.
_HOT = re.compile("|".join(re.escape(needle.decode()) for needle in config_placeholders.CODE_NEEDLES), re.IGNORECASE)


class Found(NamedTuple):
    """A placeholder in a file: its place (line and column from 1), the setting, what it says, and its form."""

    path: str
    line: int
    column: int
    key: str
    token: str
    form: str

    @property
    def place(self) -> str:
        """Return file:line:column."""
        return f"{self.path}:{self.line}:{self.column}"

    def as_dict(self) -> dict[str, str | int]:
        """Return the placeholder as findings show it: without the path, which they are about."""
        return {"line": self.line, "column": self.column, "key": self.key, "token": self.token, "form": self.form}


@dataclass(frozen=True)
class Scan:
    """What a search came to: the placeholders that count, those that are allowed, and what was looked at."""

    found: list[Found]
    allowed: list[tuple[Found, Allowance]] = field(default_factory=list)
    unused: list[Allowance] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    files: int = 0


def scan(root: str, allowances: Sequence[Allowance] = (), below: Iterable[str] = ("",), processes: int = 0) -> Scan:
    """Search the files below some paths of a repository; raises OSError where the root cannot be listed."""
    paths = sorted(set(files_below(root, below)))
    charts = frozenset(os.path.dirname(path) for path in paths if os.path.basename(path) == "Chart.yaml")
    batches = [(root, paths[start : start + BATCH], charts) for start in range(0, len(paths), BATCH)]
    workers = processes or (min(MOST_PROCESSES, _processors()) if len(paths) >= WORTH_PROCESSES else 1)
    if workers > 1:
        with multiprocessing.get_context("fork").Pool(workers) as pool:
            parts = pool.map(_scan_batch, batches, chunksize=1)
    else:
        parts = [_scan_batch(batch) for batch in batches]
    everything = [entry for found, _unread in parts for entry in found]
    judged = [(entry, next((rule for rule in allowances if rule.covers(entry)), None)) for entry in everything]
    used = {rule for _entry, rule in judged if rule}
    return Scan(
        found=[entry for entry, rule in judged if rule is None],
        allowed=[(entry, rule) for entry, rule in judged if rule is not None],
        unused=[rule for rule in allowances if rule not in used],
        unread=[entry for _found, unread in parts for entry in unread],
        files=len(paths),
    )


def files_below(root: str, below: Iterable[str] = ("",)) -> Iterator[str]:
    """Yield the files to look at, relative to the root: what git does not ignore, else all but what tools made.

    A folder that is asked for by name is looked at although git ignores the whole of it.
    """
    for start in below:
        top = os.path.join(root, start)
        if os.path.isfile(top):
            yield os.path.relpath(top, root)
            continue
        listed = _listed_by_git(top)
        for path in listed or _walked(top):
            if not SKIPPED_FOLDERS.intersection(path.split("/")[:-1]):
                yield os.path.relpath(os.path.join(top, path), root)


def _listed_by_git(top: str) -> list[str] | None:
    """Return what git knows or would add below a folder, None where there is no git or no repository."""
    command = ["git", "-C", top, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        # AnsibleModule.run_command is not to be had here, where Ansible is not known.
        answer = subprocess.run(command, capture_output=True, check=False)  # pylint: disable=ansible-bad-function
    except OSError:
        if not os.path.isdir(top):
            raise
        return None
    if answer.returncode != 0:
        os.scandir(top).close()
        return None
    return [os.fsdecode(path) for path in answer.stdout.split(b"\0") if path]


def _walked(top: str) -> Iterator[str]:
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        below = os.path.relpath(folder, top)
        yield from names if below == "." else (f"{below}/{name}" for name in names)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _scan_batch(batch: tuple[str, list[str], frozenset[str]]) -> tuple[list[Found], list[tuple[str, str]]]:
    root, paths, charts = batch
    found: list[Found] = []
    unread = []
    for path in paths:
        try:
            found += scan_file(root, path, charts)
        except OSError as error:
            unread.append((path, error.strerror or str(error)))
    return found, unread


def scan_file(root: str, path: str, charts: frozenset[str] = frozenset()) -> list[Found]:
    """Return the placeholders of one file; none of one that is binary, too large, or of no language that is known."""
    if syntax_of(path, b"", charts) is None:
        return []
    full = os.path.join(root, path)
    if not os.path.isfile(full):  # a link to nowhere, a socket, a submodule
        return []
    with open(full, "rb", buffering=0) as file:
        content = file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES or b"\0" in content[:HEAD]:
        return []
    syntax = syntax_of(path, content[:HEAD], charts)
    if syntax is None:
        return []
    worth = hot_lines.reduced(content, syntax)
    return scan_text(path, worth.decode("utf-8", "replace"), syntax) if worth else []


def scan_text(path: str, text: str, syntax: Syntax) -> list[Found]:
    """Return the placeholders of a text."""
    lines = text.splitlines()
    read = _hot_code(lines) if syntax.family == CODE else values(syntax.family, text)
    return [
        Found(path, value.line, value.column + match.start, value.key, _shown(value.key, match), match.form)
        for value in read
        for match in config_placeholders.in_value(value, syntax)
        if not is_excused_inline(lines, value.line)
    ]


def scan_config(path: str, text: str) -> list[Found]:
    """Return the placeholders of a configuration file wherever it lies; what is of no known language counts as YAML."""
    syntax = syntax_of(os.path.basename(path), text[:HEAD].encode())
    return scan_text(path, text, syntax or Syntax(YAML))


def _shown(key: str, match: config_placeholders.Match) -> str:
    """Return what a placeholder says, for a secret only its form: what stands beside it may be real."""
    return match.form if looks_secret(key) else match.token


def _hot_code(lines: list[str]) -> Iterator[Value]:
    for number, line in enumerate(lines, start=1):
        if _HOT.search(line):
            yield from code_values(number, line)
