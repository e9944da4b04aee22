# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every finding has its page in docs/findings.md, and every page its finding."""

from __future__ import annotations

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[2]
PAGE = (ROOT / "docs/findings.md").read_text(encoding="utf-8")


def ids_in_code() -> set[str]:
    sources = (ROOT / "plugins/module_utils/checks").glob("*.py")
    return {identity for path in sources for identity in re.findall(r'"([A-Z]{3}-\d{3})"', path.read_text("utf-8"))}


def test_each_finding_is_described():
    assert set(re.findall(r"^## ([A-Z]{3}-\d{3})$", PAGE, re.MULTILINE)) == ids_in_code()


def test_the_table_lists_each_finding():
    assert set(re.findall(r"^\| \[([A-Z]{3}-\d{3})\]", PAGE, re.MULTILINE)) == ids_in_code()
