# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every scenario: it breaks what it says and nothing else, and the diagnosis ranks the cause first."""

from __future__ import annotations

import concurrent.futures
import pathlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import yaml
from test_environment_info import contract_of

from netra_sandbox.scenarios import files

P, L = "projects/netra-staging", "projects/netra-staging/locations/us-central1"
BACKEND = f"run.googleapis.com/v2/{L}/services/netra-backend-staging"
CERTIFICATES = f"compute.googleapis.com/compute/v1/{P}/global/sslCertificates"
URL_MAP = f"compute.googleapis.com/compute/v1/{P}/global/urlMaps/staging-url-map"
REDIS = f"redis.googleapis.com/v1/{L}/instances"
CONNECTOR = f"vpcaccess.googleapis.com/v1/{L}/connectors/staging-connector"
SECRETS = f"secretmanager.googleapis.com/v1/{P}/secrets"
SQL = f"sqladmin.googleapis.com/v1/{P}/instances/staging-postgres"
HEALTHY, DOWN, SLOW, WRONG_CERTIFICATE = "healthy", "down", "slow", "wrong-certificate"
START_SECONDS = 10
PATIENCE_SECONDS = 3.0
COME_UP_SECONDS = 60.0


# What a diagnosis may name first, by scenario.
ROOTS = {
    "certificate-does-not-cover-host": {"NET-001"},
    "configuration-placeholders": {"CFG-001", "CFG-002"},
    "connector-in-another-network": {"INF-002"},
    "connector-missing": {"INF-002"},
    "database-out-of-connections": {"INF-008"},
    "database-slow": {"INF-003"},
    "host-leads-to-other-service": {"NET-004"},
    "image-lacks-package": {"BLD-001"},
    "missing-export": {"BLD-005"},
    "pinned-traffic": {"RUN-003"},
    "redis-missing": {"INF-001"},
    "redis-with-auth": {"INF-007"},
    "secret-missing": {"SEC-001"},
    "secret-under-another-name": {"SEC-004"},
}
PAIRS = [
    ("connector-missing", "image-lacks-package"),
    ("certificate-does-not-cover-host", "redis-with-auth"),
    ("database-slow", "pinned-traffic"),
    ("connector-in-another-network", "secret-missing"),
    ("configuration-placeholders", "database-out-of-connections"),
    ("missing-export", "redis-missing"),
]
# Not one cause: all at once, none, and nothing there.
OTHERS = {"empty", "healthy", "incident"}
# How long a process that cannot start may take to say so: the patience of a database's client, on a slow machine.
SAY_SO_SECONDS = 90.0
TABLE: list[tuple[str, str]] = []


@pytest.fixture(scope="module", autouse=True)
def leave_it_healthy(sandbox: Any) -> Iterator[None]:
    yield
    sandbox.reset("healthy")


@pytest.fixture(scope="module", params=files.names())
def scenario(sandbox: Any, request: pytest.FixtureRequest) -> str:
    """Start each scenario once, for all that is asked about it."""
    begun = time.monotonic()
    sandbox.reset(request.param)
    assert time.monotonic() - begun < START_SECONDS
    return str(request.param)


def state(host: str) -> str:
    """Return what a user of a host sees: an answer in time, or not."""
    try:
        answer = requests.get(f"https://{host}/health", timeout=PATIENCE_SECONDS)
    except requests.Timeout:
        return SLOW
    except requests.exceptions.SSLError:
        return WRONG_CERTIFICATE
    except requests.RequestException:
        return DOWN
    return HEALTHY if answer.status_code == 200 else DOWN


def settled(host: str, expected: str) -> str:
    """Return a host's state when it is the expected one, or at the end of the time."""
    give_up = time.monotonic() + COME_UP_SECONDS
    while (seen := state(host)) != expected and time.monotonic() < give_up:
        time.sleep(0.1)
    return seen


def variables(service: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in service["template"]["containers"][0]["env"]}


def matchers(url_map: dict[str, Any]) -> dict[str, str]:
    return {host: rule["pathMatcher"] for rule in url_map["hostRules"] for host in rule["hosts"]}


# Scenario → what to ask the API (the status 404 is an answer too), and what the answer tells.
EVIDENCE: dict[str, list[tuple[str, Callable[[dict[str, Any]], bool]]]] = {
    "certificate-does-not-cover-host": [
        (CERTIFICATES, lambda seen: "api.staging.netrasystems.ai" not in seen["items"][0]["managed"]["domains"])
    ],
    "configuration-placeholders": [(BACKEND, lambda seen: variables(seen)["REDIS_HOST"] == "{{ redis_host }}")],
    "host-leads-to-other-service": [
        (URL_MAP, lambda seen: matchers(seen)["api.staging.netrasystems.ai"] == "netra-auth-service")
    ],
    "connector-in-another-network": [(CONNECTOR, lambda seen: seen["network"] == "default")],
    "connector-missing": [(CONNECTOR, lambda seen: seen["error"]["code"] == 404)],
    "database-out-of-connections": [(SQL, lambda seen: seen["state"] == "RUNNABLE")],
    "database-slow": [(SQL, lambda seen: seen["settings"]["tier"] == "db-f1-micro")],
    "empty": [(BACKEND, lambda seen: seen["error"]["code"] == 404), (SECRETS, lambda seen: not seen.get("secrets"))],
    "healthy": [(REDIS, lambda seen: len(seen["instances"]) == 1)],
    "image-lacks-package": [(BACKEND, lambda seen: seen["terminalCondition"]["state"] == "CONDITION_SUCCEEDED")],
    "incident": [
        (REDIS, lambda seen: not seen.get("instances")),
        (CONNECTOR, lambda seen: seen["error"]["code"] == 404),
        (SQL, lambda seen: seen["settings"]["tier"] == "db-f1-micro"),
        (f"{SECRETS}/service-secret-staging", lambda seen: seen["error"]["code"] == 404),
        (BACKEND, lambda seen: variables(seen)["POSTGRES_HOST"] == "PLACEHOLDER_POSTGRES_HOST"),
    ],
    "missing-export": [(BACKEND, lambda seen: seen["terminalCondition"]["state"] == "CONDITION_SUCCEEDED")],
    "pinned-traffic": [(BACKEND, lambda seen: seen["traffic"][0]["revision"] == "netra-backend-staging-00035-fnj")],
    "redis-missing": [(REDIS, lambda seen: not seen.get("instances"))],
    "redis-with-auth": [(REDIS, lambda seen: seen["instances"][0]["state"] == "READY")],
    "secret-missing": [(f"{SECRETS}/service-secret-staging", lambda seen: seen["error"]["code"] == 404)],
    "secret-under-another-name": [
        (f"{SECRETS}/jwt-secret-key-staging", lambda seen: seen["error"]["code"] == 404),
        (f"{SECRETS}/jwt-secret-staging", lambda seen: "createTime" in seen),
    ],
}


def test_every_scenario_has_evidence() -> None:
    assert sorted(EVIDENCE) == files.names()


def test_a_scenario_breaks_what_it_says_and_nothing_else(sandbox: Any, scenario: str) -> None:
    told = files.find(scenario)
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    for url, tells in EVIDENCE[scenario]:
        seen = requests.get(f"https://{url}", headers=headers, timeout=10).json()
        assert tells(seen), seen
    hosts = {entry["host"]: HEALTHY for entry in told.contract["remediation_services"]} | dict(told.seen)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        states = dict(zip(hosts, pool.map(settled, hosts, hosts.values()), strict=True))
    broken = {host: seen for host, seen in states.items() if hosts[host] != HEALTHY}
    assert {host for host, seen in states.items() if seen == HEALTHY} == set(hosts) - set(broken)
    # One that waits for what it cannot reach is seen as slow before it is seen as down.
    assert all(seen == hosts[host] for host, seen in broken.items() if hosts[host] != DOWN)


def first_roots(google: Any, expected: list[set[str]]) -> list[str]:
    """Return the first root causes once they are the expected ones in any order, or at the end of the time."""
    give_up = time.monotonic() + SAY_SO_SECONDS
    while True:
        seen = google.run("environment_info", contract=contract_of(google.sandbox))[0]
        assert not seen.get("failed"), seen
        roots = [finding["id"] for finding in seen["findings"] if not finding["caused_by"]][: len(expected)]
        found = [not kinds.isdisjoint(roots) for kinds in expected]
        if (all(found) and len(roots) == len(expected)) or time.monotonic() > give_up:
            return roots
        time.sleep(0.2)


def test_every_scenario_with_one_cause_is_ranked() -> None:
    assert set(files.names()) == {*ROOTS, *OTHERS}


@pytest.mark.parametrize("scenario", sorted(ROOTS), indirect=True)
def test_the_first_root_cause_is_what_was_broken(google: Any, scenario: str) -> None:
    roots = first_roots(google, [ROOTS[scenario]])
    TABLE.append((scenario, ", ".join(roots)))
    assert len(roots) == 1
    assert roots[0] in ROOTS[scenario]


@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_of_two_causes_both_are_the_first_two(google: Any, pair: tuple[str, str], tmp_path: pathlib.Path) -> None:
    folder = pathlib.Path(files.__file__).parent
    first, second = (yaml.safe_load((folder / f"{name}.yml").read_text(encoding="utf-8")) for name in pair)
    hosts = {entry["host"]: entry for entry in [*first.get("seen", []), *second.get("seen", [])]}
    both = {**first, "broken": [*first["broken"], *second["broken"]], "seen": list(hosts.values())}
    scenario = tmp_path / "pair.yml"
    scenario.write_text(yaml.safe_dump(both), encoding="utf-8")
    google.sandbox.reset(str(scenario))
    roots = first_roots(google, [ROOTS[name] for name in pair])
    TABLE.append((" + ".join(pair), ", ".join(roots)))
    assert [name for name in pair if ROOTS[name].isdisjoint(roots)] == []


def test_the_table_of_causes_and_first_roots(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write("\n" + "".join(f"{broken:55} {roots}\n" for broken, roots in TABLE))
