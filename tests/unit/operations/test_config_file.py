# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values in a configuration file: what changes, what stays as its authors wrote it."""

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.operations.config_file import OPERATION

BEFORE = """\
# who owns this
redis:
  host: "PLACEHOLDER_HOST"  # private
  port: 6379
flags: [a, b]
"""


def run(path, values, check_mode=False):
    return OPERATION.run({"path": str(path), "values": values}, check_mode)


def test_keeps_comments_and_order(tmp_path):
    path = tmp_path / "staging.yaml"
    path.write_text(BEFORE)
    result = run(path, {"redis": {"host": "10.0.0.3"}})
    assert result["changed"]
    assert result["placeholders"] == []
    lines = path.read_text().splitlines()
    assert lines[0] == "# who owns this"
    assert "10.0.0.3" in lines[2]
    assert lines[2].endswith("# private")
    assert lines[3:] == ["  port: 6379", "flags: [a, b]"]
    assert not run(path, {"redis": {"host": "10.0.0.3"}})["changed"]


def test_check_mode_writes_nothing(tmp_path):
    path = tmp_path / "staging.yaml"
    path.write_text(BEFORE)
    result = run(path, {"redis": {"port": 1}}, check_mode=True)
    assert result["changed"]
    assert path.read_text() == BEFORE
    assert result["diff"]["after"] != BEFORE


def test_tells_placeholders_left(tmp_path):
    path = tmp_path / "staging.yaml"
    path.write_text(BEFORE)
    result = run(path, {"redis": {"port": 6379}})
    assert not result["changed"]
    assert [left["token"] for left in result["placeholders"]] == ["PLACEHOLDER_HOST"]


def test_makes_a_missing_file(tmp_path):
    path = tmp_path / "new.yaml"
    assert run(path, {"a": {"b": 1}})["changed"]
    assert path.read_text() == "a:\n  b: 1\n"


@pytest.mark.parametrize("text", ["a: [", "- one\n"])
def test_refuses_what_it_cannot_merge_into(tmp_path, text):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match="Could not write"):
        run(path, {"a": 1})
    assert path.read_text() == text


def test_refuses_a_missing_directory(tmp_path):
    with pytest.raises(BadInput, match="does not exist"):
        run(tmp_path / "missing" / "a.yaml", {"a": 1})


def test_true_is_not_one(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n")
    assert run(path, {"a": True})["changed"]


def test_takes_outputs_into_a_dotenv_file_and_keeps_its_mode(tmp_path):
    path = tmp_path / ".env.staging"
    path.write_text("A=1\n")
    path.chmod(0o600)
    options = {"path": str(path), "outputs": {"host": "10.0.0.3"}, "mapping": [{"key": "HOST", "output": "host"}]}
    assert OPERATION.run(options, False)["changed"]
    assert path.read_text() == "A=1\nHOST=10.0.0.3\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert not OPERATION.run(options, False)["changed"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Neither values nor mapping"),
        ({"values": {"A": 1}, "mapping": [{"key": "A", "secret": "s:1"}]}, "Both values and mapping set A"),
    ],
)
def test_refuses_options_that_do_not_say_what_is_wanted(tmp_path, options, words):
    with pytest.raises(BadInput, match=words):
        OPERATION.run({"path": str(tmp_path / "a.yaml"), **options}, False)


def test_keeps_line_ends(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1  # one\r\nb: 2\r\n")
    assert run(path, {"b": 3})["changed"]
    assert path.read_bytes() == b"a: 1  # one\r\nb: 3\r\n"
    assert not run(path, {"b": 3})["changed"]
