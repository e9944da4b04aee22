# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

r"""Decide as gcloud does which files of a directory are not uploaded, and by which line. Standard library only.

``.gcloudignore`` is said to follow https://git-scm.com/docs/gitignore (`gcloud topic gcloudignore`). gcloud's own
reading of it, which is what counts for an upload, departs from git's, and is followed here:

* a pattern with a slash in its middle is not bound to the top: ``a/b`` also drops ``x/a/b``;
* ``a/**`` names ``a`` itself too, and ``*/a`` also an ``a`` at the top;
* a backslash takes no special meaning away but that of ``#``, ``!`` and blanks at their places: ``\*`` is ``*``;
* blanks after a closing slash make a pattern that names nothing.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from ansible_collections.netra.remediation.plugins.module_utils.source.ignore_rules import (
    INCLUDED,
    Decision,
    Exclusion,
    Rule,
    prefixes,
    relative_to_context,
)
from ansible_collections.netra.remediation.plugins.module_utils.source.pattern_index import PatternIndex

IGNORE_FILE_NAME = ".gcloudignore"
GIT_IGNORE_FILE_NAME = ".gitignore"
DEFAULT = "gcloud's default rules"
DEFAULT_TEXT = ".gcloudignore\n.git\n.gitignore\n"
_INCLUDE = "!include:"
_LONE_BACKSLASH = re.compile(r"(?<!\\)\\(\\\\)*$")
Reader = Callable[[str], "str | None"]


class IncludeError(ValueError):
    """Report an ``#!include`` with which gcloud uploads nothing."""


class GcloudIgnore:
    """The rules of a ``.gcloudignore`` and of the files that it includes; without rules everything is uploaded."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules = tuple(rules)
        self.refusals: tuple[()] = ()
        self._patterns = [_Pattern(rule.pattern) for rule in self.rules]
        is_filed = [pattern.is_filed_by_first or bool(pattern.parent) for pattern in self._patterns]
        names = ["" if filed else pattern.last for pattern, filed in zip(self._patterns, is_filed, strict=True)]
        self._index = PatternIndex(names)
        self._by_first: dict[str, list[int]] = {}
        self._by_parent: dict[str, list[int]] = {}
        for number, pattern in enumerate(self._patterns):
            if pattern.is_filed_by_first:
                self._by_first.setdefault(pattern.first, []).append(number)
            elif pattern.parent:
                self._by_parent.setdefault(pattern.parent, []).append(number)
        self._by_name: dict[str, list[int]] = {}
        self._by_directory: dict[str, list[int]] = {}
        self._directories: dict[str, Decision] = {"": INCLUDED}

    def decide(self, path: str, is_directory: bool = False) -> Decision:
        """Return whether a path, relative to the top, is left out, and by which line.

        Below a directory that is left out nothing can be taken back.
        """
        above = path.rpartition("/")[0]
        decision = self._directory(above)
        if decision.excluded:
            return decision
        return self._own(path, is_directory) or decision

    def may_hold_included(self, directory: str) -> bool:
        """Tell whether something below a directory can be uploaded, so that walking it is worth it."""
        return not self._directory(directory).excluded

    def exclusions(self, required: Iterable[str]) -> list[Exclusion]:
        """Return the required paths that are not uploaded, each with the line that decided it."""
        decisions = ((path, self.decide(relative_to_context(path))) for path in required)
        return [Exclusion(path, found.rule) for path, found in decisions if found.excluded and found.rule]

    def _directory(self, directory: str) -> Decision:
        decision = self._directories.get(directory)
        if decision is None:
            decision = self._directories[directory] = self.decide(directory, is_directory=True)
        return decision

    def _own(self, path: str, is_directory: bool) -> Decision | None:
        """Return what the last rule that names this very path says."""
        decisive: Rule | None = None
        overruled: Rule | None = None
        above, _slash, name = path.rpartition("/")
        numbers, below = self._candidates(name), self._below(above) if above else self._by_first.get(name)
        for number in sorted([*numbers, *below]) if below else numbers:
            pattern, rule = self._patterns[number], self.rules[number]
            if pattern.matches(path, is_directory):
                if not rule.readmits:
                    overruled = rule
                decisive = rule
        if decisive is None:
            return None
        return Decision(not decisive.readmits, decisive, path, overruled if decisive.readmits else None)

    def _below(self, directory: str) -> list[int]:
        """Return the rules that are filed by the directory that a path is in, or by the outermost one."""
        found = self._by_directory.get(directory)
        if found is None:
            first, parent = directory.partition("/")[0], directory.rpartition("/")[2]
            found = [*self._by_first.get(first, ()), *self._by_parent.get(parent, ())]
            self._by_directory[directory] = found
        return found

    def _candidates(self, name: str) -> list[int]:
        """Return the rules whose last part may fit a name; the same names come again and again."""
        found = self._by_name.get(name)
        if found is None:
            fitting = (number for number in self._index.candidates(name) if self._patterns[number].fits_name(name))
            found = self._by_name[name] = sorted(fitting)
        return found


class _Pattern:
    """One pattern, compared part by part from the right, as gcloud's Glob does."""

    def __init__(self, pattern: str) -> None:
        self.only_directories = pattern.endswith("/")
        self._parts = pattern[: -1 if self.only_directories else None].split("/")
        self.last = self._parts[-1]
        self._is_name_only = self._parts in ([self.last], ["**", self.last]) and self.last not in ("*", "**")
        # Bound to the top by a slash in front, or by "**", which gcloud binds what stands before it with.
        bound = self._parts[1:] if self._parts[0] == "" else self._parts if "**" in self._parts else [""]
        self.first = "" if set("*?[") & set(bound[0]) else bound[0]
        self.is_filed_by_first = self.last == "**" and bool(self.first)
        above = self._parts[-2] if len(self._parts) > 1 and self.last != "**" else ""
        # The name of the directory that whatever it names is in; empty where that may be any.
        self.parent = "" if set("*?[") & set(above) else above
        self.fits_name = _always if self.last == "**" else _part(self.last)

    def matches(self, path: str, is_directory: bool) -> bool:
        if (self.only_directories and not is_directory) or (self.first and path.partition("/")[0] != self.first):
            return False
        # Such a pattern is tried where the name fits already (fits_name), and more is not asked for.
        return self._is_name_only or _matches(self._parts, path)


def _always(_name: str) -> bool:
    return True


@lru_cache(maxsize=4096)
def _part(part: str) -> Callable[[str], object]:
    """Return the test for one part of a path."""
    if not set("*?[") & set(part):
        return part.__eq__
    return re.compile(fnmatch.translate(part)).match


def _matches(parts: list[str], path: str | None) -> bool:
    """Compare from the right; a pattern that is used up fits whatever is left of the path."""
    if not parts:
        return True
    if path is None:
        return False
    *before, part = parts
    above, _slash, name = path.rpartition("/")
    if part == "**":
        anchored = before if before[:1] == [""] else ["", *before]
        return any(_matches(anchored, beginning) for beginning in ["", *prefixes(path)])
    if part == "*" and not before and len(above) > 1:
        return False
    return bool(_part(part)(name)) and _matches(before, above if name else None)


def parse(text: str, file: str = IGNORE_FILE_NAME, read: Reader | None = None) -> GcloudIgnore:
    """Read an ignore file; ``read`` returns the text of a file beside it, None if there is none, for ``#!include``.

    Raise IncludeError for a line with which gcloud would stop.
    """
    return GcloudIgnore(_rules(text, file, read))


def parse_top(read: Reader, has_git_files: bool) -> GcloudIgnore:
    """Return the rules for an upload: the file's, or without one gcloud's own where git has left its traces."""
    text = read(IGNORE_FILE_NAME)
    if text is not None:
        return parse(text, read=read)
    if not has_git_files:
        return GcloudIgnore()
    git_ignore = read(GIT_IGNORE_FILE_NAME)
    included = [] if git_ignore is None else _rules(git_ignore, GIT_IGNORE_FILE_NAME, None)
    return GcloudIgnore([*_rules(DEFAULT_TEXT, DEFAULT, None), *included])


def _rules(text: str, file: str, read: Reader | None) -> Iterator[Rule]:
    for number, line in _lines(text):
        if line.startswith("#"):
            if line[1:].lstrip().startswith(_INCLUDE) and read is not None:
                yield from _included(line, f"line {number} of {file}", read)
            continue
        readmits = line.startswith("!")
        pattern = _unescaped(line[readmits:])
        if pattern:
            yield Rule(file, number, line.strip(), pattern, readmits)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Return the lines as gcloud splits a text, each with its number as an editor counts."""
    for number, shown in enumerate(text.split("\n"), start=1):
        yield from ((number, line) for line in shown.splitlines())


def _included(line: str, place: str, read: Reader) -> Iterator[Rule]:
    name = line[line.find(_INCLUDE) + len(_INCLUDE) :]
    if "/" in name:
        raise IncludeError(f"{place} includes {name}, and gcloud includes files of the same directory only")
    text = read(name)
    if text is None:
        raise IncludeError(f"{place} includes {name}, which cannot be read")
    # An included file includes no other.
    yield from _rules(text, name, None)


def _unescaped(line: str) -> str:
    """Return the pattern of a line, with its closing slash, as gcloud reads blanks and backslashes; empty if none."""
    only_directories = line.endswith("/")
    line = line[:-1] if only_directories else line
    tokens = re.findall(r"\\?.|\\$", line, re.DOTALL)
    while tokens and tokens[-1] == " ":
        tokens.pop()
    kept = "".join(tokens).replace("\\ ", " ")
    if not kept or _LONE_BACKSLASH.search(kept):
        return ""
    pattern = re.sub(r"\\([^\\])", r"\1", kept).replace("\\\\", "\\")
    if pattern.endswith("/"):
        return ""  # its last part is empty, and no path has such a part
    return f"{pattern}/" if only_directories else pattern
