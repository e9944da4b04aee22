# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What leads to what: by table for the outages that happened, by property for whatever else may come together."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from broken_environments import BROKEN, CONTRACT, HEALTHY, container, down, judged, variable
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.checks import causes, log_evidence
from ansible_collections.netra.remediation.plugins.module_utils.checks.catalogue import CHECKS
from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import Finding

NEEDS = causes.needs_of(CONTRACT)
MODULE = "ModuleNotFoundError: No module named 'app.monitoring'"
REDIS = "StartError: Redis ping timeout: redis://10.0.0.3:6379 did not answer"
DATABASE = "psycopg.OperationalError: connection timeout expired"
PLACEHOLDER = "StartError: PostgreSQL at PLACEHOLDER_HOST is not reachable"


def broken(identity, *lines):
    """An environment with one cause, whose endpoint is down and whose log says a line."""
    observation = BROKEN[identity][0]
    seen = down(*lines)
    return dataclasses.replace(observation, probes=seen.probes, logs=seen.logs)


@pytest.mark.parametrize(
    ("identity", "line", "path"),
    [
        ("BLD-001", MODULE, ["BLD-001", "RUN-008", "RUN-004"]),
        ("INF-001", REDIS, ["INF-001", "RUN-008", "RUN-004"]),
        ("INF-002", DATABASE, ["INF-002", "RUN-008", "RUN-004"]),
        ("INF-003", DATABASE, ["INF-003", "RUN-008", "RUN-004"]),
        ("INF-004", REDIS, ["INF-004", "RUN-008", "RUN-004"]),
        ("CFG-002", PLACEHOLDER, ["CFG-002", "RUN-008", "RUN-004"]),
        ("SEC-004", "", ["SEC-004", "SEC-001", "RUN-004"]),
        ("SEC-006", "", ["SEC-006", "RUN-004"]),
        ("NET-001", "", ["NET-001", "RUN-004"]),
        ("NET-004", "", ["NET-004", "RUN-004"]),
        ("RUN-012", "", ["RUN-012", "RUN-004"]),
        ("RUN-009", "", ["RUN-009", "RUN-004"]),
    ],
)
def test_a_symptom_is_followed_to_its_root(identity, line, path):
    findings = {finding.id: finding for finding in judged(broken(identity, line))}
    assert next(iter(findings)) == path[0]
    for cause, effect in itertools.pairwise(path):
        assert findings[cause].key in findings[effect].caused_by, (cause, effect)


def test_a_line_about_something_else_confirms_no_cause():
    findings = {finding.id: finding for finding in judged(broken("INF-001", MODULE))}
    assert findings["RUN-008"].caused_by == ()
    assert set(findings["RUN-004"].caused_by) == {"INF-001 cache", "RUN-008 api"}


def test_what_a_log_confirms_comes_before_what_only_may_be():
    both = dataclasses.replace(broken("INF-001", MODULE), contexts=BROKEN["BLD-001"][0].contexts)
    roots = [finding.id for finding in judged(both) if not finding.caused_by]
    assert roots.index("BLD-001") < roots.index("INF-001")


def test_a_difference_that_others_account_for_is_no_cause():
    findings = {finding.id: finding for finding in judged(broken("RUN-005", REDIS))}
    assert findings["CFG-003"].caused_by == ("RUN-005 api",)
    assert "CFG-003 api" not in findings["RUN-008"].caused_by


def test_a_difference_of_its_own_is_a_root():
    env = [variable("MODE", "staging"), variable("REDIS_HOST", "10.0.0.9")]
    observation = dataclasses.replace(down(REDIS), services=container(env=[*env, *HEALTHY_ENV[2:]]))
    assert [finding.id for finding in judged(observation)] == ["CFG-003", "RUN-008", "RUN-004"]


HEALTHY_ENV = HEALTHY.services["api"]["template"]["containers"][0]["env"]


def test_a_shared_part_breaks_only_the_services_that_need_it():
    contract = checked(
        {
            "services": [
                {"name": "api", "environment_from_outputs": {"REDIS_HOST": "{redis_host}"}},
                {"name": "web"},
            ],
            "infrastructure": {"redis": {"name": "cache"}},
        }
    )
    found = [
        Finding("INF-001", "error", "infrastructure", "cache", "", ""),
        *(Finding("RUN-004", "critical", "golden_path", name, "", "", service=name) for name in ("api", "web")),
    ]
    tied = {finding.key: finding.caused_by for finding in causes.tied(found, causes.needs_of(contract))}
    assert tied["RUN-004 api"] == ("INF-001 cache",)
    assert tied["RUN-004 web"] == ()


def test_every_edge_is_between_checks_that_there_are():
    names = {*causes.LEADS_TO, *causes.EXPLAINS, *causes.STAGES, *itertools.chain(*causes.LEADS_TO.values())}
    known = {*CHECKS, *(identity[:4] for identity in CHECKS), "BLD-"}
    assert names <= known


@pytest.mark.parametrize("cause", causes.LEADS_TO)
def test_every_edge_leads_to_a_later_stage(cause):
    late = [effect for effect in causes.LEADS_TO[cause] if causes.stage(effect) <= causes.stage(cause)]
    assert late == []


KINDS = [kind for kind, _pattern in log_evidence.PATTERNS] + [log_evidence.UNKNOWN]
FINDINGS = st.builds(
    lambda identity, severity, service, kind: Finding(
        identity,
        severity,
        CHECKS[identity].phase if identity in CHECKS else "build",
        service or "cache",
        "",
        "",
        {"kind": kind, "fields": [], "not_known_yet": []},
        service=service,
    ),
    st.sampled_from([*CHECKS, "BLD-001", "BLD-007"]),
    st.sampled_from(["critical", "error", "warning"]),
    st.sampled_from(["api", ""]),
    st.sampled_from(KINDS),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(FINDINGS, max_size=14, unique_by=lambda finding: finding.key), st.randoms())
def test_whatever_is_found_has_roots_first_no_cycle_and_one_order(found, random):
    tied = causes.tied(found, NEEDS)
    by_key = {finding.key: finding for finding in tied}
    assert sorted(by_key) == sorted(finding.key for finding in found)
    for finding in tied:
        for cause in finding.caused_by:
            assert causes.stage(by_key[cause].id) < causes.stage(finding.id)  # so that no walk comes back
    reached, waiting = set(), [finding.key for finding in tied if not finding.caused_by]
    while waiting:
        key = waiting.pop()
        reached.add(key)
        waiting += [finding.key for finding in tied if key in finding.caused_by and finding.key not in reached]
    assert reached == set(by_key)
    is_symptom = [bool(finding.caused_by) for finding in tied]
    assert is_symptom == sorted(is_symptom)
    shuffled = list(found)
    random.shuffle(shuffled)
    assert [finding.key for finding in causes.tied(shuffled, NEEDS)] == [finding.key for finding in tied]


@pytest.mark.parametrize(
    ("line", "kind", "what"),
    [
        (MODULE, log_evidence.MODULE, "app.monitoring"),
        ("ImportError: cannot import name 'A' from 'm' (/app/m.py)", log_evidence.EXPORT, "A from m"),
        (REDIS, log_evidence.REDIS, ""),
        ("redis.exceptions.TimeoutError: Timeout connecting to server", log_evidence.REDIS, ""),
        ("redis.exceptions.AuthenticationError: Authentication required.", log_evidence.REDIS_AUTH, ""),
        ("openai.AuthenticationError: invalid key", log_evidence.UNKNOWN, ""),
        (DATABASE, log_evidence.DATABASE, ""),
        ('FATAL: too many connections for database "x"', log_evidence.DATABASE_FULL, ""),
        ("FATAL: remaining connection slots are reserved", log_evidence.DATABASE_FULL, ""),
        ("KeyError: 'POSTGRES_HOST'", log_evidence.VARIABLE, "POSTGRES_HOST"),
        (PLACEHOLDER, log_evidence.VARIABLE, ""),
        ("Memory limit of 512 MiB exceeded with 530 MiB used.", log_evidence.MEMORY, ""),
        ("ValueError: nothing we know", log_evidence.UNKNOWN, ""),
    ],
)
def test_what_a_line_is_about(line, kind, what):
    assert log_evidence.kind_of(line) == (kind, what)


def entries(*lines, revision="api-1"):
    return [{"revision": revision, "line": line, "severity": "ERROR", "time": "t"} for line in lines]


def test_the_line_that_names_a_reason_is_chosen():
    lines = ["Container called exit(3).", "ValueError: nothing we know", MODULE]
    assert log_evidence.most_telling(entries(*lines), "api-1").line == MODULE
    assert log_evidence.most_telling(entries("Container called exit(3)."), "api-1") is None
    assert log_evidence.most_telling(entries(MODULE, revision="api-2"), "api-1") is None


def test_what_an_error_was_raised_from_knows_more():
    entry = {**entries(REDIS)[0], "origin": "redis.exceptions.AuthenticationError: Authentication required."}
    evidence = log_evidence.most_telling([entry], "api-1")
    assert evidence.kind == log_evidence.REDIS_AUTH
    assert evidence.as_dict()["raised_from"] == entry["origin"]
