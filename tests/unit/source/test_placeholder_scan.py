# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A search of whole trees: every mistake of a seeded repository and none in its clean twin."""

from __future__ import annotations

import pathlib
from collections import defaultdict

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.source import hot_lines
from ansible_collections.netra.remediation.plugins.module_utils.source.config_placeholders import CODE_NEEDLES, NEEDLES
from ansible_collections.netra.remediation.plugins.module_utils.source.config_syntax import CODE, DOTENV, Syntax
from ansible_collections.netra.remediation.plugins.module_utils.source.placeholder_allowances import read_list
from ansible_collections.netra.remediation.plugins.module_utils.source.placeholder_scan import scan

from . import realistic_repository

ENOUGH = 5000


def test_a_large_real_looking_repository_gives_no_false_alarm(tmp_path: pathlib.Path) -> None:
    written = realistic_repository.write(tmp_path, ENOUGH // len(realistic_repository.TEMPLATES) + 1)
    result = scan(str(tmp_path))
    assert result.files == written >= ENOUGH
    assert [entry.place for entry in result.found] == []


def test_each_mistake_of_its_twin_is_found(tmp_path: pathlib.Path) -> None:
    realistic_repository.write(tmp_path, 1, mistakes=True)
    found = defaultdict(list)
    for entry in scan(str(tmp_path)).found:
        found[entry.path].append(entry.token)
        line = (tmp_path / entry.path).read_text().splitlines()[entry.line - 1]
        assert line[entry.column - 1 :].startswith(entry.token) or entry.token == entry.form
    wanted = {path: tokens for path, _text, tokens in realistic_repository.MISTAKES}
    assert found == wanted
    assert sum(map(len, wanted.values())) >= 40


def test_several_processes_find_the_same(tmp_path: pathlib.Path) -> None:
    realistic_repository.write(tmp_path, 6, mistakes=True)
    assert scan(str(tmp_path), processes=2) == scan(str(tmp_path), processes=1)


def test_what_git_ignores_and_what_is_binary_is_not_read(tmp_path: pathlib.Path) -> None:
    realistic_repository.track(tmp_path)
    text = "host: <actual-ip>\n"
    for path in ("a.yaml", "ignored.yaml", "node_modules/b.yaml", "kept/c.yaml"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "binary.yaml").write_bytes(b"\0\1" + text.encode())
    (tmp_path / "nowhere.yaml").symlink_to("missing")
    (tmp_path / ".gitignore").write_text("ignored.yaml\n")
    assert [entry.place for entry in scan(str(tmp_path)).found] == ["a.yaml:1:7", "kept/c.yaml:1:7"]


def test_what_is_meant_is_allowed_with_a_reason(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "host: <actual-ip>\nzone: ${ZONE}  # placeholder-allowed: the deploy job fills it in\n"
    )
    rules = read_list("a.yaml <actual-*  # shown to people\nb.yaml  # gone\n")
    result = scan(str(tmp_path), rules)
    assert result.found == []
    assert [(entry.token, rule.reason) for entry, rule in result.allowed] == [("<actual-ip>", "shown to people")]
    assert [rule.path for rule in result.unused] == ["b.yaml"]


def test_an_allowance_needs_a_reason():
    with pytest.raises(BadInput, match=r"Line 1 of .* gives no reason"):
        read_list("a.yaml changeme\n")


@pytest.mark.parametrize("needle", [*NEEDLES, *CODE_NEEDLES])
def test_a_line_with_any_of_the_texts_is_kept_and_no_other(needle: bytes) -> None:
    syntax = Syntax(CODE if needle in CODE_NEEDLES else DOTENV)
    hot = b"A=" + needle.upper() + b"1"
    assert hot_lines.reduced(b"Z=1\n" + hot + b"\nB=2\n", syntax).strip() == hot
    assert hot_lines.reduced(b"Z=1\nB=2\n", syntax) == b""
