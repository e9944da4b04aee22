# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue of refusals: the table of docs/sandbox-refusals.md is what the cases were told, no more and no less.

A case that is told something else than its rows say fails. With NETRA_WRITE_REFUSALS=1 its rows are written anew
(in one process: ``pytest tests/integration/conformance`` without ``-n``).
"""

from __future__ import annotations

import os
import pathlib
import re
from collections.abc import Iterable
from typing import Any

PAGE = pathlib.Path(__file__).parents[3] / "docs" / "sandbox-refusals.md"
WRITE = "NETRA_WRITE_REFUSALS"
_LONGEST = 200
# What differs from run to run, and what stands for it on the page.
_CHANGING = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b(conformance|conf)[-_][a-z]+[-_][0-9a-f]{8}\b"), "NAME"),
    (re.compile(r"\bconformance-[a-z]*(-[a-z]+)*-?[0-9a-f]{8}\b"), "NAME"),
    (re.compile(r"\bc-?[0-9a-f]{8,12}(?=\b|@)"), "NAME"),
    (re.compile(r"\b(NAME-\d{5})-[a-z0-9]{3}\b"), r"\1-xxx"),
    (re.compile(r"ETag '[^']*'"), "ETag 'ETAG'"),
    (re.compile(r"version (is )?'[^']*'"), r"version \1'ETAG'"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)"), "TIME"),
    (re.compile(r"\b203\.0\.113\.\d+\b"), "ADDRESS"),
    (re.compile(r"\b\d{9,}\b"), "NUMBER"),
)


class Catalogue:
    """The rows of the page by case, and those that the case that runs has met."""

    def __init__(self) -> None:
        self._head, self._rows = _read(PAGE.read_text(encoding="utf-8"))
        self._met: set[str] = set()
        self._source = ""
        self.writes = bool(os.environ.get(WRITE))

    def begin(self, source: str) -> None:
        """Begin a case; `source` says where its claim is from."""
        self._met, self._source = set(), source

    def refused(self, url: str, error: dict[str, Any]) -> None:
        """Note the `error` that the case was told by an API, global or regional."""
        listed = error.get("errors") or [{}]
        reason = listed[0].get("reason") or error.get("status", "")
        self._note(url.partition(".")[0].rpartition("-")[2], f"{error['code']} {reason}", error["message"])

    def failed(self, api: str, error: dict[str, Any]) -> None:
        """Note the error that an operation of the case ended with."""
        self._note(api, f"operation: {error['code']}", error["message"])

    def _note(self, api: str, code: str, message: str) -> None:
        cells = (api, code, f"`{_steady(message)}`", self._source)
        self._met.add(" | ".join(cell.replace("|", "\\|") for cell in cells))

    def end(self, case: str) -> None:
        """End a case: its rows and what it met must be the same."""
        case = case.replace("|", "\\|")
        if self.writes:
            self._rows[case] = self._met
            return
        known = self._rows.get(case, set())
        assert self._met == known, (
            f"what {case} was told is not what {PAGE.name} says: {sorted(self._met ^ known)} "
            f"({WRITE}=1 writes its rows anew)"
        )

    def write(self) -> None:
        """Write the page, if that was asked for."""
        if self.writes:
            PAGE.write_text(self._head + "".join(_lines(self._rows)), encoding="utf-8")


def _read(page: str) -> tuple[str, dict[str, set[str]]]:
    head, rule, table = page.partition("|---|---|---|---|---|\n")
    rows: dict[str, set[str]] = {}
    for line in table.splitlines():
        row, _, case = line.removeprefix("| ").removesuffix(" |").rpartition(" | ")
        rows.setdefault(case, set()).add(row)
    return head + rule, rows


def _lines(rows: dict[str, set[str]]) -> Iterable[str]:
    return sorted(f"| {row} | {case} |\n" for case, found in rows.items() for row in found)


def _steady(message: str) -> str:
    words = message.partition("\n")[0]
    project = os.environ.get("GOOGLE_CLOUD_PROJECT")
    words = words.replace(project, "PROJECT") if project else words
    for expression, name in _CHANGING:
        words = expression.sub(name, words)
    return words if len(words) <= _LONGEST else words[:_LONGEST] + "…"


CATALOGUE = Catalogue()
