# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The smallest edit of an ignore file: it works, it keeps what was there, and it is made once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.source.ignore_repair import (
    docker_dialect,
    edits_for,
    forbid_paths,
    gcloud_dialect,
    require_paths,
)

MONITORING = "netra_backend/app/services/monitoring/__init__.py"
DOCKER, GCLOUD = docker_dialect(), gcloud_dialect({".gitignore": "*.json\nmonitoring/\n"}.get)


@pytest.mark.parametrize(
    ("dialect", "before", "required", "after"),
    [
        (DOCKER, "#\n**/services/  \n*.pyc\n", MONITORING, "#\n**/services/  \n!netra_backend/app/services\n*.pyc\n"),
        (DOCKER, "docs\n", "docs/schema.json", "docs\n!docs\n"),
        (DOCKER, "*\n!src\n", "docs/schema.json", "*\n!docs/schema.json\n!src\n"),
        (DOCKER, "**/*.json", "docs/schema.json", "**/*.json\n!docs/schema.json\n"),
        (DOCKER, "a\r\nb\r\n", "a/x", "a\r\n!a\r\nb\r\n"),
        (DOCKER, "\ufeffa", "a/x", "\ufeffa\n!a\n"),
        (DOCKER, "a\n!a/b\na/b/c\n", "a/b/c/d", "a\n!a/b\na/b/c\n!a/b/c\n"),
        (DOCKER, "*\n", "we[i]rd*.txt", "*\n!we\\[i\\]rd\\*.txt\n"),
        (DOCKER, "*.log\n", "app/x.py", "*.log\n"),
        (GCLOUD, "monitoring/\n", MONITORING, "monitoring/\n!/netra_backend/app/services/monitoring\n"),
        (GCLOUD, "*\n", "a/b.py", "*\n!/a/b.py\n!/a\n"),
        (GCLOUD, "# git's\n#!include:.gitignore\nx\n", "a/b.json", "# git's\n#!include:.gitignore\nx\n!/a/b.json\n"),
    ],
)  # fmt: skip
def test_the_smallest_edit(dialect, before, required, after):
    assert require_paths(before, [required], dialect) == after
    assert require_paths(after, [required], dialect) == after


def test_an_edit_is_told_by_file_line_and_text():
    (edit,) = edits_for("# caches\n**/monitoring/\n", [MONITORING], docker_dialect("api.dockerignore"))
    assert edit.as_dict() == {
        "file": "api.dockerignore",
        "after_line": 2,
        "add": "!netra_backend/app/services/monitoring",
    }


def test_a_package_comes_back_whole_and_later_rules_go_on_inside():
    ignore = DOCKER.parse(require_paths("**/monitoring/\n**/*.pyc\n", [MONITORING]))
    package = MONITORING.rpartition("/")[0]
    assert not ignore.decide(f"{package}/other.py").excluded
    assert ignore.decide(f"{package}/x.pyc").excluded
    assert ignore.decide("shared/monitoring/x.py").excluded


def test_forbidding_a_path_adds_one_rule():
    forbidden = forbid_paths("*.log", [".env", "a.log"])
    assert forbidden == "*.log\n.env\n"
    assert forbid_paths(forbidden, [".env", "a.log"]) == forbidden


NAMES = st.sampled_from(["a", "b", "ab", "c.py", "x*", "[d]"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PARTS = st.sampled_from(["a", "b", "ab", "c.py", "*", "?", "*.py", "a*", "[ab]", "**"])
LINES = st.tuples(st.sampled_from(["", "", "!", "/", "# "]), st.lists(PARTS, min_size=1, max_size=3).map("/".join)).map(
    "".join
)


@pytest.mark.parametrize("dialect", [DOCKER, gcloud_dialect()], ids=["docker", "gcloud"])
@given(lines=st.lists(LINES, max_size=5), paths=st.lists(PATHS, min_size=1, max_size=4))
@settings(max_examples=120, deadline=None)
def test_requiring_always_succeeds_and_only_adds_exceptions(dialect, lines, paths):
    text = "\n".join(lines)
    repaired = require_paths(text, paths, dialect)
    assert not dialect.parse(repaired).exclusions(paths)
    left = iter(repaired.splitlines())
    assert all(line in left for line in lines)  # all of them, in their order
    assert sum(line.startswith("!") for line in repaired.splitlines()) - sum(
        line.startswith("!") for line in lines
    ) == (len(repaired.splitlines()) - len(text.splitlines()))
    assert require_paths(repaired, paths, dialect) == repaired
