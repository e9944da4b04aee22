# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker's ignore rules: a table of what Docker's client did, the client itself where there is one, a second reading.

The table was asked of Docker 28.2.2; where a ``docker`` is on the PATH it is asked again.
"""

from __future__ import annotations

import pathlib
import re
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.source.docker_ignore import parse
from ansible_collections.netra.remediation.plugins.module_utils.source.pattern_index import PatternIndex

from . import docker_client

MONITORING = "netra_backend/app/services/monitoring/__init__.py"
needs_docker = pytest.mark.skipif(docker_client.DOCKER is None, reason="there is no docker on the PATH")

# text, path, the line that leaves it out (None: it is sent)
DECISIONS = [
    ("", "a.py", None),
    ("*.py", "a.py", 1),
    ("*.py", "b/a.py", None),
    ("**/*.py", "b/a.py", 1),
    ("**/*.py", "a.py", 1),
    ("# a.py\n\n  a.py  ", "a.py", 3),
    (" # a.py", "a.py", None),
    (" # a", "# a", 1),
    ("/b/", "b/c/d", 1),
    ("b/../c", "c/x", 1),
    ("../c", "c/x", None),
    (".", "a", None),
    ("b", "bb", None),
    ("b?", "bc/d", 1),
    ("b?", "b", None),
    ("[a-c]x", "bx", 1),
    ("[^a-c]x", "bx", None),
    ("[!a]", "!", 1),
    ("[!a]", "b", None),
    ("[[:digit:]]", "7", 1),
    ("[*]", "*]", None),
    ("a[^x]b", "a/b", 1),
    ("a\\*", "a*", 1),
    ("a\\*", "ab", None),
    ("a\\d", "a5", 1),
    ("\\!x", "!x", 1),
    ("a^b", "a^b", 1),
    ("a^*", "a^c", None),
    ("**foo", "xfoo", 1),
    ("**foo", "y/xfoo", 1),
    ("a**", "abc/d", 1),
    ("**/monitoring/", MONITORING, 1),
    ("**/monitoring/\n!netra_backend/app/services/monitoring", MONITORING, None),
    ("!a\na", "a", 2),
    # Where Docker's documentation says otherwise: what is not looked at on the way down is not remembered.
    ("a/b\n!a", "a/b", 1),
    ("**\n!a/a\na", "a/a", None),
    ("a\n!a/b\na/b/c", "a/b/c/d", 3),
    ("a\n!a/b\na/b/c", "a/b/d", None),
    ("*\n!src", "src/x.py", None),
    ("*\n!src", "docs/x.md", 1),
    ("**", "x/y", 1),
    ("**\n!src/x.py", "src/x.py", None),
    ("**\n!src/x.py", "src/y/x.py", 1),
    ("a/**", "a/b/c", 1),
    ("a/**/z", "a/z", 1),
    ("\ufeffa", "a", 1),
    ("a\r\n!a/b\r\n", "a/b/c", None),
    ("a\r\n!a/b\r\n", "a/c", 1),
    ("A", "a", None),
]
REFUSED = ["!", "!/", "[]a]", "[a-", "a[", "[z-a]", "x\\", "a\\y"]


def line_of(decision):
    return decision.rule.line if decision.excluded else None


@pytest.mark.parametrize(("text", "path", "line"), DECISIONS)
def test_says_what_docker_did_and_which_line(text, path, line):
    for legacy in (False, True):
        assert line_of(parse(text, legacy=legacy).decide(path)) == line


@pytest.mark.parametrize("text", REFUSED)
def test_a_line_with_which_docker_does_not_build_is_named(text):
    (refusal,) = parse(f"a\n{text}\n").refusals
    assert (refusal.line, refusal.text) == (2, text)
    assert refusal.reason


def test_only_the_builder_before_buildkit_stays_out_of_a_directory():
    text = "docs\n!**/keep.md"
    assert line_of(parse(text).decide("docs/keep.md")) is None
    assert line_of(parse(text, legacy=True).decide("docs/keep.md")) == 1
    assert not parse(text, legacy=True).may_hold_included("docs")
    assert parse(text).may_hold_included("docs")


def test_an_included_path_names_the_line_that_only_looks_guilty():
    decision = parse("# exports\n**/monitoring/\n!netra_backend/**/monitoring/\n").decide(MONITORING)
    assert decision.as_dict() == {
        "included": True,
        "decided_by": {"file": ".dockerignore", "line": 3, "pattern": "!netra_backend/**/monitoring/"},
        "overruled": {"file": ".dockerignore", "line": 2, "pattern": "**/monitoring/"},
    }
    assert decision.prefix == "netra_backend/app/services/monitoring"


def test_exclusions_name_file_line_and_pattern():
    ignore = parse("# caches\n**/__pycache__\n**/monitoring/\n", "api.dockerignore")
    assert [entry.as_dict() for entry in ignore.exclusions([MONITORING, "shared/database.py"])] == [
        {"path": MONITORING, "file": "api.dockerignore", "line": 3, "pattern": "**/monitoring/"}
    ]


def write_tree(root: pathlib.Path, text: str, paths) -> set[str]:
    for path in sorted(paths, key=len, reverse=True):
        full = root / path
        if not full.exists() and not any(parent.is_file() for parent in full.parents):
            full.parent.mkdir(parents=True, exist_ok=True)
            full.write_text("")
    (root / "Dockerfile").write_text("FROM scratch\n")
    (root / ".dockerignore").write_text(text, newline="")
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    with docker_client.daemon(tmp_path_factory.mktemp("docker")) as server:
        yield server


def compare_with_docker(daemon, text, paths):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        there = write_tree(root, text, paths)
        sent = docker_client.files_sent(daemon, root)
    ignore = parse(text, legacy=True)
    if isinstance(sent, str):
        assert ignore.refusals, sent
    else:
        assert not ignore.refusals
        ours = {path for path in there if not ignore.decide(path).excluded}
        assert ours | {"Dockerfile", ".dockerignore"} == sent


@needs_docker
@pytest.mark.parametrize(
    "text", dict.fromkeys([*(text for text, _path, _line in DECISIONS), *REFUSED, "Dockerfile\n.docker*"])
)
def test_docker_itself_agrees(daemon, text):
    compare_with_docker(daemon, text, [path for _text, path, _line in DECISIONS])


NAMES = st.sampled_from(["a", "b", "ab", "c.py", "d", "ba"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PARTS = st.sampled_from(
    ["a", "b", "ab", "c.py", "*", "?", "*.py", "a*", "[ab]", "[^a]?", "**", "**b", "a**", "[^/]", "\\a"]
)
PATTERNS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
LINES = st.tuples(
    st.sampled_from(["", "", "", "!", "/", "!/", "# ", " "]), PATTERNS, st.sampled_from(["", "/", " "])
).map("".join)
TEXTS = st.lists(LINES, max_size=6).map("\n".join)


@needs_docker
@given(text=TEXTS, paths=st.lists(PATHS, min_size=4, max_size=16))
@settings(max_examples=40, deadline=None)
def test_docker_itself_agrees_about_anything(daemon, text, paths):
    compare_with_docker(daemon, text, paths)


GLYPHS = {"**/": "(.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def documented(text: str, path: str) -> bool:
    """Docker's documentation in a few lines: the last pattern that names a path or a parent decides.

    For plain parts, ``*``, ``?``, classes and whole ``**`` parts only.
    """
    excluded = False
    parents = path.split("/")
    for line in text.splitlines():
        readmits, pattern = line.startswith("!"), line.removeprefix("!")
        expression = re.sub(r"\*\*/|/\*\*$|\*\*|\*|\?|[.]", lambda m: GLYPHS.get(m.group(), "\\."), pattern)
        if any(re.fullmatch(expression, "/".join(parents[:depth])) for depth in range(1, len(parents) + 1)):
            excluded = not readmits
    return excluded


WHOLE_PARTS = st.sampled_from(["a", "b", "ab", "c.py", "*", "?", "*.py", "a*", "**"])
SIMPLE = st.lists(WHOLE_PARTS, min_size=1, max_size=3).map("/".join)


@given(texts=st.lists(SIMPLE, max_size=4), path=PATHS)
@settings(max_examples=150, deadline=None)
def test_agrees_with_the_documentation_where_nothing_is_taken_back(texts, path):
    text = "\n".join(texts)
    assert parse(text).decide(path).excluded == documented(text, path)


@given(excluded=st.lists(SIMPLE, max_size=4), readmitted=st.lists(PATHS, max_size=3), path=PATHS)
@settings(max_examples=150, deadline=None)
def test_agrees_with_the_documentation_where_all_exceptions_come_last(excluded, readmitted, path):
    # "**" first: only then has every exception something to take back at its own directory.
    text = "\n".join(["**", *excluded, *(f"!{name}" for name in readmitted)])
    assert parse(text).decide(path).excluded == documented(text, path)


@given(text=TEXTS, paths=st.lists(PATHS, min_size=1, max_size=8))
@settings(max_examples=80, deadline=None)
def test_the_order_of_questions_does_not_matter(text, paths):
    together = parse(text)
    forwards = [together.decide(path) for path in paths]
    assert forwards == [parse(text).decide(path) for path in paths]


@given(text=TEXTS, path=PATHS)
@settings(max_examples=80, deadline=None)
def test_what_is_not_worth_walking_holds_nothing(text, path):
    ignore = parse(text)
    directory, _slash, name = path.rpartition("/")
    if name and directory and not ignore.may_hold_included(directory):
        assert ignore.decide(path).excluded


def test_each_path_is_compared_with_a_few_patterns_however_many_there_are(monkeypatch):
    paths = [f"service_{n % 40}/module_{n % 97}/file_{n}.py" for n in range(1000)]

    def comparisons(patterns):
        tried = []
        whole = PatternIndex.candidates
        monkeypatch.setattr(PatternIndex, "candidates", lambda self, path: tried.extend(whole(self, path)) or [])
        ignore = parse("\n".join(patterns))
        for path in paths:
            ignore.decide(path)
        monkeypatch.undo()
        return len(tried)

    def patterns(count):
        kinds = ["**/cache_{}", "build_{}/**", "docs_{}/*.md", "*.ext{}", "**/*.tmp{}", "plain_{}/file.txt"]
        return [kinds[n % len(kinds)].format(n) for n in range(count)]

    assert comparisons(patterns(400)) <= 0.01 * 400 * len(paths)
    assert comparisons(["**/*.py", *patterns(400)]) - comparisons(patterns(400)) == len(paths)
