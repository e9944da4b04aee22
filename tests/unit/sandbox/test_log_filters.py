"""The filter language: words, precedence, comparisons, and that reading is the inverse of writing."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra_sandbox.telemetry.query.grammar import And, Anywhere, Call, Comparison, Not, Or, Text, parse
from netra_sandbox.telemetry.query.matching import compiled, read_time, time_bounds
from netra_sandbox.telemetry.query.words import FilterError

ENTRY = {
    "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
    "insertId": "abc-1",
    "timestamp": "2026-05-01T12:00:00.500000Z",
    "severity": "WARNING",
    "resource": {"type": "cloud_run_revision", "labels": {"service_name": "api", "revision_name": "api-00002-xyz"}},
    "labels": {"compute.googleapis.com/name": "n1"},
    "jsonPayload": {"message": "Cache MISS", "attempt": 3, "ok": False, "tags": ["red", "blue"], "a.b": {"c": "deep"}},
    "httpRequest": {"status": 503, "latency": "1.5s", "responseSize": "900"},
    "protoPayload": {"@type": "type.googleapis.com/google.cloud.audit.AuditLog", "callerIp": "10.1.2.3"},
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  -- nothing but a comment",
        "severity>=WARNING",
        "severity > info",
        "severity=400",
        "severity<ERROR AND severity!=DEBUG",
        'resource.type="cloud_run_revision"',
        'resource.type = "CLOUD_RUN_REVISION"',
        "resource.labels.service_name=api",
        "resource.labels.service_name=(api OR web)",
        'resource.labels.service_name:("a" AND "p")',
        'labels."compute.googleapis.com/name"="n1"',
        "labels.compute.googleapis.com/name=n1",
        "jsonPayload.message:miss",
        'jsonPayload.message=~"^Cache [A-Z]+$"',
        'jsonPayload.message!~"HIT"',
        "jsonPayload.attempt>2 jsonPayload.attempt<=3",
        "jsonPayload.attempt>2.5",
        "jsonPayload.ok=false",
        "jsonPayload.tags=blue",
        "jsonPayload.a.b.c=deep",
        "jsonPayload.message:*",
        "NOT jsonPayload.absent:*",
        "NOT jsonPayload.absent=x",
        "-jsonPayload.absent=x",
        "httpRequest.status>=500 AND httpRequest.status<600",
        'httpRequest.latency>"1.2s"',
        "httpRequest.responseSize>100",
        'timestamp>="2026-05-01T12:00:00Z" AND timestamp<"2026-05-02"',
        'timestamp>="2026-05-01T14:00:00+02:00"',
        '"cache miss"',
        "api",
        "stderr AND NOT stdout",
        'LOG_ID("run.googleapis.com/stderr")',
        'log_id("run.googleapis.com%2Fstderr")',
        'logName="projects/p/logs/run.googleapis.com%2Fstderr"',
        "protoPayload.@type:AuditLog",
        'ip_in_net(protoPayload.callerIp, "10.1.0.0/16")',
        "sample(insertId, 1)",
        "severity=DEBUG OR severity=WARNING AND jsonPayload.attempt=3",
        "NOT (severity=DEBUG OR severity=INFO)",
        "(severity=WARNING)\nAND\n(api)",
    ],
)
def test_lets_through(text):
    assert compiled(parse(text))(ENTRY)


@pytest.mark.parametrize(
    "text",
    [
        "severity>=ERROR",
        "severity=DEFAULT",
        "resource.labels.service_name=ap",
        "jsonPayload.absent!=x",
        "jsonPayload.absent:*",
        "jsonPayload.message:HIT",
        "jsonPayload.attempt=30",
        'jsonPayload.message=~"^cache"',
        'timestamp>"2026-05-01T12:00:01Z"',
        "-api",
        '"cache hit"',
        "NOT severity=WARNING",
        # NOT, OR and then AND: (DEBUG OR WARNING) AND attempt=4
        "severity=DEBUG OR severity=WARNING AND jsonPayload.attempt=4",
        # joined by AND where nothing stands between
        "api jsonPayload.attempt=4",
        'LOG_ID("run.googleapis.com/std")',
        'ip_in_net(protoPayload.callerIp, "10.2.0.0/16")',
        'jsonPayload.message:"*"',
    ],
)
def test_stops(text):
    assert not compiled(parse(text))(ENTRY)


@pytest.mark.parametrize(
    "text",
    [
        "severity>=",
        "severity>=LOUD",
        "AND severity=INFO",
        "severity=INFO AND",
        "severity=INFO OR OR api",
        "(severity=INFO",
        "severity=INFO)",
        '"no end',
        "insertId = abc:def",
        'timestamp>"yesterday"',
        'textPayload=~"("',
        "shoe_size=44",
        "unknown(insertId)",
        "sample(insertId, 7)",
        'ip_in_net(protoPayload.callerIp, "10.0.0.0/99")',
        "NOT",
        "()",
        "= 3",
        "(" * 100 + "a" + ")" * 100,
        "x" * 20_001,
    ],
)
def test_refuses(text):
    with pytest.raises(FilterError):
        compiled(parse(text))


def test_tells_where_a_filter_cannot_be_read():
    with pytest.raises(FilterError, match=r"line 2, column 9, token '\)'"):
        parse("severity=INFO\nAND api  )")


WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
PATHS = st.lists(st.sampled_from(["resource", "labels", "a", "b_c", "x y", "d.e"]), min_size=1, max_size=3)
PLAIN = st.sampled_from(["resource", "labels", "jsonPayload", "timestamp"])


def trees():
    comparison = st.builds(
        lambda first, rest, operator, value: Comparison((first, *rest), operator, Text(value, quoted=True)),
        PLAIN,
        PATHS,
        st.sampled_from(["=", "!=", "<", "<=", ">", ">=", ":", "=~", "!~"]),
        WORDS,
    )
    leaves = st.one_of(
        comparison, st.builds(Anywhere, WORDS), st.builds(lambda name: Call("log_id", (name,)), WORDS.filter(bool))
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.lists(inner, min_size=2, max_size=3).map(lambda terms: And(tuple(terms))),
            st.lists(inner, min_size=2, max_size=3).map(lambda terms: Or(tuple(terms))),
        ),
        max_leaves=8,
    )


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(tree):
    if isinstance(tree, Comparison):
        path = tree.path[0] + "".join(f".{quoted(part)}" for part in tree.path[1:])
        return f"{path} {tree.operator} {quoted(tree.value.value)}"
    if isinstance(tree, Anywhere):
        return quoted(tree.value)
    if isinstance(tree, Call):
        return f"{tree.name}({', '.join(map(quoted, tree.arguments))})"
    if isinstance(tree, Not):
        return f"NOT ({written(tree.term)})"
    joint = " AND " if isinstance(tree, And) else " OR "
    return "(" + joint.join(f"({written(term)})" for term in tree.terms) + ")"


@settings(max_examples=60, deadline=None)
@given(trees())
def test_reads_what_was_written(tree):
    assert parse(written(tree)) == tree


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(FilterError):
        compiled(parse(text))(ENTRY)


@settings(max_examples=40, deadline=None)
@given(trees(), trees())
def test_connectives_mean_what_they_say(left, right):
    def holds(tree):
        return compiled(tree)(ENTRY)

    try:
        one, other = holds(left), holds(right)
    except FilterError:
        return
    assert holds(And((left, right))) == (one and other)
    assert holds(Or((left, right))) == (one or other)
    assert holds(Not(left)) == (not one)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("", None, None),
        ('timestamp>="2026-01-01" AND timestamp<"2026-02-01"', "2026-01-01", "2026-02-01"),
        ('(severity=INFO AND timestamp>"2026-01-01") AND timestamp>="2026-01-05"', "2026-01-05", None),
        ('timestamp="2026-01-01"', "2026-01-01", "2026-01-01"),
        ('timestamp>"2026-01-01" OR severity=INFO', None, None),
        ('NOT timestamp>"2026-01-01"', None, None),
    ],
)
def test_bounds_of_time(text, low, high):
    assert time_bounds(parse(text)) == (read_time(low) if low else None, read_time(high) if high else None)
