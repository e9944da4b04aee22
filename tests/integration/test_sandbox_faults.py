# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on purpose, seen as a client sees them."""

from __future__ import annotations

import concurrent.futures
import os
import time
import urllib.error
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials

CLOUD = "https://www.googleapis.com/auth/cloud-platform"
PARENT = "projects/netra-staging/locations/us-central1"
SECRETS = "https://secretmanager.googleapis.com/v1/projects/netra-staging/secrets"
CONNECTORS = f"https://vpcaccess.googleapis.com/v1/{PARENT}/connectors"
CREATE, LIST = "secretmanager.projects.secrets.create", "secretmanager.projects.secrets.list"
CONNECTOR = {"network": "staging-vpc", "ipCidrRange": "10.9.0.0/28"}
BACKEND = "https://api.staging.netrasystems.ai/health"
AUTH = "https://auth.staging.netrasystems.ai/health"


@pytest.fixture
def api(sandbox: Any) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {sandbox.token}"
    return session


@pytest.fixture
def fault(sandbox: Any) -> Iterator[Callable[..., dict[str, Any]]]:
    """Put a fault in force; all are cleared when the test ends."""
    yield lambda kind, **options: sandbox.call("faults", {"kind": kind, **options})
    requests.delete(f"{sandbox.proxy}/_sandbox/faults", timeout=30).raise_for_status()


def clear(sandbox: Any, name: str) -> None:
    requests.delete(f"{sandbox.proxy}/_sandbox/faults?name={name}", timeout=30).raise_for_status()


def statuses(api: requests.Session, calls: int) -> list[int]:
    return [api.get(SECRETS, timeout=10).status_code for _ in range(calls)]


def create(api: requests.Session, name: str) -> requests.Response:
    return api.post(SECRETS, params={"secretId": name}, json={"replication": {"automatic": {}}}, timeout=10)


def exists(api: requests.Session, name: str) -> bool:
    return api.get(f"{SECRETS}/{name}", timeout=10).status_code == 200


def until(read: Callable[[], Any], holds: Callable[[Any], bool], seconds: float = 20) -> Any:
    give_up = time.monotonic() + seconds
    while not holds(seen := read()):
        assert time.monotonic() < give_up, f"not in {seconds} s: {seen}"
        time.sleep(0.05)
    return seen


@pytest.fixture
def name() -> str:
    return f"fault-{os.urandom(4).hex()}"


def test_an_error_has_the_status_the_words_the_details_and_the_time_to_wait(api: Any, fault: Any) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"}]
    fault("error", method=LIST, status="RESOURCE_EXHAUSTED", message="Slow down.", details=details, retry_after=7)
    answer = api.get(SECRETS, timeout=10)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "7"
    expected = {"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED", "details": details}
    assert answer.json()["error"] == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [503, 503, 503, 503]),
        ({"nth": 2}, [200, 503, 200, 200]),
        ({"first": 2}, [503, 503, 200, 200]),
        ({"method": "run.*"}, [200, 200, 200, 200]),
        ({"caller": "remediator@*"}, [503, 503, 503, 503]),
        ({"caller": "deployer@*"}, [200, 200, 200, 200]),
        ({"until": 0}, [200, 200, 200, 200]),
        ({"until": 3600, "first": 1}, [503, 200, 200, 200]),
    ],
)
def test_a_fault_strikes_the_calls_it_is_about(
    api: Any, fault: Any, options: dict[str, Any], expected: list[int]
) -> None:
    fault("error", **{"method": "secretmanager.*", **options})
    assert statuses(api, 4) == expected


def test_a_fault_of_one_caller_leaves_the_others_alone(api: Any, fault: Any, sandbox: Any) -> None:
    key = str(sandbox.directory / "viewer.json")
    viewer = AuthorizedSession(Credentials.from_service_account_file(key, scopes=[CLOUD]))
    fault("error", method=LIST, caller="viewer@*", nth=2)
    seen = [viewer.get(SECRETS, timeout=10).status_code, *statuses(api, 2), viewer.get(SECRETS, timeout=10).status_code]
    assert seen == [200, 200, 200, 503]


def test_the_same_seed_gives_the_same_run(api: Any, fault: Any, sandbox: Any) -> None:
    runs = []
    for seed in (5, 5, 6):
        put = fault("error", method=LIST, rate=0.5, seed=seed)
        runs.append(statuses(api, 24))
        clear(sandbox, put["name"])
    assert runs[0] == runs[1] != runs[2]
    assert 200 in runs[0] and 503 in runs[0]


def test_a_delay_delays_and_the_answer_is_right(api: Any, fault: Any) -> None:
    fault("delay", method=LIST, seconds=0.5)
    begun = time.monotonic()
    assert statuses(api, 1) == [200]
    assert 0.5 <= time.monotonic() - begun < 5


@pytest.mark.parametrize("handled", [False, True])
def test_a_dropped_call_has_no_answer_and_took_effect_or_not(api: Any, fault: Any, name: str, *, handled: bool) -> None:
    fault("drop", method=CREATE, handled=handled)
    with pytest.raises(requests.ConnectionError):
        create(api, name)
    assert exists(api, name) is handled


@pytest.mark.parametrize("handled", [False, True])
def test_a_held_call_waits_and_never_gets_an_answer(
    api: Any, sandbox: Any, fault: Any, name: str, *, handled: bool
) -> None:
    held = fault("hold", writes=True, handled=handled)["name"]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        asked = pool.submit(create, api, name)
        until(lambda: seen(sandbox, held), lambda calls: calls == 1)
        until(lambda: exists(api, name), lambda there: there is handled)
        assert not asked.done()
        clear(sandbox, held)
        with pytest.raises(requests.ConnectionError):
            asked.result(20)
    assert exists(api, name) is handled


def seen(sandbox: Any, name: str) -> int:
    return next(int(fault["seen"]) for fault in sandbox.call("faults")["faults"] if fault["name"] == name)


def test_half_an_answer_ends_in_the_middle(api: Any, fault: Any, name: str) -> None:
    fault("half-answer", method=CREATE)
    with pytest.raises(
        (requests.exceptions.ChunkedEncodingError, requests.ConnectionError), match=r"[Ii]ncomplete|broken"
    ):
        create(api, name)
    assert exists(api, name)


def test_a_stuck_operation_is_not_done_until_the_fault_is_cleared(
    api: Any, fault: Any, sandbox: Any, name: str
) -> None:
    put = fault("stuck-operation", method="vpcaccess.*.create")
    short = name[:20]
    operation = api.post(CONNECTORS, params={"connectorId": short}, json=CONNECTOR, timeout=10).json()
    url = f"https://vpcaccess.googleapis.com/v1/{operation['name']}"
    time.sleep(0.8)  # longer than the operation takes
    assert "done" not in api.get(url, timeout=10).json()
    assert api.get(f"{CONNECTORS}/{short}", timeout=10).json()["state"] == "CREATING"
    clear(sandbox, put["name"])
    assert "response" in until(lambda: api.get(url, timeout=10).json(), lambda seen: bool(seen.get("done")))
    api.delete(f"{CONNECTORS}/{short}", timeout=10)


def test_an_operation_that_fails_leaves_nothing_behind(api: Any, fault: Any, name: str) -> None:
    fault("operation-error", method="vpcaccess.*.create", status="INTERNAL", message="No capacity.")
    short = name[:20]
    operation = api.post(CONNECTORS, params={"connectorId": short}, json=CONNECTOR, timeout=10).json()
    url = f"https://vpcaccess.googleapis.com/v1/{operation['name']}"
    ended = until(lambda: api.get(url, timeout=10).json(), lambda seen: bool(seen.get("done")))
    assert ended["error"] == {"code": 13, "message": "No capacity."}
    assert api.get(f"{CONNECTORS}/{short}", timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"kind": "eror"}, "There is no fault eror"),
        ({"kind": "error", "methd": "x"}, "no option methd"),
        ({"kind": "redis-full", "target": "nothing"}, "There is no Redis instance nothing."),
        ({"kind": "postgres-slow", "target": "nothing"}, "There is no Cloud SQL instance nothing."),
        ({"kind": "clock-offset", "target": "moon"}, "The target of clock-offset is sandbox."),
    ],
)
def test_a_fault_that_cannot_be_is_refused(sandbox: Any, body: dict[str, Any], words: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        sandbox.call("faults", body)
    assert caught.value.code == 400
    assert words.lower() in caught.value.read().decode().lower()
    assert sandbox.call("faults") == {"faults": []}


def test_faults_are_listed_with_what_they_saw(api: Any, fault: Any, sandbox: Any) -> None:
    fault("error", name="a", method=LIST, first=1)
    fault("delay", name="b", method="run.*", seconds=0)
    statuses(api, 3)
    assert [(entry["name"], entry["seen"]) for entry in sandbox.call("faults")["faults"]] == [("a", 3), ("b", 0)]


def test_a_moved_clock_moves_every_time_and_ends_tokens(api: Any, fault: Any, sandbox: Any, name: str) -> None:
    before = datetime.fromisoformat(sandbox.call("clock")["time"])
    put = fault("clock-offset", target="sandbox", seconds=3000)
    created = datetime.fromisoformat(create(api, name).json()["createTime"])
    after = sandbox.call("clock")
    assert before + timedelta(seconds=3000) <= created <= datetime.fromisoformat(after["time"])
    assert after["offset"] == 3000
    clear(sandbox, put["name"])
    fault("clock-offset", target="sandbox", seconds=13 * 3600)
    assert statuses(api, 1) == [401]


def health(url: str) -> dict[str, Any]:
    try:
        return dict(requests.get(url, timeout=20).json())
    except ValueError:
        return {"status": "unavailable"}


@pytest.fixture(scope="module")
def used(sandbox: Any) -> None:
    """Let the services come up once."""
    sandbox.reset("healthy")


def is_healthy(seen: dict[str, Any]) -> bool:
    return bool(seen["status"] == "healthy")


@pytest.mark.usefixtures("used")
@pytest.mark.parametrize(
    ("body", "url", "check"),
    [
        (
            {"kind": "redis-auth", "target": "staging-redis"},
            BACKEND,
            lambda checks: checks["redis"].get("error") == "AuthenticationError",
        ),
        (
            {"kind": "postgres-out-of-connections", "target": "staging-postgres"},
            AUTH,
            lambda checks: checks["database"].get("error") == "OperationalError",
        ),
        (
            {"kind": "postgres-slow", "target": "staging-postgres", "seconds": 2},
            AUTH,
            lambda checks: checks["database"]["seconds"] >= 2,
        ),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_a_fault_of_a_store_is_seen_by_who_uses_it_and_ends(
    fault: Any, sandbox: Any, body: dict[str, Any], url: str, check: Any
) -> None:
    until(lambda: health(url), is_healthy)
    put = fault(**body)
    until(lambda: health(url), lambda seen: check(seen.get("checks", {"redis": {}, "database": {"seconds": 0}})))
    clear(sandbox, put["name"])
    assert until(lambda: health(url), is_healthy)["checks"]["database"]["seconds"] < 2
