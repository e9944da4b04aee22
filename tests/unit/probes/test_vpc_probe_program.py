# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that probes from inside an image: run as a job runs it, on real servers."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.resources import vpc_probe

from .conftest import free_port

PASSWORD = "open sesame"
USER = "netra"
TIMES = {"timeout": 3.0, "samples": 1, "attempts": 1, "interval": 0.0}


def probed(kind: str, environment: dict[str, Any], given: dict[str, str] | None = None, **times: Any) -> dict[str, Any]:
    """Return what the program says of a target that is described by variables; no line holds what they hold."""
    variables = {name: name.upper() for name in environment}
    target = {"name": "it", "kind": kind, "variables": variables, "values": given or {}, **TIMES, **times}
    command = vpc_probe.wanted_options({"image": "i@sha256:1", "targets": [target], "python": sys.executable})
    shown = {name.upper(): str(value) for name, value in environment.items()}
    done = subprocess.run(
        [*command["command"], *command["args"]], env=shown, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert [value for value in shown.values() if value in done.stdout] == []
    return vpc_probe.found_in(done.stdout.splitlines())["it"]


def failure(*arguments: Any, **times: Any) -> tuple[str, str]:
    (sample,) = probed(*arguments, **times)["samples"]
    return sample["failure"], sample["step"]


def database(port: int, changes: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": port, "user": USER, "password": PASSWORD} | (changes or {})


def test_postgres_is_measured_step_by_step(postgres_port: int) -> None:
    found = probed("postgres", database(postgres_port), {"database": "postgres"}, samples=3)
    assert len(found["samples"]) == 3
    for sample in found["samples"]:
        assert 0 < sample["connect_seconds"] < sample["session_seconds"] < sample["seconds"] < 3
        assert 0 < sample["warm_query_seconds"] < 3
        assert 0 < sample["query_seconds"] < 3


@pytest.mark.parametrize(
    ("changes", "given", "says"),
    [
        ({"password": "wrong"}, {"database": "postgres"}, ("auth", "auth")),
        ({"user": "nobody"}, {"database": "postgres"}, ("auth", "auth")),
        ({}, {"database": "nowhere"}, ("auth", "auth")),
        ({}, {"database": "postgres", "sslmode": "require"}, ("tls", "tls")),
        ({"host": "nowhere.invalid"}, {}, ("name", "connect")),
        ({"port": "many"}, {}, ("missing", "connect")),
    ],
)
def test_the_ways_in_which_postgres_fails(
    postgres_port: int, changes: dict[str, Any], given: dict[str, str], says: tuple[str, str]
) -> None:
    assert failure("postgres", database(postgres_port, changes), given) == says


def test_an_address_is_taken_apart(postgres_port: int, redis_port: int) -> None:
    one = f"postgresql://{USER}:open%20sesame@127.0.0.1:{postgres_port}/postgres?sslmode=disable"
    assert "tls_seconds" not in probed("postgres", {"url": one})["samples"][0]
    two = f"redis://:open%20sesame@127.0.0.1:{redis_port}/0"
    assert probed("redis", {"url": two})["samples"][0]["ping_seconds"] < 3
    assert failure("redis", {"url": "redis://[::1"}) == ("missing", "connect")


def test_the_ways_in_which_redis_fails(redis_port: int, silent_port: int, postgres_port: int) -> None:
    here = {"host": "127.0.0.1", "port": redis_port}
    assert failure("redis", here) == ("auth", "ping")
    assert failure("redis", {**here, "password": "wrong"}) == ("auth", "auth")
    assert failure("redis", {**here, "password": PASSWORD}, {"tls": "true"})[1] == "tls"
    assert failure("redis", {**here, "port": free_port()}) == ("refused", "connect")
    assert failure("redis", {**here, "port": silent_port}, timeout=0.3) == ("timeout", "ping")
    assert failure("postgres", {**here, "port": redis_port}, timeout=0.5) == ("timeout", "tls")
    assert failure("redis", {**here, "port": postgres_port}, timeout=1.0)[0] in {"protocol", "timeout"}


def test_a_variable_that_is_not_there_is_named() -> None:
    target = {"name": "it", "kind": "tcp", "variables": {"host": "NOT_THERE"}, **TIMES}
    command = vpc_probe.wanted_options({"image": "i@sha256:1", "targets": [target], "python": sys.executable})
    done = subprocess.run([*command["command"], *command["args"]], env={}, capture_output=True, text=True, check=True)
    (sample,) = vpc_probe.found_in(done.stdout.splitlines())["it"]["samples"]
    assert vpc_probe.reason_of(target, sample) == (
        "the server could not be used, in the step connect (missing): «the variable NOT_THERE is not set»; "
        "correct the service's environment or its secrets, or what is asked for"
    )


def test_a_target_is_tried_again_until_it_answers() -> None:
    found = probed("tcp", {"host": "127.0.0.1", "port": free_port()}, attempts=3, interval=0.01)
    assert (found["attempts"], len(found["samples"])) == (3, 1)
