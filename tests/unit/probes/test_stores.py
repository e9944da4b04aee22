# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys

import pytest
import redis as library

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import MissingLibrary
from ansible_collections.netra.remediation.plugins.module_utils.probes import postgres, redis, tcp, websocket
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import Unhealthy

from .conftest import free_port

PASSWORD = "open sesame"


def reason_of(probe, timeout=2.0, **target) -> str:
    with pytest.raises(Unhealthy) as caught:
        probe({"host": "127.0.0.1", **target}, timeout)
    assert PASSWORD not in caught.value.reason
    assert "\n" not in caught.value.reason
    return caught.value.reason


def test_tcp(http_port):
    assert tcp.probe({"host": "localhost", "port": http_port}, 2.0).observed["address"] in {"127.0.0.1", "::1"}
    assert "nothing listens there" in reason_of(tcp.probe, port=free_port())


def test_redis(redis_port):
    assert (
        redis.probe({"host": "127.0.0.1", "port": redis_port, "password": PASSWORD}, 2.0).observed["ping_seconds"] < 2
    )


def test_redis_reasons(redis_port, silent_port):
    assert "refused the password" in reason_of(redis.probe, port=redis_port)
    assert "refused the password" in reason_of(redis.probe, port=redis_port, password="wrong")
    assert "check that the instance exists" in reason_of(redis.probe, port=free_port(), password=PASSWORD)
    assert "did not answer a PING within 0.3 s" in reason_of(redis.probe, 0.3, port=silent_port)
    assert "TLS" in reason_of(redis.probe, port=redis_port, password=PASSWORD, tls=True)


def test_a_user_of_redis_without_rights_is_refused(redis_port):
    keeper = library.Redis(port=redis_port, password=PASSWORD)
    keeper.acl_setuser("guest", enabled=True, passwords=["+secret"], commands=["+get"])
    with pytest.raises(Unhealthy, match=r"refused this user a PING.*its ACL") as caught:
        redis.probe({"host": "127.0.0.1", "port": redis_port, "user": "guest", "password": "secret"}, 2.0)
    keeper.acl_deluser("guest")
    keeper.close()
    assert caught.value.observed["failure"] == "auth"


def postgres_target(port, **changes):
    return {"host": "127.0.0.1", "port": port, "database": "postgres", "user": "netra", "password": PASSWORD} | changes


def test_postgres(postgres_port):
    seen = postgres.probe(postgres_target(postgres_port), 5.0).observed
    assert seen["session_seconds"] == pytest.approx(seen["connect_seconds"] + seen["auth_seconds"], abs=0.001)
    assert 0 < seen["session_seconds"] < 3
    assert 0 < seen["warm_query_seconds"] < 3
    assert seen["query_seconds"] < 3
    assert seen["server_version"] >= 13


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"password": "wrong open sesame"}, ["password authentication failed", "check the user and the password"]),
        ({"database": "nowhere"}, ['database "nowhere" does not exist', "check the names"]),
        ({"sslmode": "require"}, ["SSL", "check sslmode"]),
        ({"host": "no-such-host.invalid"}, ["no-such-host.invalid", "check the host name"]),
    ],
)
def test_postgres_reasons(postgres_port, changes, parts):
    reason = reason_of(postgres.probe, 3.0, **postgres_target(postgres_port, **changes))
    assert all(part in reason for part in parts), reason


def test_postgres_that_is_not_there():
    assert "nothing listens there" in reason_of(postgres.probe, **postgres_target(free_port()))


def test_postgres_that_says_nothing(silent_port):
    assert "took longer than 0.5 s, in the step auth" in reason_of(postgres.probe, 0.5, **postgres_target(silent_port))


@pytest.mark.parametrize(("module", "library"), [(postgres, "psycopg"), (redis, "redis")])
def test_a_missing_library_is_a_failure(module, library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingLibrary):
        module.probe({"host": "h"}, 1.0)


def test_a_missing_library_for_websockets_is_a_failure(monkeypatch):
    monkeypatch.setattr(websocket, "IMPORT_ERROR", ImportError("gone"))
    with pytest.raises(MissingLibrary):
        websocket.probe({"url": "ws://h/"}, 1.0)


def failure_of(probe, timeout=1.0, **target) -> str:
    with pytest.raises(Unhealthy) as caught:
        probe({"host": "127.0.0.1", "user": None, **target}, timeout)
    return caught.value.observed["failure"]


def test_the_ways_in_which_stores_fail_are_told_apart(postgres_port, redis_port, silent_port, http_port):
    """A silent server, one that speaks HTTP, none at all, a wrong password, TLS where there is none."""
    assert {
        "refused": failure_of(postgres.probe, **postgres_target(free_port())),
        "timeout": failure_of(postgres.probe, 0.3, **postgres_target(silent_port)),
        "auth": failure_of(postgres.probe, **postgres_target(postgres_port, password="wrong")),
        "tls": failure_of(postgres.probe, **postgres_target(postgres_port, sslmode="require")),
        "protocol": failure_of(postgres.probe, **postgres_target(http_port, sslmode="disable")),
        "name": failure_of(postgres.probe, **postgres_target(1, host="no-such-host.invalid")),
    } == {name: name for name in ("refused", "timeout", "auth", "tls", "protocol", "name")}
    assert {
        "refused": failure_of(redis.probe, port=free_port()),
        "timeout": failure_of(redis.probe, 0.3, port=silent_port),
        "auth": failure_of(redis.probe, port=redis_port, password="wrong"),
        "protocol": failure_of(redis.probe, port=http_port),
        "name": failure_of(redis.probe, port=1, host="no-such-host.invalid"),
    } == {name: name for name in ("refused", "timeout", "auth", "protocol", "name")}


def test_redis_steps(redis_port):
    seen = redis.probe({"host": "127.0.0.1", "port": redis_port, "password": PASSWORD}, 2.0).observed
    assert seen["session_seconds"] == pytest.approx(seen["connect_seconds"] + seen["auth_seconds"], abs=0.001)
    assert 0 < seen["warm_ping_seconds"] < 2
