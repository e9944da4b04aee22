# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for settings, value by value, and the three columns in which they are judged."""

from __future__ import annotations

import pytest
from broken_environments import FILE, HEALTHY, changed, container, contract, judged, of_service, variable
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import desired_services
from ansible_collections.netra.remediation.plugins.module_utils.checks.setting_checks import table
from ansible_collections.netra.remediation.plugins.module_utils.checks.setting_rules import complaint, is_host, text_of
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

KNOWN = {"HOST": "10.0.0.3", "PORT": 6379}
TYPED = {
    "whole": (["5", "-1", 5], ["5.5", "five", "", True]),
    "number": (["5.5", 0.5], ["1e3", "x"]),
    "flag": (["true", "False", True], ["yes", "1"]),
    "port": (["6379", 1], ["0", "65536", "http"]),
    "url": (["https://a.b/c", "redis://h:1"], ["a.b", "https://", "http://a b/", "https://h:x/"]),
    "host": (["a.b", "10.0.0.1", "::1"], ["a_b", "-a.b", "https://a", "10.0.0"]),
    "address": (["10.0.0.1", "fd00::1"], ["a.b", "10.0.0.256"]),
    "email": (["a@b.c"], ["a@b", "a b@c.d"]),
    "json": (["[1]", '{"a": 1}'], ["{a: 1}"]),
    "origins": (["https://a.b", "https://a.b,https://c.d:8", '["https://a.b"]'], ["https://a.b/", "*", "a.b"]),
    "text": (["x"], [" "]),
}


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        (kind, value, right)
        for kind, (good, bad) in TYPED.items()
        for right in (True, False)
        for value in (bad, good)[right]
    ],
)
def test_types(kind, value, fits):
    assert (complaint("X", {"type": kind}, value, {}) is None) is fits


@pytest.mark.parametrize(
    ("rule", "value", "says"),
    [
        ({"required": True}, None, "is not set"),
        ({"required": True}, "", None),
        ({}, None, None),
        ({"forbidden": True}, None, None),
        ({"forbidden": True}, "x", "must not be set"),
        ({"equals": 5}, "5", None),
        ({"equals": True}, "true", None),
        ({"equals": "5"}, "6", "is '6', not '5'"),
        ({"one_of": ["a", "b"]}, "c", "is 'c', not one of a, b"),
        ({"pattern": "[a-z]+"}, "abc1", "is 'abc1', not of the pattern [a-z]+"),
        ({"derived_from": "redis://{HOST}:{PORT}"}, "redis://10.0.0.3:6379", None),
        ({"derived_from": "redis://{HOST}:{PORT}"}, "redis://10.0.0.4:6379", "what redis://{HOST}:{PORT} comes to"),
        ({"derived_from": "{ELSEWHERE}"}, "x", None),
    ],
)
def test_rules(rule, value, says):
    text = complaint("X", rule, value, KNOWN)
    assert text is None if says is None else says in text


def test_a_secret_is_not_shown():
    assert complaint("API_KEY", {"equals": "right"}, "hunter2", {}) == "is not (sensitive)"
    assert complaint("API_KEY", {"one_of": ["right"]}, "hunter2", {}) == "is not one of those allowed"


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "port"},
        {"equals": "redis://:right@10.0.0.6"},
        {"one_of": ["redis://:right@10.0.0.6"]},
        {"pattern": "rediss:.*"},
        {"derived_from": "redis://:right@{HOST}"},
    ],
)
def test_a_password_inside_an_address_is_not_shown(rule):
    text = complaint("REDIS_URL", rule, "redis://:hunter2@10.0.0.5", KNOWN)
    assert "redis://:(sensitive)@10.0.0.5" in text
    assert "hunter2" not in text
    assert "right@" not in text


@given(st.one_of(st.booleans(), st.integers(), st.text()))
def test_a_value_equals_itself_and_is_one_of_itself(value):
    rule = {"equals": value, "one_of": [value], "derived_from": "{ITSELF}"}
    assert complaint("X", rule, text_of(value), {"ITSELF": value}) is None


@given(st.ip_addresses())
def test_addresses_are_hosts(address):
    assert is_host(str(address))


def test_each_column_is_judged_by_itself():
    rules = {"MODE": {"one_of": ["staging"]}, "KEY": {"required": True, "type": "whole"}, "OLD": {"forbidden": True}}
    given_contract = of_service(settings=rules)
    live = container(env=[variable("MODE", "live"), variable("OLD", "1")])
    revision = {"name": "api-00001", **live["api"]["template"]}
    file = {**FILE, "values": {"env_vars": {"MODE": "file"}, "secrets": {"KEY": "api-key-staging:2"}}}
    seen = changed(services=live, revisions={"api": [revision]}, config_files={"staging.yaml": file})
    rows = {row["variable"]: row for row in table(given_contract, seen, desired_services(given_contract, seen))}
    assert {name: sorted(row["complaints"]) for name, row in rows.items()} == {
        "MODE": ["file", "revision"],
        "KEY": ["revision"],
        "OLD": ["revision"],
    }
    assert [rows["MODE"][column] for column in ("contract", "file", "revision")] == ["staging", "file", "live"]


def test_what_was_not_read_is_not_judged():
    given_contract = of_service(settings={"MODE": {"equals": "staging"}, "GONE": {"required": True}})
    seen = changed(services={"api": None}, revisions={}, config_files={})
    rows = table(given_contract, seen, desired_services(given_contract, seen))
    assert [sorted(row["complaints"]) for row in rows] == [[], ["contract"]]


def test_a_schema_knows_what_the_contract_writes_and_patterns_of_keys():
    schema = {"env_vars.*": {"type": "text"}, "health_check.path": {"required": True}}
    given_contract = contract(config_files=[{"path": "staging.yaml", "service": "api", "schema": schema}])
    values = {"env_vars": {"ANY": "x", "EMPTY": " "}, "cloud_run": {"timeout": 900}, "secrets": {"KEY": "k:1"}}
    seen = changed(config_files={"staging.yaml": {**FILE, "values": values}})
    found = [finding.summary for finding in judged(seen, given_contract) if finding.id in {"CFG-008", "CFG-009"}]
    assert found == ["env_vars.EMPTY is ' ', not text; health_check.path is not set"]
    assert judged(HEALTHY, given_contract) == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"forbidden": True, "type": "url"}, "nothing else can be asked"),
        ({"pattern": "["}, "is not a regular expression"),
        ({"derived_from": "redis://{redis_hots}"}, "did you mean 'redis_host'"),
        ({"type": "uri"}, "must be one of"),
        ({"equal": 1}, "did you mean equals"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(rule, words):
    with pytest.raises(BadInput, match=words):
        of_service(settings={"X": rule})
