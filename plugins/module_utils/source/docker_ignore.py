# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide as Docker does which files of a build context are ignored, and by which line. Standard library only.

The documented rules are those of https://docs.docker.com/build/concepts/context/#dockerignore-files: patterns are tried
in order, the last one that names a path or a directory above it decides, ``!`` takes a path back in, ``**`` spans
directories, ``#`` opens a comment in the first column. What Docker does beyond them is repeated here as well:

* BuildKit walks the context. On a path that is not left out so far a ``!`` is not even looked at, and below it is not
  remembered: in ``a/b`` followed by ``!a``, the exception comes too early for ``a/b``, which stays out.
* The builder before BuildKit does not enter a directory that is left out, unless a ``!`` begins with its very name: in
  ``docs`` followed by ``!**/keep.md`` it never sees ``docs/keep.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.netra.remediation.plugins.module_utils.source.docker_patterns import PatternError, path_test
from ansible_collections.netra.remediation.plugins.module_utils.source.ignore_rules import (
    INCLUDED,
    Decision,
    Exclusion,
    Rule,
    clean,
    relative_to_context,
)
from ansible_collections.netra.remediation.plugins.module_utils.source.pattern_index import PatternIndex

IGNORE_FILE_NAME = ".dockerignore"
# White space in the sense of Go's strings.TrimSpace; Python's own str.strip takes more.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


@dataclass(frozen=True)
class Refusal:
    """A line with which Docker does not build at all."""

    file: str
    line: int
    text: str
    reason: str

    def as_dict(self) -> dict[str, str | int]:
        """Return the line as findings show it."""
        return {"file": self.file, "line": self.line, "pattern": self.text, "reason": self.reason}


@dataclass(frozen=True)
class _Place:
    """What the walk remembers of a path: the rules that named it or a directory above it, and what they led to."""

    decision: Decision
    matched: tuple[int, ...] = ()
    closed: bool = False


_TOP = _Place(INCLUDED)


class DockerIgnore:
    """The rules of one ignore file of Docker; without rules nothing is ignored."""

    def __init__(self, rules: Iterable[Rule] = (), refusals: Iterable[Refusal] = (), *, legacy: bool = False) -> None:
        self.rules = tuple(rules)
        self.refusals = tuple(refusals)
        self.legacy = legacy
        self._tests = [path_test(rule.pattern) for rule in self.rules]
        self._index = PatternIndex([rule.pattern for rule in self.rules])
        self._exceptions = [rule.pattern for rule in self.rules if rule.readmits]
        self._directories: dict[str, _Place] = {"": _TOP}

    def decide(self, path: str, is_directory: bool = False) -> Decision:  # noqa: ARG002 - the same call as for gcloud
        """Return whether a path, relative to the context, is left out, and by which line."""
        directory = path.rpartition("/")[0]
        return self._step(path, self._directory(directory)).decision

    def may_hold_included(self, directory: str) -> bool:
        """Tell whether something below a directory can be part of the context, so that walking it is worth it."""
        place = self._directory(directory)
        return not place.closed and not (place.decision.excluded and not self._exceptions)

    def exclusions(self, required: Iterable[str]) -> list[Exclusion]:
        """Return the required paths that are ignored, each with the line that decided it."""
        decisions = ((path, self.decide(relative_to_context(path))) for path in required)
        return [Exclusion(path, found.rule) for path, found in decisions if found.excluded and found.rule]

    def _directory(self, directory: str) -> _Place:
        place = self._directories.get(directory)
        if place is None:
            above = directory.rpartition("/")[0]
            place = self._step(directory, self._directory(above))
            if self.legacy and place.decision.excluded and not place.closed:
                beginning = f"{directory}/"
                entered = any(f"{pattern}/".startswith(beginning) for pattern in self._exceptions)
                place = _Place(place.decision, place.matched, closed=not entered)
            self._directories[directory] = place
        return place

    def _step(self, path: str, above: _Place) -> _Place:
        """Go from a directory to what is in it, as moby's MatchesUsingParentResults does."""
        if above.closed:
            return above
        tests = self._tests
        named = [number for number in self._index.candidates(path) if tests[number](path)]
        if not named:
            return above
        return self._weigh(path, above, sorted({*named, *above.matched}))

    def _weigh(self, path: str, above: _Place, numbers: list[int]) -> _Place:
        excluded = False
        decisive: Rule | None = None
        overruled: Rule | None = None
        prefix = ""
        matched = []
        for number in numbers:
            rule = self.rules[number]
            if number not in above.matched and rule.readmits != excluded:
                continue
            matched.append(number)
            if excluded is rule.readmits:
                overruled = decisive if rule.readmits else None
                decisive, excluded = rule, not rule.readmits
                prefix = self._named_prefix(number, path, above)
        return _Place(Decision(excluded, decisive, prefix, overruled), tuple(matched))

    def _named_prefix(self, number: int, path: str, above: _Place) -> str:
        """Return the outermost part of the path at which the walk noted the rule."""
        directory = path
        while number in above.matched:
            directory = directory.rpartition("/")[0]
            above = self._directory(directory.rpartition("/")[0])
        return directory


def parse(text: str, file: str = IGNORE_FILE_NAME, *, legacy: bool = False) -> DockerIgnore:
    """Read an ignore file as Docker's reader does (github.com/moby/patternmatcher/ignorefile)."""
    rules, refusals = [], []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        told = line.removesuffix("\r").strip(_SPACE)
        if line.startswith("#") or not told:
            continue
        readmits, pattern = _pattern_of(told)
        try:
            if readmits and not pattern:
                raise PatternError("'!' says what is taken back, and here it says nothing")
            path_test(pattern)
        except PatternError as error:
            refusals.append(Refusal(file, number, told, str(error)))
        else:
            rules.append(Rule(file, number, told, pattern, readmits))
    return DockerIgnore(rules, refusals, legacy=legacy)


def _pattern_of(line: str) -> tuple[bool, str]:
    """Return whether a line takes back, and what it names; the reader cleans it, and the matcher once more."""
    readmits = line.startswith("!")
    pattern = line[readmits:].strip(_SPACE)
    if pattern:
        pattern = clean(pattern)
        pattern = pattern[1:] if len(pattern) > 1 and pattern.startswith("/") else pattern
    again = clean(f"!{pattern}") if readmits else clean(pattern)
    return (True, again[1:]) if again.startswith("!") else (False, again)
