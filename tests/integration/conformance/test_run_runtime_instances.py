# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances: who may invoke them, the secrets they start with, their memory, what they reach."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from accounts import Account

DOCS = "https://cloud.google.com/run/docs"
PRIVATE = f"{DOCS}/authenticating/overview"
REFUSED = "Your client does not have permission to get URL <code>/</code> from this server."


@pytest.fixture(scope="module")
def private(services: Any) -> Iterator[Any]:
    """Return a service that one of its two `accounts` may invoke; this one may make tokens of both."""
    service = services.deploy(public=False, customAudiences=["https://custom.example"])
    service.accounts = {name: Account(services.target) for name in ("caller", "stranger")}
    own = f"serviceAccount:{services.target.session.credentials.service_account_email}"
    for account in service.accounts.values():
        account.bind("roles/iam.serviceAccountTokenCreator", own)
    member = f"serviceAccount:{service.accounts['caller'].email}"
    binding = {"role": "roles/run.invoker", "members": [member]}
    service.target.call("POST", f"{service.url}:setIamPolicy", {"policy": {"bindings": [binding]}})
    yield service
    for account in service.accounts.values():
        account.delete()


def token(service: Any, name: str = "caller", audience: str = "") -> str:
    email = service.accounts[name].email
    url = f"iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{email}:generateIdToken"
    body = {"audience": audience or service.uri, "includeEmail": True}
    return str(service.target.call("POST", url, body)["token"])


def invoked(service: Any, **headers: str) -> requests.Response:
    return requests.get(f"{service.uri}/", headers=headers, timeout=10)


@pytest.mark.source("public", PRIVATE)
def test_a_request_without_a_token_gets_403(private: Any) -> None:
    answer = invoked(private)
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (403, "text/html")
    assert REFUSED in answer.text


@pytest.mark.source("public", PRIVATE)
def test_the_caller_with_the_invoker_role_is_let_in(private: Any) -> None:
    assert invoked(private, Authorization=f"Bearer {token(private)}").status_code == 200


@pytest.mark.source("public", PRIVATE)
def test_a_caller_without_the_invoker_role_gets_403(private: Any) -> None:
    assert invoked(private, Authorization=f"Bearer {token(private, 'stranger')}").status_code == 403


@pytest.fixture
def fault(sandbox: Any) -> Iterator[Any]:
    """Put a fault in force; all are cleared when the case ends."""
    yield lambda kind, **options: sandbox.call("faults", {"kind": kind, **options})
    requests.delete(f"{sandbox.proxy}/_sandbox/faults", timeout=30).raise_for_status()


BAD_TOKENS = ["nonsense", "", "a.b.c"]


@pytest.mark.source("public", f"{DOCS}/troubleshooting#unauthorized-client")
@pytest.mark.parametrize("bad", BAD_TOKENS)
def test_what_is_no_token_gets_401(private: Any, bad: str) -> None:
    answer = invoked(private, Authorization=f"Bearer {bad}")
    assert answer.status_code == 401
    assert "The access token could not be verified" in answer.headers["WWW-Authenticate"]


@pytest.mark.source("public", f"{DOCS}/troubleshooting#unauthorized-client")
def test_an_access_token_is_no_id_token(private: Any) -> None:
    private.target.session.credentials.refresh(google_request())
    assert invoked(private, Authorization=f"Bearer {private.target.session.credentials.token}").status_code == 401


def google_request() -> Any:
    from google.auth.transport.requests import Request

    return Request()


@pytest.mark.source("public", f"{DOCS}/troubleshooting#unauthorized-client")
def test_a_token_for_another_audience_gets_401(private: Any) -> None:
    other = token(private, audience="https://elsewhere.example")
    assert invoked(private, Authorization=f"Bearer {other}").status_code == 401


@pytest.mark.source("public", f"{DOCS}/troubleshooting#unauthorized-client")
def test_a_token_whose_signature_was_changed_gets_401(private: Any) -> None:
    head, claims, signature = token(private).split(".")
    forged = f"{head}.{claims}.{signature[:-8]}AAAAAAAA"
    assert invoked(private, Authorization=f"Bearer {forged}").status_code == 401


@pytest.mark.source("public", f"{DOCS}/troubleshooting#unauthorized-client")
@pytest.mark.sandbox_only("the clock is moved")
def test_a_token_that_has_expired_gets_401(private: Any, fault: Any) -> None:
    given = token(private)
    fault("clock-offset", target="sandbox", seconds=3700)
    assert invoked(private, Authorization=f"Bearer {given}").status_code == 401


@pytest.mark.source("public", f"{DOCS}/configuring/custom-audiences")
def test_a_custom_audience_is_taken(private: Any) -> None:
    own = token(private, audience="https://custom.example")
    assert invoked(private, Authorization=f"Bearer {own}").status_code == 200


@pytest.mark.source("public", PRIVATE)
def test_each_address_of_the_service_is_an_audience(private: Any) -> None:
    for url in private.read()["urls"]:
        assert invoked(private, Authorization=f"Bearer {token(private, audience=url)}").status_code == 200


@pytest.mark.source("public", f"{DOCS}/authenticating/service-to-service")
def test_the_other_header_leaves_authorization_to_the_application(private: Any) -> None:
    headers = {"X-Serverless-Authorization": f"Bearer {token(private)}", "Authorization": "Basic b3du"}
    answer = requests.get(f"{private.uri}/headers", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["authorization"]) == (200, "Basic b3du")


@pytest.mark.source("public", f"{DOCS}/troubleshooting#signature-removed")
@pytest.mark.parametrize("header", ["Authorization", "X-Serverless-Authorization"])
def test_the_container_sees_the_token_without_its_signature(private: Any, header: str) -> None:
    sent = token(private)
    seen = requests.get(f"{private.uri}/headers", headers={header: f"Bearer {sent}"}, timeout=10).json()
    assert seen[header.lower()] == f"Bearer {sent.rpartition('.')[0]}.SIGNATURE_REMOVED_BY_GOOGLE"


@pytest.mark.source("public", f"{DOCS}/authenticating/public")
def test_the_container_of_a_public_service_sees_what_was_sent(services: Any) -> None:
    assert (
        services.deploy().json("/headers", headers={"Authorization": "Bearer a.b.c"})["authorization"] == "Bearer a.b.c"
    )


@pytest.mark.source("public", f"{DOCS}/authenticating/service-to-service")
def test_only_the_other_header_is_looked_at_when_both_are_there(private: Any) -> None:
    headers = {"X-Serverless-Authorization": "Bearer nonsense", "Authorization": f"Bearer {token(private)}"}
    assert invoked(private, **headers).status_code == 401


@pytest.mark.source("public", f"{DOCS}/securing/managing-access#invoker_check")
def test_a_service_without_the_invoker_check_is_open(services: Any) -> None:
    assert services.deploy(public=False, invokerIamDisabled=True).get().status_code == 200


@pytest.mark.source("public", f"{DOCS}/authenticating/public")
def test_a_public_service_becomes_private_with_its_policy(services: Any) -> None:
    service = services.deploy()
    assert invoked(service).status_code == 200
    service.target.call("POST", f"{service.url}:setIamPolicy", {"policy": {"bindings": []}})
    assert invoked(service).status_code == 403


@pytest.fixture
def secret(cloud: Any) -> Iterator[str]:
    """Return the name of a secret with one version, `first`, that services may read with their default account."""
    parent, name = f"secretmanager.googleapis.com/v1/projects/{cloud.project}/secrets", cloud.fresh("secret")
    cloud.call("POST", parent, {"replication": {"automatic": {}}}, secretId=name)
    add_version(cloud, name, "first")
    number = cloud.call("GET", f"cloudresourcemanager.googleapis.com/v1/projects/{cloud.project}")["projectNumber"]
    reader = f"serviceAccount:{number}-compute@developer.gserviceaccount.com"
    binding = {"role": "roles/secretmanager.secretAccessor", "members": [reader]}
    cloud.call("POST", f"{parent}/{name}:setIamPolicy", {"policy": {"bindings": [binding]}})
    yield name
    cloud.call("DELETE", f"{parent}/{name}")


def add_version(cloud: Any, name: str, value: str) -> None:
    url = f"secretmanager.googleapis.com/v1/projects/{cloud.project}/secrets/{name}:addVersion"
    cloud.call("POST", url, {"payload": {"data": base64.b64encode(value.encode()).decode()}})


def from_secret(name: str, secret: str, version: str) -> dict[str, Any]:
    return {"name": name, "valueSource": {"secretKeyRef": {"secret": secret, "version": version}}}


@pytest.mark.source("public", f"{DOCS}/configuring/services/secrets")
def test_latest_is_resolved_when_an_instance_starts(services: Any, secret: str) -> None:
    variables = [from_secret("LATEST", secret, "latest"), from_secret("PINNED", secret, "1")]
    service = services.deploy(container={"env": variables})
    add_version(services.target, secret, "second")

    def seen() -> tuple[str, str]:
        return service.json("/environment?name=LATEST"), service.json("/environment?name=PINNED")

    assert seen() == ("first", "first")
    service.get("/exit?code=1")
    services.target.until(lambda: service.get().status_code, lambda status: status == 200)
    assert seen() == ("second", "first")


@pytest.mark.source("observed", "messages of failed deployments, quoted in public issues")
def test_a_secret_that_is_not_there_fails_the_roll_out(services: Any) -> None:
    error = services.deploy(container={"env": [from_secret("LOST", "conformance-lost", "latest")]}).error
    assert "spec.template.spec.containers[0].env[0].value_from.secret_key_ref.name" in error["message"]


@pytest.mark.source("observed", "messages of failed deployments, quoted in public issues")
def test_a_secret_that_the_revision_may_not_read_fails_the_roll_out(cloud: Any, services: Any, secret: str) -> None:
    url = f"secretmanager.googleapis.com/v1/projects/{cloud.project}/secrets/{secret}:setIamPolicy"
    cloud.call("POST", url, {"policy": {"bindings": []}})
    error = services.deploy(container={"env": [from_secret("DENIED", secret, "latest")]}).error
    assert "Permission denied on secret: projects/" in error["message"]
    assert "must be granted the 'Secret Manager Secret Accessor' role" in error["message"]


@pytest.mark.source("public", f"{DOCS}/configuring/memory-limits")
def test_an_instance_above_its_memory_limit_is_ended(services: Any) -> None:
    limits = {"resources": {"limits": {"memory": "128Mi", "cpu": "1"}}}
    service = services.deploy(container=limits)
    first = service.json()["instance"]
    service.get("/allocate?mib=160")
    after = services.target.until(lambda: service.get().text, lambda text: "instance" in text and first not in text)
    assert after
    if services.target.directory:
        (line,) = service.lines("Memory limit")
        assert line.startswith("Memory limit of 128 MiB exceeded with ")
        assert line.endswith("see https://cloud.google.com/run/docs/configuring/memory-limits")
        assert service.lines("terminated") == ["Container terminated on signal 9."]


def private_address(target: Any) -> tuple[str, int, str]:
    """Return the host, port and network of the scenario's Redis instance."""
    found = target.call("GET", f"redis.googleapis.com/v1/{target.location}/instances")["instances"][0]
    return found["host"], found["port"], found["authorizedNetwork"]


@pytest.fixture(scope="module")
def connector(cloud: Any) -> str:
    """Return the scenario's connector."""
    found = cloud.call("GET", f"vpcaccess.googleapis.com/v1/{cloud.location}/connectors")["connectors"]
    return str(found[0]["name"])


def reach(service: Any) -> str:
    host, port, _network = private_address(service.target)
    return str(service.json(f"/reach?host={host}&port={port}&seconds=1"))


@pytest.mark.sandbox_only("needs the scenario's Redis instance")
@pytest.mark.source("public", f"{DOCS}/configuring/connecting-vpc")
@pytest.mark.parametrize(
    ("access", "reached"),
    [({}, False), ({"network": True}, True), ({"network": "other"}, False), ({"connector": True}, True)],
    ids=["no way", "direct", "direct, another network", "connector"],
)
def test_a_private_address_is_reached_through_the_right_network_only(
    services: Any, connector: str, access: dict[str, Any], reached: bool
) -> None:
    described: dict[str, Any] = {}
    if "connector" in access:
        described = {"vpcAccess": {"connector": connector}}
    elif "network" in access:
        network = private_address(services.target)[2] if access["network"] is True else access["network"]
        described = {"vpcAccess": {"networkInterfaces": [{"network": network.rpartition("/")[2]}]}}
    assert reach(services.deploy(described)) == ("+PONG\r\n" if reached else "timeout")


@pytest.mark.sandbox_only("needs the scenario's Redis instance")
@pytest.mark.source("public", "https://cloud.google.com/vpc/docs/configure-serverless-vpc-access")
@pytest.mark.parametrize(("network", "reached"), [("same", True), ("other", False)])
def test_a_new_connector_reaches_its_own_network_after_a_moment(services: Any, network: str, reached: bool) -> None:
    target, name = services.target, f"c{services.target.fresh('x')[-8:]}"
    own = private_address(target)[2].rpartition("/")[2] if network == "same" else network
    connectors = f"vpcaccess.googleapis.com/v1/{target.location}/connectors"
    made = target.call("POST", connectors, {"network": own, "ipCidrRange": "10.9.0.0/28"}, connectorId=name)
    try:
        target.finished(made, "vpcaccess.googleapis.com")
        service = services.deploy({"vpcAccess": {"connector": f"{target.location}/connectors/{name}"}})
        if reached:
            assert target.until(lambda: reach(service), lambda seen: seen == "+PONG\r\n")
        else:
            assert reach(service) == "timeout"
    finally:
        target.call("DELETE", f"{connectors}/{name}")


@pytest.mark.sandbox_only("faults on purpose, of the scenario's Redis instance")
@pytest.mark.source("public", "https://cloud.google.com/memorystore/docs/redis/memory-management-best-practices")
def test_a_full_redis_refuses_to_write_and_ends(services: Any, connector: str, fault: Any, sandbox: Any) -> None:
    service = services.deploy({"vpcAccess": {"connector": connector}})
    host, port, _network = private_address(service.target)
    url = f"redis.googleapis.com/v1/{service.target.location}/instances"
    name = next(found["name"] for found in service.target.call("GET", url)["instances"] if found["host"] == host)

    def say(words: str) -> str:
        asked = {"host": host, "port": port, "seconds": "5", "say": f"{words}\r\n"}
        return str(service.json("/reach", params=asked))

    assert say("SET conformance x") == "+OK\r\n"
    fault("redis-full", target=name.rpartition("/")[2])
    assert say("SET conformance y").startswith("-OOM ")
    assert say("PING") == "+PONG\r\n"
    requests.delete(f"{sandbox.proxy}/_sandbox/faults", timeout=30).raise_for_status()
    assert say("DEL conformance") == ":1\r\n"
    assert say("SET conformance z EX 1") == "+OK\r\n"


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("crash-loop", {"seconds": 0.0}, "Container terminated on signal 9."),
    ("wrong-port", {}, "STARTUP TCP probe failed 1 time consecutively"),
    ("slow-start", {"seconds": 5.0}, "STARTUP TCP probe failed 1 time consecutively"),
    ("memory-limit", {"mib": 1}, "Memory limit of 1 MiB exceeded with"),
]


@pytest.mark.sandbox_only("faults on purpose")
@pytest.mark.source("public", f"{DOCS}/troubleshooting")
@pytest.mark.parametrize("case", FAULTS, ids=[kind for kind, _, _ in FAULTS])
def test_a_fault_of_instances_makes_requests_fail_and_ends(services: Any, fault: Any, sandbox: Any, case: Any) -> None:
    kind, options, line = case
    probe = {"tcpSocket": {}, "periodSeconds": 3, "timeoutSeconds": 3, "failureThreshold": 1}
    service = services.deploy(container={"startupProbe": probe})
    assert service.get().status_code == 200
    fault(kind, target=service.name, **options)
    statuses: set[int] = set()

    def suffers() -> bool:
        statuses.add(service.get().status_code)
        return 503 in statuses and bool(service.logged(line))

    services.target.until(suffers, bool)
    assert 503 in statuses
    requests.delete(f"{sandbox.proxy}/_sandbox/faults", timeout=30).raise_for_status()
    assert services.target.until(lambda: service.get().status_code, lambda status: status == 200) == 200
