"""Docker's ignore rules: a table, and docker-py's own matcher as the oracle."""

import pytest
from docker.utils.build import PatternMatcher
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.source import ignore_file

MONITORING = "netra_backend/app/services/monitoring/__init__.py"


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("", "a.py", None),
        ("*.py", "a.py", 1),
        ("*.py", "b/a.py", None),
        ("**/*.py", "b/a.py", 1),
        ("**/*.py", "a.py", 1),
        ("# a.py\n\n  a.py  ", "a.py", 3),
        (" # a.py", "a.py", None),
        ("/b/", "b/c/d", 1),
        ("b/../c", "c/x", 1),
        ("b", "bb", None),
        ("b?", "bc/d", 1),
        ("b?", "b", None),
        ("[a-c]x", "bx", 1),
        ("[^a-c]x", "bx", None),
        ("a\\*", "a*", 1),
        ("a\\*", "ab", None),
        ("**/monitoring/", MONITORING, 1),
        ("**/monitoring/\n!netra_backend/app/services/monitoring", MONITORING, None),
        ("!a\na", "a", 2),
        ("a\n!a/b\na/b/c", "a/b/c/d", 3),
        ("a\n!a/b\na/b/c", "a/b/d", None),
        ("**", "x/y", 1),
        ("a/**", "a/b/c", 1),
        ("a/**/z", "a/z", 1),
        ("!", "a", None),
        ("\ufeffa", "a", 1),
        ("A", "a", None),
    ],
)
def test_the_last_matching_line_decides(text, path, line):
    decision = ignore_file.parse(text).decide(path)
    assert (decision.rule.line if decision.excluded else None) == line


def test_exclusions_name_line_and_pattern():
    ignore = ignore_file.parse("# caches\n**/__pycache__\n**/monitoring/\n")
    assert [e.as_dict() for e in ignore.exclusions([MONITORING, "shared/database.py"])] == [
        {"path": MONITORING, "line": 3, "pattern": "**/monitoring/"}
    ]


def test_requiring_a_path_readmits_what_the_line_named_and_keeps_later_rules():
    text = "# caches\n**/monitoring/   \n**/*.pyc\n"
    repaired = ignore_file.require_paths(text, [MONITORING, "shared/database.py"])
    assert repaired == "# caches\n**/monitoring/   \n!netra_backend/app/services/monitoring\n**/*.pyc\n"
    assert ignore_file.parse(repaired).decide("netra_backend/app/services/monitoring/x.pyc").excluded
    assert ignore_file.parse(repaired).decide("shared/monitoring/x.py").excluded
    assert ignore_file.require_paths(repaired, [MONITORING]) == repaired


def test_forbidding_a_path_adds_one_rule():
    text = "*.log"
    forbidden = ignore_file.forbid_paths(text, [".env", "a.log"])
    assert forbidden == "*.log\n.env\n"
    assert ignore_file.forbid_paths(forbidden, [".env", "a.log"]) == forbidden


NAMES = st.sampled_from(["a", "b", "ab", "c.py", "d"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PARTS = st.sampled_from(["a", "b", "ab", "c.py", "d", "*", "?", "*.py", "a*", "[ab]", "[^a]?"])
PLAIN = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
WITH_STARS = st.lists(st.one_of(PARTS, st.just("**")), min_size=1, max_size=3).map("/".join)
TREES = st.frozensets(PATHS, min_size=1, max_size=8)


def kept_by_docker(root, patterns):
    return {path for path in PatternMatcher(patterns).walk(str(root)) if (root / path).is_file()}


def build(root, paths):
    files = set()
    for path in sorted(paths, key=len, reverse=True):
        full = root / path
        if full.exists() or any((root / parent).is_file() for parent in _parents(path)):
            continue
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text("")
        files.add(path)
    return files


def _parents(path):
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def for_docker(pattern):
    return pattern.replace("[^", "[!")  # docker-py negates a class as the shell does, Docker as Go does


# Where docker-py departs from Docker's documentation is left out: it is blind to the parents that "**" names, prunes
# an excluded directory before "!" with wildcards can speak, and folds case.
@given(paths=TREES, patterns=st.lists(WITH_STARS, max_size=4))
@settings(max_examples=150, deadline=None)
def test_agrees_with_docker_without_exceptions(tmp_path_factory, paths, patterns):
    root = tmp_path_factory.mktemp("context")
    files = build(root, paths)
    ignore = ignore_file.parse("\n".join(patterns))
    ours = {path for path in files if not ignore.decide(path).excluded}
    assert ours == kept_by_docker(root, [for_docker(p) for p in patterns])


@given(paths=TREES, patterns=st.lists(st.one_of(PLAIN, PATHS.map(lambda path: f"!{path}")), max_size=6))
@settings(max_examples=150, deadline=None)
def test_agrees_with_docker_with_exceptions(tmp_path_factory, paths, patterns):
    root = tmp_path_factory.mktemp("context")
    files = build(root, paths)
    ignore = ignore_file.parse("\n".join(patterns))
    ours = {path for path in files if not ignore.decide(path).excluded}
    assert ours == kept_by_docker(root, [for_docker(p) for p in patterns])


@given(
    paths=st.lists(PATHS, min_size=1, max_size=4),
    patterns=st.lists(st.one_of(WITH_STARS, PATHS.map(lambda path: f"!{path}")), max_size=5),
)
@settings(max_examples=200, deadline=None)
def test_requiring_always_succeeds_and_adds_only_exceptions(paths, patterns):
    text = "\n".join(patterns)
    repaired = ignore_file.require_paths(text, paths)
    ignore = ignore_file.parse(repaired)
    assert not ignore.exclusions(paths)
    kept = [line for line in repaired.splitlines() if line in patterns or line.startswith("!")]
    assert kept == repaired.splitlines()
