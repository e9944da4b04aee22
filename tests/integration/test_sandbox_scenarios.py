# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every scenario: what is broken is seen from outside, what is not is healthy, and it is there in less than 10 s."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from netra_sandbox.scenarios import files

P, L = "projects/netra-staging", "projects/netra-staging/locations/us-central1"
BACKEND = f"run.googleapis.com/v2/{L}/services/netra-backend-staging"
CERTIFICATES = f"compute.googleapis.com/compute/v1/{P}/global/sslCertificates"
REDIS = f"redis.googleapis.com/v1/{L}/instances"
CONNECTOR = f"vpcaccess.googleapis.com/v1/{L}/connectors/staging-connector"
SECRETS = f"secretmanager.googleapis.com/v1/{P}/secrets"
SQL = f"sqladmin.googleapis.com/v1/{P}/instances/staging-postgres"
HEALTHY, DOWN, SLOW, WRONG_CERTIFICATE = "healthy", "down", "slow", "wrong-certificate"
START_SECONDS = 10
PATIENCE_SECONDS = 3.0
COME_UP_SECONDS = 60.0


@pytest.fixture(scope="module", autouse=True)
def leave_it_healthy(sandbox: Any) -> Iterator[None]:
    yield
    sandbox.reset("healthy")


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


# Scenario → what to ask the API (the status 404 is an answer too), and what the answer tells.
EVIDENCE: dict[str, list[tuple[str, Callable[[dict[str, Any]], bool]]]] = {
    "certificate-does-not-cover-host": [
        (CERTIFICATES, lambda seen: "api.staging.netrasystems.ai" not in seen["items"][0]["managed"]["domains"])
    ],
    "configuration-placeholders": [(BACKEND, lambda seen: variables(seen)["REDIS_HOST"] == "{{ redis_host }}")],
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


@pytest.mark.parametrize("name", files.names())
def test_a_scenario_breaks_what_it_says_and_nothing_else(sandbox: Any, name: str) -> None:
    scenario = files.find(name)
    begun = time.monotonic()
    sandbox.reset(name)
    assert time.monotonic() - begun < START_SECONDS
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    for url, tells in EVIDENCE[name]:
        seen = requests.get(f"https://{url}", headers=headers, timeout=10).json()
        assert tells(seen), seen
    hosts = {entry["host"]: HEALTHY for entry in scenario.contract["remediation_services"]} | dict(scenario.seen)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        states = dict(zip(hosts, pool.map(settled, hosts, hosts.values()), strict=True))
    broken = {host: seen for host, seen in states.items() if hosts[host] != HEALTHY}
    assert {host for host, seen in states.items() if seen == HEALTHY} == set(hosts) - set(broken)
    # One that waits for what it cannot reach is seen as slow before it is seen as down.
    assert all(seen == hosts[host] for host, seen in broken.items() if hosts[host] != DOWN)
