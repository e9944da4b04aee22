# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores are probed by a real job that alone reaches them; its definition is written once."""

from __future__ import annotations

from typing import Any

import pytest
import requests

JOBS = "run.projects.locations.jobs"
BACKEND = "netra-backend-staging"
NAME = "story-vpc-probe"
DATABASE = {
    "name": "database",
    "kind": "postgres",
    "variables": {"host": "POSTGRES_HOST", "user": "POSTGRES_USER", "password": "POSTGRES_PASSWORD"},
    "values": {"database": "netra_staging"},
    "max_connect_seconds": 2,
    "samples": 3,
}
CACHE = {"name": "cache", "kind": "redis", "variables": {"url": "REDIS_URL"}}


@pytest.fixture(scope="module", autouse=True)
def healthy(sandbox: Any) -> None:
    sandbox.reset("healthy")


@pytest.fixture
def options(google: Any) -> dict[str, Any]:
    seen, _writes = google.run("cloud_run_service_info", name=BACKEND)
    template = seen["services"][0]["template"]
    parts = ("image", "env", "secret_env", "service_account", "vpc_connector", "vpc_egress")
    return {"name": NAME, "targets": [DATABASE, CACHE], **{part: template[part] for part in parts}}


def test_stores_are_measured_from_where_the_service_is(google: Any, options: dict[str, Any]) -> None:
    predicted, writes = google.run("cloud_run_vpc_probe", check_mode=True, **options)
    assert (predicted.get("changed"), predicted["targets"], writes) == (True, [], []), predicted
    done, writes = google.run("cloud_run_vpc_probe", **options)
    assert (done.get("changed"), writes) == (True, [f"{JOBS}.create", f"{JOBS}.run"]), done
    assert done["diff"] == predicted["diff"]
    database, cache = done["targets"]
    assert (done["healthy"], database["observed"]["samples"]) == (True, 3)
    assert 0 < database["observed"]["session_seconds"] < 2
    assert cache["observed"]["ping_seconds"] < 2
    again, writes = google.run("cloud_run_vpc_probe", **options)
    assert (again.get("changed"), writes) == (False, [f"{JOBS}.run"]), again


def test_what_fails_there_is_told_apart_and_without_payloads(google: Any, options: dict[str, Any]) -> None:
    # A payload that the account may read, and that is no user's password.
    secret_env = {**options["secret_env"], "OLD_PASSWORD": options["secret_env"]["SECRET_KEY"]}
    targets = [
        {**DATABASE, "name": "wrong password", "variables": {**DATABASE["variables"], "password": "OLD_PASSWORD"}},
        {**DATABASE, "name": "wrong user", "variables": {**DATABASE["variables"], "user": "ENVIRONMENT"}},
        {"name": "wrong port", "kind": "tcp", "variables": {"host": "REDIS_HOST"}, "values": {"port": 1}},
        {**DATABASE, "name": "slow", "max_connect_seconds": 0.00001},
    ]
    failed, writes = google.run("cloud_run_vpc_probe", **{**options, "targets": targets, "secret_env": secret_env})
    assert (failed.get("failed"), writes) == (True, [f"{JOBS}.patch", f"{JOBS}.run"]), failed
    password, user, port, slow = failed["failure"]["targets"]
    for refused in (password, user):
        assert (refused["healthy"], refused["observed"]["failure"], refused["observed"]["step"]) == (
            False,
            "auth",
            "auth",
        )
    assert "check the version of the secret that the service has" in failed["msg"]
    assert port["observed"]["failure"] == "refused"
    assert "connecting took" in slow["reason"]
    assert failed["failure"]["verdict"] == "fail"
    assert options["env"]["REDIS_HOST"] not in failed["msg"]


def test_without_a_connector_nothing_is_reached(google: Any, options: dict[str, Any]) -> None:
    lost = {part: value for part, value in options.items() if not part.startswith("vpc_")}
    failed, _writes = google.run("cloud_run_vpc_probe", **{**lost, "targets": [{**CACHE, "timeout": 0.5}]})
    assert failed["failure"]["targets"][0]["observed"]["failure"] in {"timeout", "unreachable"}, failed
    assert "check the service's connector first" in failed["msg"]


def test_an_image_without_python_leaves_the_question_open(google: Any, options: dict[str, Any]) -> None:
    failed, _writes = google.run("cloud_run_vpc_probe", **{**options, "python": "no-such-python"})
    assert (failed["failure"]["verdict"], failed["failure"]["targets"][0]["healthy"]) == ("inconclusive", None), failed
    removed, writes = google.run("cloud_run_vpc_probe", name=NAME, state="absent")
    assert (removed.get("changed"), writes) == (True, [f"{JOBS}.delete"]), removed


def test_lines_that_cannot_be_read_leave_the_question_open(google: Any, options: dict[str, Any]) -> None:
    refusal = {"kind": "error", "method": "logging.entries.list", "status": "PERMISSION_DENIED"}
    google.sandbox.call("faults", refusal)
    try:
        failed, writes = google.run("cloud_run_vpc_probe", **options)
    finally:
        requests.delete(f"{google.sandbox.proxy}/_sandbox/faults", timeout=30).raise_for_status()
    assert writes[-1] == f"{JOBS}.run", failed
    assert failed["failure"].get("verdict") == "inconclusive", failed
    assert [target["healthy"] for target in failed["failure"]["targets"]] == [None, None]
    assert "its lines cannot be read: Could not read the log of execution" in failed["msg"]


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ({"variables": {}}, "says nowhere where it is"),
        ({"variables": {"host": "NOT_THERE"}}, "NOT_THERE, which is no variable of the service"),
        ({"variables": {"host": "REDIS_HOST"}, "values": {"password": "x"}}, "which all would see"),
        ({"variables": {"hots": "REDIS_HOST"}}, "says nowhere where it is"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_write(
    google: Any, options: dict[str, Any], target: dict[str, Any], named: str
) -> None:
    refused, writes = google.run("cloud_run_vpc_probe", **{**options, "targets": [{**CACHE, **target}]})
    assert (named in refused["msg"], writes) == (True, []), refused
