# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Container health checks: when an instance has started, when it is restarted, when it gets no requests."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

HEALTH_CHECKS = "https://cloud.google.com/run/docs/configuring/healthchecks"
TROUBLESHOOTING = "https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start"
LOGS = "lines of run.googleapis.com/varlog/system, quoted in public issues"
NOT_STARTED = "The instance was not started."


def http(path: str = "/health", **fields: int) -> dict[str, Any]:
    return {"httpGet": {"path": path}, "periodSeconds": 1, "timeoutSeconds": 1, **fields}


def condition(resource: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(item for item in resource["conditions"] if item["type"] == kind)


STARTS = {
    "default": ({}, {}, 'Default STARTUP TCP probe succeeded after 1 attempt for container "{}-1" on port 8080.'),
    "http": (
        {"startupProbe": http()},
        {},
        'STARTUP HTTP probe succeeded after (1 attempt|.+ attempts) for container "{}-1" on port 8080 path "/health".',
    ),
    "second attempt": (
        {"startupProbe": http()},
        {"START_DELAY": "0.6"},
        'STARTUP HTTP probe succeeded after [2-9] attempts for container "{}-1" on port 8080 path "/health".',
    ),
    "tcp on another port": (
        {
            "startupProbe": {"tcpSocket": {}, "periodSeconds": 20, "timeoutSeconds": 20},
            "ports": [{"containerPort": 9000}],
        },
        {},
        'STARTUP TCP probe succeeded after 1 attempt for container "{}-1" on port 9000.',
    ),
    "named container": (
        {"name": "main"},
        {},
        'Default STARTUP TCP probe succeeded after 1 attempt for container "main" on port 8080.',
    ),
}


@pytest.mark.sandbox_only("the lines are read from the instance's log")
@pytest.mark.source("observed", LOGS)
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_a_passed_start_up_probe_is_logged(services: Any, start: Any) -> None:
    container, env, line = start
    service = services.deploy(container=container, env=env)
    assert not service.error
    (logged,) = service.lines("STARTUP")
    assert re.fullmatch(line.format(service.name), logged)


FAILURES = {
    "exits": ({}, {"EXIT_AT_START": "3"}, "Default STARTUP TCP probe failed 1 time consecutively", "CANCELLED"),
    "never listens": (
        {"startupProbe": {"tcpSocket": {}, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 2}},
        {"LISTEN_ON": "0"},
        "STARTUP TCP probe failed 2 times consecutively",
        "DEADLINE_EXCEEDED",
    ),
    "nobody there": (
        {"startupProbe": http(failureThreshold=1)},
        {"START_DELAY": "30"},
        "STARTUP HTTP probe failed 1 time consecutively",
        "ERROR_CONNECTION_FAILED",
    ),
    "unhealthy": (
        {"startupProbe": http(failureThreshold=2, initialDelaySeconds=1)},
        {"UNHEALTHY": "health"},
        "STARTUP HTTP probe failed 2 times consecutively",
        "",
    ),
}


@pytest.mark.sandbox_only("the lines are read from the instance's log")
@pytest.mark.source("observed", LOGS)
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_failed_start_up_probe_is_logged(services: Any, failure: Any) -> None:
    container, env, words, status = failure
    service = services.deploy(container=container, env=env)
    path = ' path "/health"' if "HTTP" in words else ""
    place = f'for container "{service.name}-1" on port 8080{path}.'
    connection = f" Connection failed with status {status}." if status else ""
    (line,) = service.lines("probe failed")
    if words.endswith("2 times consecutively") and "HTTP" in words:
        # The first attempt may have met no listener, the second met the server.
        connection = ""
    assert line == f"{words} {place} {NOT_STARTED}{connection}"


@pytest.mark.source("public", TROUBLESHOOTING)
def test_a_container_that_exits_fails_the_roll_out(services: Any) -> None:
    service = services.deploy(env={"EXIT_AT_START": "1"})
    assert service.error["code"] == 9
    assert "failed to start and listen on the port defined provided by the PORT=8080" in service.error["message"]
    assert condition(service.revision(), "ContainerHealthy")["revisionReason"] == "HEALTH_CHECK_CONTAINER_ERROR"


@pytest.mark.sandbox_only("the lines are read from the instance's log")
@pytest.mark.source("observed", LOGS)
def test_the_exit_of_a_container_is_logged(services: Any) -> None:
    assert services.deploy(env={"EXIT_AT_START": "3"}).lines("called exit") == ["Container called exit(3)."]


@pytest.mark.source("observed", "terraform-docs-samples pull request 254")
def test_a_configured_probe_has_words_of_its_own(services: Any) -> None:
    service = services.deploy(container={"startupProbe": http(failureThreshold=1)}, env={"UNHEALTHY": "health"})
    assert "The user-provided container failed the configured startup probe checks." in service.error["message"]


# grpc.health.v1.Health/Check, which tells that the service `api` serves and any other does not.
GRPC_SERVER = """
import os, grpc
from concurrent.futures import ThreadPoolExecutor
class Health(grpc.GenericRpcHandler):
    def service(self, call):
        serves = lambda request, context: b"\\x08\\x01" if request[2:] == b"api" else b"\\x08\\x02"
        return grpc.unary_unary_rpc_method_handler(serves) if call.method == "/grpc.health.v1.Health/Check" else None
server = grpc.server(ThreadPoolExecutor(1), handlers=(Health(),))
server.add_insecure_port("127.0.0.1:" + os.environ["PORT"])
server.start()
server.wait_for_termination()
"""


@pytest.mark.sandbox_only("the image has no gRPC library, the sandbox's Python has")
@pytest.mark.source("public", f"{HEALTH_CHECKS}#configure-startup")
@pytest.mark.parametrize("name", ["api", "worker"])
def test_a_grpc_probe_asks_for_the_health_of_a_service(services: Any, name: str) -> None:
    probe = {"grpc": {"service": name}, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 30}
    if name != "api":
        probe["failureThreshold"] = 2
    serving = {"command": ["python", "-c", GRPC_SERVER], "startupProbe": probe}
    service = services.deploy(container=serving)
    if name == "api":
        assert not service.error
        assert service.lines("STARTUP GRPC probe succeeded")
    else:
        assert "failed the configured startup probe checks" in service.error["message"]


@pytest.mark.source("public", f"{HEALTH_CHECKS}#liveness-probes")
def test_a_failed_liveness_probe_replaces_the_instance(services: Any) -> None:
    service = services.deploy(container={"livenessProbe": http("/health?probe=life", failureThreshold=2)})
    first = service.json()["instance"]
    service.get("/sicken?probe=life")
    seen = services.target.until(lambda: service.get().text, lambda text: "instance" in text and first not in text)
    assert first not in seen
    if services.target.directory:
        place = f'container "{service.name}-1" on port 8080 path "/health?probe=life"'
        line = f"LIVENESS HTTP probe failed 2 times consecutively for {place}. The instance has been shut down."
        assert service.lines("LIVENESS") == [line]


@pytest.mark.source("public", f"{HEALTH_CHECKS}#liveness-probes")
def test_requests_of_an_instance_that_liveness_ends_get_503(services: Any) -> None:
    service = services.deploy(container={"livenessProbe": http("/health?probe=life", failureThreshold=1)})
    with ThreadPoolExecutor(1) as pool:
        asleep = pool.submit(requests.get, f"{service.uri}/sleep?seconds=20", timeout=30)
        # Again and again: the request may have come to the instance after this one.
        service.target.until(lambda: service.get("/sicken?probe=life"), lambda _answer: asleep.done())
    assert asleep.result().status_code == 503


@pytest.mark.source("public", f"{HEALTH_CHECKS}#liveness-probes")
def test_a_liveness_probe_below_its_threshold_leaves_the_instance(services: Any) -> None:
    service = services.deploy(container={"livenessProbe": http("/health?probe=life", failureThreshold=3)})
    first = service.json("/sicken?probe=life&seconds=1.2")["instance"]
    service.get("/sleep?seconds=2.5")
    assert service.json()["instance"] == first


@pytest.mark.source("public", f"{HEALTH_CHECKS}#readiness-probes")
def test_an_instance_that_is_not_ready_gets_no_requests_until_it_is(services: Any) -> None:
    probe = http("/health?probe=ready", failureThreshold=1)
    service = services.deploy({"scaling": {"minInstanceCount": 2}}, container={"readinessProbe": probe})

    def answering() -> set[str]:
        return {service.json()["instance"] for _ in range(8)}

    both = services.target.until(answering, lambda seen: len(seen) == 2)
    sick = service.json("/sicken?probe=ready&seconds=4")["instance"]
    assert services.target.until(answering, lambda seen: len(seen) == 1) == both - {sick}
    assert services.target.until(answering, lambda seen: len(seen) == 2) == both
