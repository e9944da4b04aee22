# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gcloud's ignore rules: a table, gcloud's own matcher where the SDK is installed, and git for what both share."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.source import gcloud_ignore
from ansible_collections.netra.remediation.plugins.module_utils.source.gcloud_ignore import parse

DIRECTORY = True
DECISIONS = [
    ("foo", "foo", None, 1),
    ("foo", "a/foo/b", None, 1),
    ("/foo", "a/foo", None, None),
    ("/foo", "foo/a", None, 1),
    ("foo/", "foo", None, None),
    ("foo/", "foo", DIRECTORY, 1),
    ("foo/", "a/foo/b", None, 1),
    ("foo/ ", "foo", DIRECTORY, None),
    ("foo  ", "foo", None, 1),
    ("foo\\ ", "foo ", None, 1),
    ("a/b", "x/a/b", None, 1),
    ("/a/b", "x/a/b", None, None),
    ("*/a", "a", None, 1),
    ("a/**", "a", DIRECTORY, 1),
    ("**/baz", "x/y/baz", None, 1),
    ("a/**/b", "a/b", None, 1),
    ("a/**/b", "x/a/b", None, None),
    ("*.py", "a/b.py", None, 1),
    ("[!a]b", "cb", None, 1),
    ("\\*", "anything", None, 1),
    ("\\#h", "#h", None, 1),
    ("\\!n", "!n", None, 1),
    ("#h", "#h", None, None),
    ("foo\n!foo", "foo", None, None),
    ("foo\n!foo/a", "foo/a", None, 1),
    ("foo/*\n!foo/a", "foo/a", None, None),
    ("a\\", "a", None, None),
]


@pytest.mark.parametrize(("text", "path", "directory", "line"), DECISIONS)
def test_says_what_gcloud_does_and_which_line(text, path, directory, line):
    decision = parse(text).decide(path, is_directory=bool(directory))
    assert (decision.rule.line if decision.excluded else None) == line


def test_an_included_path_names_the_line_that_only_looks_guilty():
    decision = parse("*.py\n!main.py").decide("app/main.py")
    assert decision.as_dict() == {
        "included": True,
        "decided_by": {"file": ".gcloudignore", "line": 2, "pattern": "!main.py"},
        "overruled": {"file": ".gcloudignore", "line": 1, "pattern": "*.py"},
    }


FILES = {".gitignore": "*.log\n#!include:other\n", "other": "never\n"}


def test_includes_a_file_beside_it_once():
    ignore = parse("a\n# !include:.gitignore\nb\n", read=FILES.get)
    assert [(rule.file, rule.line, rule.pattern) for rule in ignore.rules] == [
        (".gcloudignore", 1, "a"),
        (".gitignore", 1, "*.log"),
        (".gcloudignore", 3, "b"),
    ]


@pytest.mark.parametrize(("line", "told"), [("#!include:gone", "cannot be read"), ("#!include:a/b", "same directory")])
def test_a_bad_include_is_refused_by_line(line, told):
    with pytest.raises(gcloud_ignore.IncludeError, match=rf"line 2 of \.gcloudignore .*{told}"):
        parse(f"x\n{line}", read=FILES.get)


@pytest.mark.parametrize(
    ("files", "git", "dropped", "kept"),
    [
        ({}, False, [], [".gitignore", "a.log"]),
        ({}, True, [".git/config", ".gcloudignore", ".gitignore"], ["a.log"]),
        (FILES, True, [".gitignore", "a.log"], ["never"]),
        ({**FILES, ".gcloudignore": "b"}, True, ["b"], ["a.log", ".gitignore"]),
        ({".gcloudignore": ""}, True, [], [".git/config"]),
    ],
)
def test_the_default_rules_hold_only_where_git_left_traces_and_there_is_no_file(files, git, dropped, kept):
    ignore = gcloud_ignore.parse_top(files.get, git)
    assert [path for path in [*dropped, *kept] if ignore.decide(path).excluded] == dropped


@functools.cache
def sdk() -> pathlib.Path | None:
    """The folder of gcloud's Python code, or nothing."""
    found = shutil.which("gcloud")
    real = pathlib.Path(found).resolve() if found else None
    roots = [real.parents[1], real.parents[1] / "lib/google-cloud-sdk"] if real else []
    return next((root for root in roots if (root / "lib/googlecloudsdk").is_dir()), None)


ASK_GCLOUD = """
import json, sys
from googlecloudsdk.command_lib.util import gcloudignore
for line in sys.stdin:
    text, paths = json.loads(line)
    chooser = gcloudignore.FileChooser.FromString(text)
    print(json.dumps([chooser.IsIncluded(path, is_dir=is_dir) for path, is_dir in paths]), flush=True)
"""
needs_sdk = pytest.mark.skipif(sdk() is None, reason="there is no Google Cloud SDK")


@pytest.fixture(scope="module")
def gcloud():
    """gcloud's own FileChooser in a process of its own, so that its libraries meet none of ours."""
    library = sdk() / "lib"
    environment = {**os.environ, "PYTHONPATH": f"{library}:{library / 'third_party'}"}
    python = shutil.which("python3", path="/usr/bin") or shutil.which("python3")
    with subprocess.Popen(
        [python, "-c", ASK_GCLOUD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:

        def ask(text, paths):
            process.stdin.write(json.dumps([text, paths]) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield ask
        process.stdin.close()


def compare(gcloud, text, paths):
    ignore = parse(text)
    ours = [not ignore.decide(path, is_directory=is_directory).excluded for path, is_directory in paths]
    assert ours == gcloud(text, paths)


@needs_sdk
def test_gcloud_itself_agrees_with_the_table(gcloud):
    paths = [(path, bool(directory)) for _text, path, directory, _line in DECISIONS]
    for text, *_more in DECISIONS:
        compare(gcloud, text, paths)


NAMES = st.sampled_from(["a", "b", "ab", "c.py", "foo", "x y", "#h", "!n", "*s", "d]"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PARTS = st.sampled_from(
    [
        "a",
        "b",
        "ab",
        "foo",
        "*",
        "**",
        "*.py",
        "a*",
        "?",
        "[ab]",
        "[!a]",
        "x\\ y",
        "\\#h",
        "\\!n",
        "\\*s",
        "a\\",
        "a ",
        "***",
    ]
)
LINES = st.tuples(
    st.sampled_from(["", "", "", "!", "/", "!/", "#"]),
    st.lists(PARTS, min_size=1, max_size=3).map("/".join),
    st.sampled_from(["", "", "/", " ", "/ "]),
).map("".join)


@needs_sdk
@given(lines=st.lists(LINES, max_size=5), paths=st.lists(st.tuples(PATHS, st.booleans()), min_size=1, max_size=12))
@settings(max_examples=150, deadline=None)
def test_gcloud_itself_agrees_about_anything(gcloud, lines, paths):
    compare(gcloud, "\n".join(lines), paths)


# What gcloud and git read alike: names, bound to the top or not, for directories or not, taken back or not.
SHARED = st.tuples(
    st.sampled_from(["", "", "!", "/", "!/", "**/"]),
    st.sampled_from(["a", "b", "ab", "*.py", "a*", "?", "[ab]"]),
    st.sampled_from(["", "", "/"]),
).map("".join)
PLAIN_PATHS = st.lists(st.sampled_from(["a", "b", "ab", "c.py"]), min_size=1, max_size=3).map("/".join)


@given(
    text=st.lists(SHARED, max_size=4).map("\n".join),
    paths=st.lists(PLAIN_PATHS, min_size=6, max_size=12, unique=True),
)
@settings(max_examples=25, deadline=None)
def test_git_agrees_about_what_both_read_alike(text, paths):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        subprocess.run(["git", "init", "-q", folder], check=True)
        (root / ".gitignore").write_text(text)
        asked = subprocess.run(
            ["git", "-C", folder, "check-ignore", "--no-index", "--verbose", "--non-matching", "--stdin"],
            input="\n".join(paths),
            capture_output=True,
            text=True,
            check=False,
        )
        told = [line.split("\t")[0].split(":", 2) for line in asked.stdout.splitlines()]
    ignore = parse(text, ".gitignore")
    ours = [ignore.decide(path) for path in paths]
    theirs = [(bool(line) and not pattern.startswith("!"), line) for _source, line, pattern in told]
    assert [decision.excluded for decision in ours] == [excluded for excluded, _line in theirs]
    assert [str(decision.rule.line) for decision in ours if decision.excluded] == [line for yes, line in theirs if yes]
