# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an ignore file says of a path, whichever tool reads it. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One effective line of an ignore file.

    ``pattern`` is what the tool compares with: cleaned, without the ``!`` that makes ``readmits`` true.
    ``file`` is the name of the file as the tool found it, relative to the context.
    """

    file: str
    line: int
    text: str
    pattern: str
    readmits: bool = False

    def as_dict(self) -> dict[str, str | int]:
        """Return the place and the words of the rule."""
        return {"file": self.file, "line": self.line, "pattern": self.text}


@dataclass(frozen=True)
class Decision:
    """Whether a path is left out, and why.

    ``rule`` decided; ``prefix`` is the part of the path that it named: the path itself or a directory above it.
    ``overruled`` is the last rule that would have left an included path out, had ``rule`` not brought it back: the
    one that looks guilty and is not.
    """

    excluded: bool
    rule: Rule | None = None
    prefix: str = ""
    overruled: Rule | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the decision as results and findings show it."""
        told: dict[str, object] = {"included": not self.excluded}
        if self.rule:
            told["decided_by"] = self.rule.as_dict()
        if self.overruled:
            told["overruled"] = self.overruled.as_dict()
        return told


INCLUDED = Decision(False)


@dataclass(frozen=True)
class Exclusion:
    """A path that an ignore file drops."""

    path: str
    rule: Rule

    @property
    def line(self) -> int:
        """Return the number of the line that dropped the path."""
        return self.rule.line

    @property
    def pattern(self) -> str:
        """Return that line."""
        return self.rule.text

    def as_dict(self) -> dict[str, str | int]:
        """Return the exclusion as it appears in results and findings."""
        return {"path": self.path, **self.rule.as_dict()}


def prefixes(path: str) -> list[str]:
    """Return the directories above a path, outermost first, and the path itself."""
    ends = [position for position, letter in enumerate(path) if letter == "/"]
    return [*(path[:end] for end in ends), path]


def clean(path: str) -> str:
    """Return the shortest name of a path as Go's ``filepath.Clean`` does (https://pkg.go.dev/path/filepath#Clean)."""
    rooted = path.startswith("/")
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if parts and parts[-1] != "..":
                parts.pop()
            elif not rooted:
                parts.append(part)
        elif part not in ("", "."):
            parts.append(part)
    joined = "/".join(parts)
    return f"/{joined}" if rooted else joined or "."


def relative_to_context(path: str) -> str:
    """Return a path as contexts name it; what climbs out of the context stays as it is and is found nowhere."""
    cleaned = clean(path).removeprefix("/")
    return "" if cleaned == "." else cleaned
