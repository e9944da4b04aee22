# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values merged into JSON and dotenv texts, and outputs mapped to values: what changes, what stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.source import dotenv_text, json_text
from ansible_collections.netra.remediation.plugins.module_utils.source.output_mapping import mapped

ENV = """\
# who owns this
export HOST="old host"  # private
PORT=6379 # plain

NAME='single'
"""
TERRAFORM = {
    "redis_host": {"value": "10.0.0.3", "sensitive": False, "type": "string"},
    "redis_port": {"value": 6379, "sensitive": False, "type": "number"},
    "password": {"value": "hunter2", "sensitive": True, "type": "string"},
}
NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\0"), max_size=20
)


def test_dotenv_keeps_comments_quotes_and_order():
    after = dotenv_text.merged(ENV, {"HOST": "new host", "PORT": 6380, "NAME": "other", "FLAG": True})
    assert (
        after
        == """\
# who owns this
export HOST="new host"  # private
PORT=6380 # plain

NAME='other'
FLAG=true
"""
    )


@given(st.dictionaries(NAMES, TEXTS, max_size=4), st.dictionaries(NAMES, TEXTS, max_size=4))
def test_dotenv_holds_what_was_merged_and_merges_once(first, second):
    text = dotenv_text.merged(dotenv_text.merged("", first), second)
    assert dotenv_text.parsed(text) == first | second
    assert dotenv_text.merged(text, second) == text


@pytest.mark.parametrize(
    ("text", "values", "words"),
    [
        ("A=1\nA=2\n", {"B": 1}, "Line 2 sets A once more"),
        ("what is this\n", {"B": 1}, "Line 1 is no NAME=value"),
        ("", {"A": {"B": 1}}, "single values only"),
        ("", {"A B": "1"}, "single values only"),
    ],
)
def test_dotenv_refuses(text, values, words):
    with pytest.raises(BadInput, match=words):
        dotenv_text.merged(text, values)


@pytest.mark.parametrize("indent", ["  ", "\t", "    "])
def test_json_keeps_order_and_indentation(indent):
    before = json.dumps({"z": {"b": 1, "a": "ä"}, "y": [1]}, indent=indent, ensure_ascii=False)
    after = json_text.merged(before, {"z": {"a": "ö"}})
    assert after == before.replace("ä", "ö")
    assert json_text.merged(after, {"z": {"a": "ö"}}) is after


def test_json_true_is_not_one_and_a_new_file_ends_with_a_line():
    assert json_text.merged('{"a": 1}', {"a": True}) == '{"a": true}'
    assert json_text.merged("", {"a": 1}) == '{\n  "a": 1\n}\n'


@pytest.mark.parametrize(("text", "words"), [("[1]", "no object"), ('{"a": 1, "a": 2}', "twice"), ("{\n]", "line 2")])
def test_json_refuses(text, words):
    with pytest.raises(BadInput, match=words):
        json_text.merged(text, {"a": 1})


def test_outputs_go_where_the_mapping_says():
    entries = [
        {"key": "env_vars.REDIS_URL", "template": "redis://{redis_host}:{redis_port}"},
        {"key": "env_vars.REDIS_PORT", "output": "redis_port", "type": "text"},
        {"key": "port", "output": "redis_port"},
        {"key": "secrets.REDIS_PASSWORD", "secret": "redis-auth:3"},
    ]
    assert mapped(entries, TERRAFORM, []) == {
        "env_vars": {"REDIS_URL": "redis://10.0.0.3:6379", "REDIS_PORT": "6379"},
        "port": 6379,
        "secrets": {"REDIS_PASSWORD": "redis-auth:3"},
    }


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"output": "password"}, "is sensitive"),
        ({"template": "x{password}"}, "is sensitive"),
        ({"output": "redis_host", "secret": "a:1"}, "needs one of"),
        ({}, "needs one of"),
        ({"output": "gone"}, "is not there; known are"),
        ({"output": "redis_host", "type": "whole"}, "cannot be written as whole"),
        ({"output": "redis_host", "type": "flag"}, "cannot be written as flag"),
        ({"template": "{redis_host"}, "is not a value template"),
    ],
)
def test_mappings_that_cannot_be_meant(entry, words):
    with pytest.raises(BadInput, match=words) as refusal:
        mapped([{"key": "a", **entry}], TERRAFORM, [])
    assert "hunter2" not in refusal.value.message


def test_two_entries_for_one_key_are_refused():
    with pytest.raises(BadInput, match="once more"):
        mapped([{"key": "a", "secret": "x"}, {"key": "a", "secret": "y"}], {}, [])
    with pytest.raises(BadInput, match="has a value already"):
        mapped([{"key": "a", "secret": "x"}, {"key": "a.b", "secret": "y"}], {}, [])
