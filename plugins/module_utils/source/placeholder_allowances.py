# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Placeholders that are meant: each with the reason why, in a list of its own or in a comment beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

FILE_NAME = ".placeholders-allowed"
# A reason is needed; without one the comment excuses nothing.
_INLINE = re.compile(r"(?:#|//|/\*|--|;)\s*placeholder-allowed:\s*\S")


class Place(Protocol):
    """What of a placeholder an allowance looks at."""

    @property
    def path(self) -> str: ...  # noqa: D102

    @property
    def token(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Allowance:
    """Files, and what they may say, as patterns of the shell (``*`` crosses folders); and why."""

    path: str
    token: str
    reason: str

    def covers(self, found: Place) -> bool:
        """Tell whether a placeholder is allowed."""
        return fnmatchcase(found.path, self.path) and fnmatchcase(found.token, self.token)


def read_list(text: str, name: str = FILE_NAME) -> list[Allowance]:
    """Read lines such as ``deploy/*.yaml ${REGION}  # the deploy job fills it in``; raise BadInput without a reason."""
    allowances = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        rule, _mark, reason = line.partition("  #")
        path, _space, token = rule.strip().partition(" ")
        if not reason.strip():
            raise BadInput(f"Line {number} of {name} gives no reason: write two spaces, # and why {path} may say that.")
        allowances.append(Allowance(path, token.strip() or "*", reason.strip()))
    return allowances


def is_excused_inline(lines: Sequence[str], number: int) -> bool:
    """Tell whether a comment on the line, or alone on the line before, allows what it says."""
    if _INLINE.search(lines[number - 1]):
        return True
    before = lines[number - 2].strip() if number > 1 else ""
    return bool(_INLINE.match(before))
