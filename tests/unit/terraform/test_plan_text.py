# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan and its drift, as people and schedules read them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    ApiError,
    BadInput,
    NotFound,
    UnsafeChange,
)
from ansible_collections.netra.remediation.plugins.module_utils.terraform import adoption, drift, plan_guard
from ansible_collections.netra.remediation.plugins.module_utils.terraform.plan_text import text_of

SERVICE = "google_cloud_run_v2_service"
CERTIFICATE = "google_compute_managed_ssl_certificate"


def resource(address: str, actions: list[str], before: dict | None, after: dict | None, **more) -> dict:
    change = {"actions": actions, "before": before, "after": after, **more}
    return {"address": address, "type": address.split(".", maxsplit=1)[0], "change": change}


@pytest.mark.parametrize(
    ("actions", "more", "first"),
    [
        (["create"], {}, "+ google_redis_instance.a is created"),
        (["delete"], {}, "- google_redis_instance.a is destroyed"),
        (["update"], {}, "~ google_redis_instance.a is changed"),
        (["delete", "create"], {}, "-/+ google_redis_instance.a is replaced"),
        (["forget"], {}, ". google_redis_instance.a is no longer managed"),
        (["create", "delete"], {}, "-/+ google_redis_instance.a is replaced"),
        (["no-op"], {"importing": {"id": "x"}}, "<- google_redis_instance.a is imported"),
        (["update"], {"importing": {"id": "x"}}, "~ google_redis_instance.a is changed"),
    ],
)
def test_what_happens_to_a_resource(actions, more, first) -> None:
    entry = resource("google_redis_instance.a", actions, {"tier": "BASIC"}, {"tier": "STANDARD_HA"}, **more)
    assert text_of(plan_guard.changes({"resource_changes": [entry]})).splitlines()[0] == first


def test_attributes_are_told_one_by_one_and_secrets_never() -> None:
    entry = resource(
        "google_sql_user.app",
        ["update"],
        {"name": "app", "password": "old payload", "labels": {"a": "b"}},
        {"name": "app", "password": "new payload", "labels": {"a": "c"}},
        before_sensitive={"password": True},
        after_sensitive={"password": True},
    )
    assert text_of(plan_guard.changes({"resource_changes": [entry]}), ["url"]) == (
        "~ google_sql_user.app is changed\n"
        '    labels: {"a": "b"} -> {"a": "c"}\n'
        "    password: (sensitive) -> (sensitive)\n"
        "~ output url\n"
    )


@pytest.mark.parametrize("side", ["before_sensitive", "after_sensitive"])
def test_what_one_side_calls_sensitive_is_hidden_on_both(side) -> None:
    entry = resource(
        "google_sql_user.app", ["update"], {"password": "old"}, {"password": "new"}, **{side: {"password": True}}
    )
    assert "password: (sensitive) -> (sensitive)\n" in text_of(plan_guard.changes({"resource_changes": [entry]}))


@pytest.mark.parametrize(
    ("kind", "actions", "before", "after", "noise"),
    [
        (SERVICE, ["update"], {"etag": "a", "generation": 1}, {"etag": "b", "generation": 2}, True),
        (SERVICE, ["update"], {"etag": "a", "ingress": "all"}, {"etag": "b", "ingress": "internal"}, False),
        (SERVICE, ["delete"], {"etag": "a"}, None, False),
        ("google_redis_instance", ["update"], {"host": "10.0.0.3"}, {"host": "10.0.0.3"}, True),
        ("google_redis_instance", ["update"], {"etag": "a"}, {"etag": "b"}, False),
        (CERTIFICATE, ["update"], {"expire_time": ""}, {"expire_time": "2027"}, True),
        (CERTIFICATE, ["update"], {"managed": [{"domains": ["a"]}]}, {"managed": [{"domains": ["b"]}]}, False),
        ("google_secret_manager_secret_iam_member", ["update"], {"etag": "a"}, {"etag": "b"}, True),
        ("google_secret_manager_secret_iam_binding", ["update"], {"members": ["a"]}, {"members": []}, False),
    ],
)
def test_what_google_writes_by_itself_is_noise(kind, actions, before, after, noise) -> None:
    plan = {"resource_drift": [resource(f"{kind}.a", actions, before, after)]}
    (found,) = drift.drift_of(plan)
    assert found["noise"] is noise
    assert drift.exit_code(plan) == (0 if noise else 2)


def test_a_plan_that_changes_something_has_exit_code_2() -> None:
    changing = resource("google_redis_instance.a", ["update"], {"tier": "a"}, {"tier": "b"})
    assert drift.exit_code({"resource_changes": [changing]}) == 2
    assert drift.exit_code({"resource_changes": [resource("google_redis_instance.a", ["no-op"], {}, {})]}) == 0


@pytest.mark.parametrize(("limit", "refused"), [(None, False), (2, False), (1, True), (0, True)])
def test_more_changes_than_a_run_may_make_are_refused(limit, refused) -> None:
    found = plan_guard.changes(
        {"resource_changes": [resource(f"google_redis_instance.{name}", ["create"], None, {}) for name in "ab"]}
    )
    if not refused:
        plan_guard.refuse_too_many(found, limit)
        return
    with pytest.raises(UnsafeChange, match=r"google_redis_instance\.a, google_redis_instance\.b"):
        plan_guard.refuse_too_many(found, limit)


def test_an_import_block_names_address_and_id() -> None:
    assert adoption.import_blocks({'google_redis_instance.a["x"]': "projects/p"}) == (
        'import {\n  to = google_redis_instance.a["x"]\n  id = "projects/p"\n}\n'
    )


@pytest.mark.parametrize(
    ("mark", "shown"),
    [
        (True, "(sensitive)"),
        (None, {"user": "app", "keys": ["a", "b"]}),
        ({"user": True}, {"user": "(sensitive)", "keys": ["a", "b"]}),
        ({"keys": [False, True]}, {"user": "app", "keys": ["a", "(sensitive)"]}),
        ({"keys": [True]}, {"user": "app", "keys": ["(sensitive)", "b"]}),
        ({"keys": {}}, {"user": "app", "keys": ["a", "b"]}),
    ],
)
def test_a_mark_hides_just_what_it_marks(mark, shown) -> None:
    assert plan_guard.concealed({"user": "app", "keys": ["a", "b"]}, mark) == shown


def test_an_object_that_is_sensitive_as_a_whole_shows_nothing() -> None:
    entry = resource("x.a", ["update"], {"k": "old"}, {"k": "new"}, before_sensitive=True, after_sensitive=True)
    assert text_of(plan_guard.changes({"resource_changes": [entry]})) == (
        "~ x.a is changed\n    k: (sensitive) -> (sensitive)\n"
    )


def test_an_output_alone_has_exit_code_2() -> None:
    assert drift.exit_code({"output_changes": {"host": {"actions": ["update"]}}}) == 2


class WithoutRegion:
    """A session of somebody who gave no region; everything that is asked for exists."""

    project = "p"

    def __init__(self) -> None:
        self.asked: list[str] = []

    @property
    def region(self) -> str:
        raise BadInput("Could not go on: no region.", option="region")

    def sign_in(self) -> None:
        pass

    def json(self, _api: str) -> Any:
        return self

    def get(self, path: str, *, attempt: str) -> None:
        assert attempt
        self.asked.append(path)
        if path.endswith("/absent"):
            raise NotFound("It is not there.")
        if "/starting/" in path:
            raise ApiError("Invalid request: Invalid request since instance is not running.", http=400)
        if path.endswith("/broken"):
            raise ApiError("Invalid request.", http=400)


def to_create(kind: str, **values: str) -> dict[str, Any]:
    return {"address": f"{kind}.one", "type": kind, "actions": ["create"], "after": values}


@pytest.mark.parametrize(
    ("entry", "identifier"),
    [
        (to_create("google_sql_database", name="d", instance="i"), "projects/p/instances/i/databases/d"),
        (to_create("google_sql_database", name="d", instance="i", project="q"), "projects/q/instances/i/databases/d"),
        (to_create("google_sql_database", name="d", instance="starting"), None),
        (to_create("google_sql_database", name="d", instance="(known after apply)"), None),
        (to_create("google_compute_url_map", name="absent"), None),
        (to_create("google_compute_url_map", name="(sensitive)"), None),
        (to_create("google_compute_url_map", name="m") | {"actions": ["delete", "create"]}, None),
        (to_create("google_compute_global_address", name="a"), "projects/p/global/addresses/a"),
        (
            to_create("google_compute_region_network_endpoint_group", name="n", region="r"),
            "projects/p/regions/r/networkEndpointGroups/n",
        ),
        (to_create("google_unknown", name="n"), None),
    ],
)
def test_what_is_there_is_found_by_what_the_plan_knows_of_it(entry, identifier) -> None:
    session = WithoutRegion()
    found = adoption.existing(session, [entry])
    assert found == ({entry["address"]: identifier} if identifier else {})
    assert not any("(" in path for path in session.asked)


def test_an_answer_that_says_nothing_about_existence_stops() -> None:
    with pytest.raises(ApiError, match="Invalid request"):
        adoption.existing(WithoutRegion(), [to_create("google_compute_url_map", name="broken")])


def test_what_is_global_is_looked_for_without_a_region() -> None:
    session = WithoutRegion()
    planned = {"address": "google_secret_manager_secret.one", "type": "google_secret_manager_secret"}
    entry = {**planned, "actions": ["create"], "after": {"secret_id": "one"}}
    assert adoption.existing(session, [entry]) == {planned["address"]: "projects/p/secrets/one"}
    cache = {"address": "c", "type": "google_redis_instance", "actions": ["create"], "after": {"name": "c"}}
    with pytest.raises(BadInput, match="no region"):
        adoption.existing(session, [cache])
