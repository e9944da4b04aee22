# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secret Manager: what a secret may look like, what time does to it, filters of lists."""

from __future__ import annotations

import asyncio
import base64
import importlib
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from netra_sandbox.kernel.calls import HANDLERS, Call
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.kernel.store import Store
from netra_sandbox.services.secret_manager import access, filters, rules, seed

METHODS = "secretmanager.projects.secrets"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AUTOMATIC = {"replication": {"automatic": {}}}
TOPIC = {"topics": [{"name": "projects/p/topics/rotations"}]}
for room in ("secrets", "versions"):
    importlib.import_module(f"netra_sandbox.services.secret_manager.{room}")


class Place:
    """A project whose clock the test moves."""

    def __init__(self, store: Store) -> None:
        self.now = NOW
        self.sandbox: Any = SimpleNamespace(project="p", project_number="1", store=store, now=lambda: self.now)

    def call(self, method: str, body: dict[str, Any] | None = None, **parameters: Any) -> Any:
        call = Call(f"{METHODS}.{method}", parameters, body or {}, "user@example.com")
        return asyncio.run(HANDLERS[call.method](self.sandbox, call))  # type: ignore[arg-type]

    def later(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@pytest.fixture
def place(tmp_path: Any) -> Place:
    return Place(Store(tmp_path / "state.sqlite"))


def ahead(seconds: float) -> str:
    return (NOW + timedelta(seconds=seconds)).isoformat()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"replication": {}}, "replication"),
        ({"replication": {"automatic": {}, "userManaged": {}}}, "replication"),
        ({"replication": {"userManaged": {"replicas": []}}}, "replicas"),
        ({"replication": {"userManaged": {"replicas": [{"location": "a"}, {"location": "a"}]}}}, "replicas"),
        ({"labels": {f"label-{number}": "" for number in range(65)}}, "labels"),
        ({"labels": {"Upper": "x"}}, "labels"),
        ({"labels": {"1st": "x"}}, "labels"),
        ({"labels": {"key": "Upper"}}, "labels"),
        ({"labels": {"key": "x" * 64}}, "labels"),
        ({"annotations": {"-a": "x"}}, "annotations"),
        ({"annotations": {"a": "x" * 16 * 1024}}, "annotations"),
        ({"topics": [{"name": f"projects/p/topics/topic-{number}"} for number in range(11)]}, "topics"),
        ({"topics": [{"name": "rotations"}]}, "topics"),
        ({"expireTime": ahead(59)}, "expire_time"),
        ({"expireTime": ahead(rules.CENTURY_SECONDS + 1)}, "expire_time"),
        ({"rotation": {"nextRotationTime": ahead(600)}}, "rotation"),
        ({"rotation": {"rotationPeriod": "3600s"}, **TOPIC}, "next_rotation_time"),
        ({"rotation": {"rotationPeriod": "3599s", "nextRotationTime": ahead(600)}, **TOPIC}, "rotation_period"),
        ({"rotation": {"nextRotationTime": ahead(299)}, **TOPIC}, "next_rotation_time"),
        ({"versionDestroyTtl": "0s"}, "version_destroy_ttl"),
        ({"versionAliases": {"latest": "1"}}, "version_aliases"),
        ({"versionAliases": {"NEW": "1"}}, "version_aliases"),
        ({"versionAliases": {"1st": "1"}}, "version_aliases"),
        ({"versionAliases": {"good": "2"}}, "version_aliases"),
        ({"versionAliases": {f"a{number}": "1" for number in range(51)}}, "version_aliases"),
    ],
)
def test_a_secret_outside_the_limits_is_refused_by_the_field_at_fault(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(ApiError) as refused:
        rules.refuse({**AUTOMATIC, **fields}, NOW, {1}, set(fields))
    assert refused.value.status == "INVALID_ARGUMENT"
    assert refused.value.details[0]["fieldViolations"][0]["field"].endswith(named)


@pytest.mark.parametrize(
    "fields",
    [
        {"replication": {"userManaged": {"replicas": [{"location": "a"}, {"location": "b"}]}}},
        {"labels": {"été": "ñ_-1", "team": ""}},
        {"annotations": {"a.b_c-d": "anything Ä"}},
        {"expireTime": ahead(60)},
        {"rotation": {"rotationPeriod": "3600s", "nextRotationTime": ahead(300)}, **TOPIC},
        {"versionAliases": {"good": "1", "A_-9": "1"}},
    ],
)
def test_a_secret_within_the_limits_is_taken(fields: dict[str, Any]) -> None:
    rules.refuse({**AUTOMATIC, **fields}, NOW, {1}, set(fields))


def test_a_time_that_has_come_does_not_stop_another_change() -> None:
    rules.refuse({**AUTOMATIC, "expireTime": ahead(10)}, NOW, set(), {"labels"})


def test_a_secret_that_expires_is_gone_with_its_versions_and_its_policy(place: Place) -> None:
    made = place.call("create", {**AUTOMATIC, "ttl": "60s"}, parent="projects/p", secretId="short")
    assert made["expireTime"] == "2026-11-24T12:01:00.000000Z"
    assert "ttl" not in made
    seed(place.sandbox, "short", b"payload")
    place.call("setIamPolicy", {"policy": {"bindings": []}}, resource=made["name"])
    place.later(seconds=59)
    assert access(place.sandbox, "short", "latest") == b"payload"
    place.later(seconds=1)
    with pytest.raises(ApiError, match=r"Secret \[projects/1/secrets/short\] not found"):
        place.call("versions.access", name=f"{made['name']}/versions/1")
    assert place.call("list", parent="projects/p") == {}
    assert place.sandbox.store.list("") == []


def test_a_destruction_that_was_put_off_disables_first_and_happens_when_it_is_due(place: Place) -> None:
    place.call("create", {**AUTOMATIC, "versionDestroyTtl": "86400s"}, parent="projects/p", secretId="kept")
    seed(place.sandbox, "kept", b"payload")
    name = "projects/p/secrets/kept/versions/1"
    scheduled = place.call("versions.destroy", name=name)
    assert (scheduled["state"], scheduled["scheduledDestroyTime"]) == ("DISABLED", "2026-11-25T12:00:00.000000Z")
    place.later(hours=23)
    assert "scheduledDestroyTime" not in place.call("versions.enable", name=name)
    place.later(hours=2)
    assert access(place.sandbox, "kept", "1") == b"payload"
    place.call("versions.destroy", name=name)
    place.later(hours=24)
    gone = place.call("versions.get", name=name)
    assert (gone["state"], gone["destroyTime"]) == ("DESTROYED", "2026-11-26T13:00:00.000000Z")
    assert base64.b64encode(b"payload").decode() not in str(place.sandbox.store.list(""))


def test_every_change_gives_another_etag_even_one_that_changes_nothing(place: Place) -> None:
    seed(place.sandbox, "s", b"payload")
    name = "projects/p/secrets/s/versions/1"
    etags = [place.call("versions.enable", name=name)["etag"] for _turn in range(5)]
    assert len(set(etags)) == 5


SECRETS = [
    {"name": "projects/1/secrets/database-user", "labels": {"team": "netra"}, "createTime": "2026-01-01T00:00:00Z"},
    {"name": "projects/1/secrets/jwt-key", "labels": {"team": "other"}, "createTime": "2026-06-01T00:00:00Z"},
    {"name": "projects/1/secrets/third", "createTime": "2026-09-01T00:00:00Z"},
]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("name:jwt", ["jwt-key"]),
        ("name=jwt-key", ["jwt-key"]),
        ('name="jwt-key"', ["jwt-key"]),
        ("labels.team=netra", ["database-user"]),
        ("labels.team:*", ["database-user", "jwt-key"]),
        ("labels:team", ["database-user", "jwt-key"]),
        ("labels.team!=netra", ["jwt-key", "third"]),
        ("NOT labels.team=netra", ["jwt-key", "third"]),
        ("-labels.team=netra", ["jwt-key", "third"]),
        ("create_time>2026-05-01T00:00:00Z", ["jwt-key", "third"]),
        ("createTime<=2026-06-01T00:00:00Z AND name:key", ["jwt-key"]),
        ("name:jwt OR name:third", ["jwt-key", "third"]),
        ("name:jwt OR name:user labels.team=netra", ["database-user"]),
        ("(name:jwt AND labels.team=other) OR name:third", ["jwt-key", "third"]),
        ("third", ["third"]),
    ],
)
def test_a_filter_lets_through_what_it_names(expression: str, expected: list[str]) -> None:
    test = filters.parse(expression)
    assert [item["name"].rpartition("/")[2] for item in SECRETS if test(item)] == expected


@pytest.mark.parametrize("expression", ["name:", "(name:a", "name:a)", "AND", "= a", "name:a OR", "!"])
def test_a_filter_that_cannot_be_read_is_refused(expression: str) -> None:
    with pytest.raises(ApiError, match="Invalid filter"):
        filters.parse(expression)
