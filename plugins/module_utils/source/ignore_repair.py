# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring paths back into a context, or keep them out, with the fewest lines. Standard library only.

No line is changed or taken away: comments, order and line ends stay as their authors wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ansible_collections.netra.remediation.plugins.module_utils.source import docker_ignore, gcloud_ignore
from ansible_collections.netra.remediation.plugins.module_utils.source.ignore_rules import (
    INCLUDED,
    Decision,
    Exclusion,
    Rule,
    relative_to_context,
)


class IgnoreFile(Protocol):
    """The rules of an ignore file, of Docker or of gcloud."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Return the rules in order."""

    def decide(self, path: str, is_directory: bool = False) -> Decision:
        """Return whether a path is left out, and why."""

    def may_hold_included(self, directory: str) -> bool:
        """Tell whether it is worth to look into a directory."""

    def exclusions(self, required: Iterable[str]) -> list[Exclusion]:
        """Return which of the paths are left out."""


@dataclass(frozen=True)
class Edit:
    """A line to add below another one; ``after`` counts from 1, and 0 is the top."""

    file: str
    after: int
    line: str

    def as_dict(self) -> dict[str, str | int]:
        """Return the edit as findings show it."""
        return {"file": self.file, "after_line": self.after, "add": self.line}


@dataclass(frozen=True)
class Dialect:
    """How one tool writes its ignore file; ``file`` is the file that an edit goes to."""

    file: str
    parse: Callable[[str], IgnoreFile]
    path: Callable[[str], str]
    reaches_below_ignored_directories: bool


def docker_dialect(file: str = docker_ignore.IGNORE_FILE_NAME) -> Dialect:
    """Return Docker's dialect."""
    return Dialect(file, lambda text: docker_ignore.parse(text, file), _docker_path, True)


def gcloud_dialect(read: gcloud_ignore.Reader | None = None) -> Dialect:
    """Return gcloud's dialect; ``read`` returns the text of a file that is included."""
    return Dialect(
        gcloud_ignore.IGNORE_FILE_NAME, lambda text: gcloud_ignore.parse(text, read=read), _gcloud_path, False
    )


def dialect_of(path: str, read: gcloud_ignore.Reader | None = None) -> Dialect:
    """Return the dialect of an ignore file by its name."""
    name = path.replace("\\", "/").rpartition("/")[2]
    return gcloud_dialect(read) if name == gcloud_ignore.IGNORE_FILE_NAME else docker_dialect(name)


def edits_for(text: str, required: Iterable[str], dialect: Dialect, directories: Collection[str] = ()) -> list[Edit]:
    """Return the lines, in the order in which they are to be added, that bring the required paths back.

    ``directories`` are those of the paths that are directories, which some patterns tell from files.
    An exception goes right below the line that dropped the path. It names what that line named, so that a package
    comes back whole and later rules (compiled files, local secrets) keep working inside of it; below a line that
    names whatever there is, such as ``*``, it names the required path and nothing more.
    """
    edits: list[Edit] = []
    required = [path for path in map(relative_to_context, required) if path]
    while True:
        ignore = dialect.parse(text)
        decisions = ((path, ignore.decide(path, path in directories)) for path in required)
        path, decision = next((entry for entry in decisions if entry[1].excluded), ("", INCLUDED))
        rule = decision.rule
        if not decision.excluded or rule is None:
            return edits
        named = path if dialect.reaches_below_ignored_directories and _names_whatever(rule) else decision.prefix
        after = rule.line if rule.file == dialect.file else len(text.splitlines())
        edit = Edit(dialect.file, after, f"!{dialect.path(named)}")
        edits.append(edit)
        text = applied(text, edit)


def require_paths(text: str, required: Iterable[str], dialect: Dialect | None = None) -> str:
    """Return the text with the lines of edits_for added; the very same text when nothing is left out."""
    for edit in edits_for(text, required, dialect or docker_dialect()):
        text = applied(text, edit)
    return text


def forbid_paths(text: str, forbidden: Iterable[str], dialect: Dialect | None = None) -> str:
    """Return the text with a closing rule for every given path that is still part of the context."""
    dialect = dialect or docker_dialect()
    for path in forbidden:
        name = relative_to_context(path)
        if name and not dialect.parse(text).decide(name).excluded:
            text = applied(text, Edit(dialect.file, len(text.splitlines()), dialect.path(name)))
    return text


def applied(text: str, edit: Edit) -> str:
    """Return the text with a line added; it ends as the lines around it do."""
    lines = list(_lines(text))
    ending = "\r\n" if any(line.endswith("\r\n") for line in lines) else "\n"
    if edit.after and not lines[edit.after - 1].endswith("\n"):
        lines[edit.after - 1] += ending
    return "".join([*lines[: edit.after], f"{edit.line}{ending}", *lines[edit.after :]])


def _lines(text: str) -> Iterator[str]:
    r"""Return the lines with their ends; only ``\n`` ends one."""
    return (match.group() for match in re.finditer(r"[^\n]*\n|[^\n]+", text))


def _names_whatever(rule: Rule) -> bool:
    return bool(set("*?[") & set(rule.pattern.rstrip("/").rpartition("/")[2]))


def _docker_path(path: str) -> str:
    return re.sub(r"([*?\[\]\\])", r"\\\1", path)


def _gcloud_path(path: str) -> str:
    # gcloud has no way to take the meaning from these, so any one character stands for each.
    return "/" + re.sub(r"[*?\[\\]", "?", path)
