# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks import foresight
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.checks.plan_baseline import baseline_of
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import Change, change_of

CONTRACT: dict[str, Any] = {
    "services": [
        {"name": "api", "build": {"image": "registry/api"}},
        {"name": "web", "build": {"image": "registry/web"}},
        {"name": "job", "image": "registry/job@sha256:1"},
    ],
    "infrastructure": {
        "redis": {"name": "cache"},
        "sql": {"name": "store"},
        "connector": {"name": "link"},
    },
}
EMPTY = Observation(
    "p",
    "r",
    infrastructure={"redis": None, "sql": None, "connector": None},
    secrets={"new": None, "old": {"1": "DESTROYED", "2": "ENABLED"}},
    builds={"api": None, "web": {"id": "b", "digest": "sha256:9"}},
)


def foreseen(*said: Change, observation: Observation = EMPTY) -> Observation:
    return foresight.foreseen(observation, said, CONTRACT)


def test_outside_of_a_check_nothing_is_foreseen() -> None:
    assert foreseen() is EMPTY


def test_an_image_that_would_be_built_has_a_digest_that_nobody_knows() -> None:
    seen = foreseen(change_of("image registry/api", "create", {}, {"image": "x"}))
    assert seen.builds["api"] == {"id": "", "digest": "(known after the build)"}
    assert seen.builds["web"] == EMPTY.builds["web"]


@pytest.mark.parametrize(
    "resource",
    [
        {"redis": "Redis instance cache", "sql": "SQL instance store", "connector": "VPC connector link"},
        {
            "redis": "terraform google_redis_instance.cache",
            "sql": "terraform module.db[0].google_sql_database_instance.postgres",
            "connector": 'terraform google_vpc_access_connector.c["a"]',
        },
    ],
)
def test_infrastructure_that_would_be_made_has_outputs_that_nobody_knows(resource: dict[str, str]) -> None:
    names = {"redis": "cache", "sql": "store", "connector": "link"}
    nouns = {part: f"{noun} {names[part]}" for part, noun in foresight.NOUNS.items()}
    said = [
        change_of(resource[part] if "terraform" in resource[part] else nouns[part], "create", {}, {"name": name})
        for part, name in names.items()
    ]
    seen = foreseen(*said)
    assert seen.outputs() == {
        "database_private_ip": foresight.TO_COME,
        "database_public_ip": foresight.TO_COME,
        "database_instance_name": "store",
        "database_connection_name": foresight.TO_COME,
        "redis_host": foresight.TO_COME,
        "redis_port": foresight.TO_COME,
        "vpc_connector_name": "link",
    }
    assert seen.as_dict()["infrastructure"]["redis"]["name"] == "cache"


@pytest.mark.parametrize(
    "change",
    [
        change_of("terraform google_redis_instance.other", "create", {}, {"name": "another"}),
        change_of("terraform google_redis_instance.cache", "delete", {"name": "cache"}, {}),
        change_of("terraform google_redis_cluster.cache", "create", {}, {"name": "cache"}),
        change_of(f"{foresight.NOUNS['redis']} cache", "update", {"tier": "a"}, {"tier": "b"}),
        change_of(f"{foresight.NOUNS['redis']} cache2", "create", {}, {"tier": "b"}),
    ],
)
def test_what_would_not_be_made_stays_away(change: Change) -> None:
    assert foreseen(change).infrastructure["redis"] is None


def test_what_could_not_be_read_is_not_foreseen() -> None:
    change = change_of("terraform google_redis_instance.cache", "create", {}, {"name": "cache"})
    assert foreseen(change, observation=Observation("p", "r")).infrastructure == {}


def test_secrets_have_the_numbers_that_their_next_versions_will_have() -> None:
    seen = foreseen(
        change_of("secret new", "create", {}, {"payload": "generated"}),
        change_of("secret old", "update", {"payload": "12"}, {"payload": "34"}),
        change_of("secret old", "update", {"version_states": {"2": "enabled"}}, {"version_states": {"2": "disabled"}}),
    )
    assert seen.secrets == {"new": {"1": "ENABLED"}, "old": {"1": "DESTROYED", "2": "DISABLED", "3": "ENABLED"}}
    assert seen.newest_version("old") == "3"
    labelled = foreseen(change_of("secret old", "update", {}, {"labels": {"a": "b"}}))
    assert labelled.secrets["old"] == EMPTY.secrets["old"]


OBSERVED: dict[str, Any] = {
    "services": {"api": {"template": {"env": {"X": "1"}, "cpu": None}, "generation": 4, "etag": "e"}, "gone": None},
    "secrets": {"new": None, "old": {"versions": {"1": "ENABLED"}}},
    "infrastructure": {"redis": {"tier": "BASIC"}, "sql": None},
    "terraform": {"state": {"serial": 7, "resources": ["a"]}},
}


@pytest.mark.parametrize(
    ("resource", "fields"),
    [
        ("service api", {"template.env.X": "1", "generation": 4}),
        ("service gone", {}),
        ("secret old", {"versions.1": "ENABLED"}),
        ("secret new", {}),
        ("file /a b", {"content": "12"}),
        ("file /c", {}),
        ("terraform google_redis_instance.cache", {"state.serial": 7, "state.resources": ["a"]}),
        (f"{foresight.NOUNS['redis']} cache", {"tier": "BASIC"}),
        (f"{foresight.NOUNS['sql']} store", {}),
    ],
)
def test_a_plan_keeps_on_which_state_it_was_made(resource: str, fields: dict[str, Any]) -> None:
    assert baseline_of(OBSERVED, {"/a b": "12", "/c": None}, [resource]) == {resource: fields}


@pytest.mark.parametrize("resource", ["image registry/api", "job api-proof"])
def test_of_what_is_not_observed_no_state_is_kept(resource: str) -> None:
    assert baseline_of(OBSERVED, {}, [resource]) == {}
