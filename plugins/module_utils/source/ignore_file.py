# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide as Docker does which files of a build context are ignored, and by which line.

The rules are those of https://docs.docker.com/build/concepts/context/#dockerignore-files: patterns are tried in
order, the last one that matches a path or one of its parents decides, ``!`` takes a path back in, ``**`` spans
directories, ``#`` opens a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

IGNORE_FILE_NAME = ".dockerignore"


@dataclass(frozen=True)
class Rule:
    """One effective line of an ignore file."""

    line: int
    text: str
    pattern: str
    readmits: bool

    def matched_prefix(self, path: str) -> str | None:
        """Return the shortest leading part of the path that the pattern names: a file, or a directory above it."""
        expression = _expression(self.pattern)
        return next((prefix for prefix in _prefixes(path) if expression.match(prefix)), None)


@dataclass(frozen=True)
class Decision:
    """Whether a path is left out, the rule that said so, and the part of the path it named."""

    excluded: bool
    rule: Rule | None = None
    prefix: str | None = None


@dataclass(frozen=True)
class Exclusion:
    """A required path that the ignore file drops."""

    path: str
    line: int
    pattern: str

    def as_dict(self) -> dict[str, str | int]:
        """Return the exclusion as it appears in results and findings."""
        return {"path": self.path, "line": self.line, "pattern": self.pattern}


@dataclass(frozen=True)
class IgnoreFile:
    """The parsed rules of one ignore file; without rules nothing is ignored."""

    rules: tuple[Rule, ...] = ()

    def decide(self, path: str) -> Decision:
        """Return what the last matching rule says about a path relative to the context."""
        for rule in reversed(self.rules):
            prefix = rule.matched_prefix(path)
            if prefix is not None:
                return Decision(not rule.readmits, rule, prefix)
        return Decision(False)

    def may_hold_included(self, directory: str) -> bool:
        """Tell whether something below a directory can be part of the context, so that walking it is worth it."""
        decision = self.decide(directory)
        if not decision.excluded or decision.rule is None:
            return True
        later = self.rules[self.rules.index(decision.rule) + 1 :]
        return any(rule.readmits for rule in later)

    def exclusions(self, required: Iterable[str]) -> list[Exclusion]:
        """Return the required paths that are ignored, each with the line that decided it."""
        decisions = ((path, self.decide(_relative(path))) for path in required)
        return [
            Exclusion(path, decision.rule.line, decision.rule.text)
            for path, decision in decisions
            if decision.excluded and decision.rule is not None
        ]


def parse(text: str) -> IgnoreFile:
    """Read the rules of an ignore file; ``#`` opens a comment in the first column only (moby's ignorefile.ReadAll)."""
    rules = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if line.startswith("#"):
            continue
        stripped = line.strip()
        readmits = stripped.startswith("!")
        pattern = _relative(stripped[1:].strip() if readmits else stripped)
        if pattern:
            rules.append(Rule(number, stripped, pattern, readmits))
    return IgnoreFile(tuple(rules))


def require_paths(text: str, required: Iterable[str]) -> str:
    """Return the text with the fewest lines added that bring the required paths back into the context.

    The exception goes right below the line that dropped the path and names what that line named, so that later rules
    (compiled files, local secrets) keep working inside a re-admitted directory.
    """
    required = list(required)
    while True:
        ignore = parse(text)
        culprit = next((d for d in map(ignore.decide, map(_relative, required)) if d.excluded), None)
        if culprit is None or culprit.rule is None:
            return text
        text = _insert_after(text, culprit.rule.line, f"!{culprit.prefix}")


def forbid_paths(text: str, forbidden: Iterable[str]) -> str:
    """Return the text with a closing rule for every given path that is still part of the context."""
    for path in forbidden:
        if not parse(text).decide(_relative(path)).excluded:
            text = _insert_after(text, len(text.splitlines()), _relative(path))
    return text


def _insert_after(text: str, line: int, addition: str) -> str:
    lines = text.splitlines(keepends=True)
    if line and not lines[line - 1].endswith("\n"):
        lines[line - 1] += "\n"
    return "".join([*lines[:line], f"{addition}\n", *lines[line:]])


def _relative(path: str) -> str:
    """Clean a path as Go's filepath.Clean does and drop the leading slash: patterns are relative to the context."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _prefixes(path: str) -> Iterator[str]:
    position = path.find("/")
    while position != -1:
        yield path[:position]
        position = path.find("/", position + 1)
    yield path


_EXPRESSIONS: dict[str, re.Pattern[str]] = {}
_GLYPH = re.compile(r"\*\*/?|\*|\?|\\.|\[\^?\]?[^\]]*\]|.", re.DOTALL)


def _expression(pattern: str) -> re.Pattern[str]:
    """Translate a pattern as moby's patternmatcher does: only ``**`` crosses the borders of path parts."""
    if pattern not in _EXPRESSIONS:
        pieces = [_translate(match.group(), match.end() == len(pattern)) for match in _GLYPH.finditer(pattern)]
        _EXPRESSIONS[pattern] = re.compile(f"(?s:{''.join(pieces)})\\Z")
    return _EXPRESSIONS[pattern]


def _translate(glyph: str, is_last: bool) -> str:
    if glyph.startswith("**"):
        return ".*" if is_last else "(?:.*/)?"
    if glyph == "*":
        return "[^/]*"
    if glyph == "?":
        return "[^/]"
    if len(glyph) > 1 and glyph.startswith("["):
        negation, members = ("^", glyph[2:-1]) if glyph[1] == "^" else ("", glyph[1:-1])
        return f"[{negation}{_class_members(members)}]"
    return re.escape(glyph[-1])


def _class_members(members: str) -> str:
    return re.sub(r"([\\\[\]^&~|])", r"\\\1", members)
