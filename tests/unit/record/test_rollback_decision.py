# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.record.rollback_decision import (
    DECLARED,
    Departure,
    Evidence,
    LiveRevision,
    LiveService,
    Request,
    decide,
)
from ansible_collections.netra.remediation.plugins.module_utils.record.schema_heads import LAST, Schema

FINE = LiveRevision(image="img@sha256:1", secret_versions={"key:3": "ENABLED"})


def earned(revision: str, time: str, **facts: Any) -> Evidence:
    return Evidence("api", revision, time, "run-" + time, **facts)


def declared(revision: str, time: str) -> Evidence:
    return Evidence("api", revision, time, "run-" + time, source=DECLARED)


def left(revision: str, time: str) -> Departure:
    return Departure("api", revision, time)


ANY = Request()


def plan(split, evidence=(), *, departures=(), request=ANY, hold=None, revisions=None, schema=None):
    live = LiveService("api", split, hold, schema=schema)
    known = {"old": FINE, "older": FINE, "new": FINE} if revisions is None else revisions
    return decide(live, evidence, departures, request, known.get)


@pytest.mark.parametrize(
    ("split", "facts", "revision"),
    [
        pytest.param({"new": 100}, {"evidence": [declared("old", "1")]}, "old", id="a declared one"),
        pytest.param({"new": 100}, {"evidence": [earned("older", "1"), earned("old", "2")]}, "old", id="the newest"),
        pytest.param(
            {"new": 100}, {"evidence": [earned("old", "1"), declared("older", "9")]}, "old", id="earned before declared"
        ),
        pytest.param(
            {"new": 100}, {"evidence": [earned("new", "3"), earned("old", "2")]}, "old", id="not the one serving"
        ),
        pytest.param({"new": 100, "old": 0}, {"evidence": [earned("old", "2")]}, "old", id="a tag at 0 % is no split"),
        pytest.param(
            {"new": 50, "older": 50},
            {"evidence": [earned("old", "1")], "request": Request(away_from="new")},
            "old",
            id="a split, but told what to leave",
        ),
        pytest.param(
            {"new": 100},
            {"evidence": [earned("old", "2"), earned("older", "1")], "departures": [left("old", "3")]},
            "older",
            id="not one that was left since",
        ),
        pytest.param(
            {"new": 100},
            {"evidence": [earned("old", "4"), earned("older", "1")], "departures": [left("old", "3")]},
            "old",
            id="one that passed again after it was left",
        ),
        pytest.param(
            {"new": 100},
            {"evidence": [earned("older", "1"), declared("old", "9")], "departures": [left("old", "3")]},
            "older",
            id="declaring it again does not bring it back",
        ),
        pytest.param(
            {"new": 100},
            {"evidence": [earned("old", "2"), earned("older", "1")], "request": Request(revision="older")},
            "older",
            id="the one asked for",
        ),
        pytest.param(
            {"new": 90, "old": 10},
            {"evidence": [earned("old", "2")], "request": Request(revision="old")},
            "old",
            id="a split, but told where to go",
        ),
        pytest.param({}, {"evidence": [earned("old", "2")]}, "old", id="nothing serves"),
    ],
)
def test_planned(split, facts, revision) -> None:
    decision = plan(split, **facts)
    assert (decision.verdict, decision.revision) == ("planned", revision), decision.reason


@pytest.mark.parametrize(
    ("split", "left_behind"),
    [
        ({"old": 90, "new": 10}, "new"),
        ({"old": 20, "new": 50, "newer": 30}, "new"),
        ({"older": 60, "new": 40}, "older"),
    ],
)
def test_a_rollback_out_of_a_split_leaves_the_biggest_other_share(split, left_behind) -> None:
    decision = plan(split, [earned("old", "2")], request=Request(revision="old"))
    assert (decision.verdict, decision.away_from) == ("planned", left_behind), decision.reason


def test_a_refused_split_names_the_variable_that_decides() -> None:
    assert "remediation_rollback_revisions" in plan({"new": 90, "old": 10}, [earned("old", "1")]).reason


@pytest.mark.parametrize(
    ("split", "facts"),
    [
        pytest.param(
            {"old": 100},
            {
                "evidence": [earned("new", "3"), earned("old", "2")],
                "departures": [left("new", "4")],
                "hold": {"reason": "x"},
            },
            id="a rollback stands",
        ),
        pytest.param(
            {"old": 100},
            {"evidence": [earned("old", "2")], "request": Request(away_from="new")},
            id="what should be left serves no more",
        ),
        pytest.param(
            {"old": 100}, {"evidence": [earned("old", "2")], "request": Request(revision="old")}, id="asked for"
        ),
    ],
)
def test_already_serving(split, facts) -> None:
    decision = plan(split, **facts)
    assert (decision.verdict, decision.revision) == ("already_serving", "old"), decision.reason
    assert decision.as_dict()["already_serving"]


@pytest.mark.parametrize(
    ("split", "facts", "reason"),
    [
        pytest.param({"new": 100}, {}, "no revision is on record", id="none"),
        pytest.param(
            {"new": 100}, {"evidence": [earned("new", "1")]}, "nothing on record as good is left", id="only that one"
        ),
        pytest.param({"new": 60, "old": 40}, {"evidence": [earned("old", "1")]}, "new 60 %, old 40 %", id="a split"),
        pytest.param({"new": 100}, {"evidence": [earned("old", "1")], "revisions": {}}, "is gone", id="revision gone"),
        pytest.param(
            {"new": 100},
            {"evidence": [earned("old", "1", image="img@sha256:2")]},
            "img@sha256:2 is on record",
            id="another image",
        ),
        pytest.param(
            {"new": 100},
            {"evidence": [earned("old", "1")], "revisions": {"old": LiveRevision(failure="Image 'img' not found.")}},
            "Image 'img' not found.",
            id="image gone",
        ),
        pytest.param(
            {"new": 100},
            {
                "evidence": [earned("older", "0"), earned("old", "1")],
                "revisions": {"old": LiveRevision(image="img@sha256:1", image_exists=False)},
            },
            "gone from its registry: img@sha256:1; on record as good: older (remediation_rollback_revisions)",
            id="image deleted",
        ),
        pytest.param(
            {"new": 100},
            {
                "evidence": [earned("old", "1")],
                "revisions": {"old": LiveRevision(secret_versions={"key:3": "DISABLED", "other:1": "ENABLED"})},
            },
            "key:3 is DISABLED",
            id="secret version disabled",
        ),
        pytest.param(
            {"new": 100},
            {"evidence": [earned("old", "1")], "request": Request(revision="older")},
            "older is not on record",
            id="asked for one that nobody vouched for",
        ),
    ],
)
def test_refused(split, facts, reason) -> None:
    decision = plan(split, **facts)
    assert decision.verdict == "refused"
    assert reason in decision.reason


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ({}, "key:latest floats"),
        ({"key:latest": "2026-11-20T10:00:00Z"}, "key:latest floats"),
        ({"key:latest": "2026-11-22T10:00:00Z"}, "key:latest has moved since old was good"),
    ],
)
def test_a_floating_secret_is_a_caution(made, says) -> None:
    floating = {"old": LiveRevision(secret_versions={"key:latest": "ENABLED"}, made=made)}
    decision = plan({"new": 100}, [earned("old", "2026-11-21T10:00:00Z")], revisions=floating)
    assert decision.verdict == "planned"
    (caution,) = decision.cautions
    assert caution.startswith(says)


def test_an_image_that_nobody_could_look_up_is_a_caution() -> None:
    assert plan({"new": 100}, [earned("old", "1")]).cautions == (
        "whether its image still exists could not be looked up",
    )


def test_a_division_that_was_asked_for_and_does_not_stand_is_a_caution() -> None:
    live = LiveService("api", {"new": 100}, is_as_asked=False)
    decision = decide(live, [earned("old", "1")], (), ANY, {"old": LiveRevision()}.get)
    assert (decision.verdict, len(decision.cautions)) == ("planned", 1)
    assert "asks for another division" in decision.cautions[0]


def test_evidence_of_other_services_counts_for_nothing() -> None:
    assert plan({"new": 100}, [Evidence("web", "old", "1", "run")]).verdict == "refused"


def at(head: str, *compatible: str) -> Schema:
    return Schema(head, compatible_with=frozenset(compatible))


@pytest.mark.parametrize(
    ("schema", "heads", "verdict", "told"),
    [
        pytest.param(None, ("1", "2"), "planned", "", id="nothing is said of a schema"),
        pytest.param(at("1"), ("1", "2"), "planned", "", id="where it was"),
        pytest.param(at("2", "1"), ("1", "2"), "planned", "", id="the contract says that it fits"),
        pytest.param(at("2"), (None, "2"), "planned", "is not on record", id="nothing on record of the revision"),
        pytest.param(Schema(), ("1", "1"), "planned", "could not be read", id="unread, and was there last"),
        pytest.param(Schema(), ("1", None), "planned", "could not be read", id="unread, and seen by nobody else"),
        pytest.param(at("2"), ("1", "2"), "refused", "at 1, and now it is at 2", id="migrated since"),
        pytest.param(at("2", "0"), ("1", "2"), "refused", "list 1 in database_schema.compatible_with", id="another"),
        pytest.param(Schema(), ("1", "2"), "refused", f"at 1, and {LAST} it is at 2", id="unread, and moved by then"),
    ],
)
def test_a_revision_goes_with_the_database_schema_with_which_it_was_good(schema, heads, verdict, told) -> None:
    evidence = [earned("old", "1", schema_head=heads[0]), earned("new", "2", schema_head=heads[1])]
    decision = plan({"new": 100}, evidence, schema=schema)
    assert decision.verdict == verdict
    said = "; ".join([decision.reason, *decision.cautions])
    assert told in said
    assert bool(told) == ("schema" in said)


def test_a_refusal_for_the_schema_offers_only_what_fits_it() -> None:
    evidence = [earned("old", "3", schema_head="1"), earned("older", "2", schema_head="2"), earned("new", "4")]
    evidence += [earned("oldest", "1", schema_head="1"), declared("unknown", "0")]
    reason = plan({"new": 100}, evidence, schema=at("2")).reason
    assert reason.endswith("; on record as good: older (remediation_rollback_revisions)")
