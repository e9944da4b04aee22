# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every refusal of docs/sandbox-refusals.md names the case that meets it; the cases hold themselves against it."""

from __future__ import annotations

from .tree import ROOT

ROWS = (
    (ROOT / "docs/sandbox-refusals.md").read_text(encoding="utf-8").partition("|---|---|---|---|---|\n")[2].splitlines()
)


def test_there_are_forty_and_more_of_them() -> None:
    assert len({row.rpartition(" | ")[0] for row in ROWS}) >= 40


def test_every_row_names_a_case_that_is_there() -> None:
    named = {row.removesuffix(" |").rpartition(" | ")[2].partition("[")[0] for row in ROWS}
    lost = []
    for case in named:
        file, _separator, function = case.partition(": ")
        path = ROOT / f"tests/integration/conformance/{file}.py"
        if not path.exists() or f"def {function}(" not in path.read_text(encoding="utf-8"):
            lost.append(case)
    assert lost == []
