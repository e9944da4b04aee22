# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find values that a template left behind and nobody replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PLACEHOLDER = re.compile(
    r"""\{\{.*?\}\} # {{ redis_host }}
      | \$\{[^}]*\} # ${REDIS_HOST}
      | (?<![A-Za-z])(?:[A-Z0-9]+_)*(?:PLACEHOLDER|TEMPLATE)(?:_[A-Z0-9]+)*(?![A-Za-z]) # TEMPLATE_HOST
    """,
    re.VERBOSE,
)
_QUOTED_OR_COMMENT = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:''|[^'])*')|(?:^|(?<=\s))\#.*""")


@dataclass(frozen=True)
class Placeholder:
    """A placeholder in a line of text."""

    line: int
    key: str
    token: str

    def as_dict(self) -> dict[str, str | int]:
        """Return the placeholder as findings show it."""
        return {"line": self.line, "key": self.key, "token": self.token}


def first_placeholder(value: str) -> str | None:
    """Return the first placeholder of a value, or nothing when the value is real."""
    match = _PLACEHOLDER.search(value)
    return match.group() if match else None


def in_mapping(values: Mapping[str, str]) -> dict[str, str]:
    """Return the names whose value holds a placeholder, each with the placeholder (never the value)."""
    found = ((name, first_placeholder(value)) for name, value in values.items())
    return {name: token for name, token in found if token}


def in_text(text: str) -> list[Placeholder]:
    """Return the placeholders of a YAML text line by line.

    Lines rather than a parsed document: ``host: {{ redis_host }}`` is not valid YAML for every reader, and comments
    may quote a placeholder.
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        code = _without_comment(line)
        token = first_placeholder(code)
        if token:
            found.append(Placeholder(number, code.split(":", 1)[0].strip(" -\"'"), token))
    return found


def _without_comment(line: str) -> str:
    return _QUOTED_OR_COMMENT.sub(lambda match: match.group(1) or "", line)
