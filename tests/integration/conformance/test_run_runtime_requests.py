# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to services: addresses, ingress, time-outs, streams, WebSockets, the split, session affinity."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import ssl
import time
from typing import Any

import pytest
import requests
import websockets.exceptions
import websockets.sync.client
from wire import count_bodies

DOCS = "https://cloud.google.com/run/docs"
ONE_REQUEST = {"maxInstanceRequestConcurrency": 1}
LATEST, REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"


def websocket(service: Any) -> Any:
    context = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE"))
    return websockets.sync.client.connect(f"{service.uri.replace('https', 'wss')}/", ssl=context, proxy=True)


def lasting_request(service: Any) -> Any:
    """Begin a request that lasts until the returned answer is closed, a minute at most."""
    return service.get("/stream?chunks=600&pause=0.1", stream=True)


@pytest.fixture(scope="module")
def plain(services: Any) -> Any:
    """Return a service that cases may send requests to and do not change."""
    return services.deploy()


@pytest.fixture(scope="module")
def hasty(services: Any) -> Any:
    """Return a service whose requests may take a second."""
    return services.deploy({"timeout": "1s"})


@pytest.mark.source("public", f"{DOCS}/triggering/https-request")
@pytest.mark.parametrize("number", [0, 1], ids=["deterministic", "legacy"])
def test_both_addresses_of_a_service_lead_to_it(plain: Any, number: int) -> None:
    assert requests.get(plain.read()["urls"][number], timeout=10).status_code == 200


@pytest.mark.source("public", f"{DOCS}/issues#reserved-url-paths")
@pytest.mark.parametrize("path", ["/healthz", "/eventlog", "/_ah/start"])
def test_reserved_paths_do_not_reach_the_container(plain: Any, path: str) -> None:
    answer = plain.get(path)
    assert (answer.status_code, "Page not found" in answer.text) == (404, True)


@pytest.mark.source("public", f"{DOCS}/container-contract#x-forwarded")
@pytest.mark.parametrize(("header", "begins"), [("x-forwarded-proto", "https"), ("x-forwarded-for", "127.")])
def test_the_container_sees_who_asked(plain: Any, header: str, begins: str) -> None:
    assert plain.json("/headers")[header].startswith(begins)


@pytest.mark.source("public", "https://cloud.google.com/trace/docs/trace-context")
def test_the_container_sees_the_trace_of_the_request(plain: Any) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    seen = plain.json("/headers", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert trace in seen["traceparent"]
    assert seen["x-cloud-trace-context"].startswith(f"{trace}/")


@pytest.mark.source("public", f"{DOCS}/triggering/https-request")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_methods_and_bodies_reach_the_container(plain: Any, method: str) -> None:
    assert plain.json("/echo", method=method, data="x" * 100_000) == "x" * 100_000


INGRESS = {
    "INGRESS_TRAFFIC_INTERNAL_ONLY": 404,
    "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER": 404,
    "INGRESS_TRAFFIC_ALL": 200,
}


@pytest.mark.source("public", f"{DOCS}/securing/ingress")
def test_ingress_decides_who_finds_a_service(services: Any) -> None:
    service = services.deploy()
    for ingress, status in INGRESS.items():
        service.patch({"ingress": ingress}, "ingress")
        assert (ingress, service.get().status_code) == (ingress, status)


WAYS: dict[str, tuple[dict[str, Any], str, int]] = {
    "everything through the network": ({"egress": "ALL_TRAFFIC"}, "INGRESS_TRAFFIC_INTERNAL_ONLY", 200),
    "... to one that is balanced": ({"egress": "ALL_TRAFFIC"}, "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER", 200),
    "private ranges alone": ({"egress": "PRIVATE_RANGES_ONLY"}, "INGRESS_TRAFFIC_INTERNAL_ONLY", 404),
    "no network": ({}, "INGRESS_TRAFFIC_INTERNAL_ONLY", 404),
}


@pytest.mark.sandbox_only("it needs the network of the scenario, with Private Google Access")
@pytest.mark.source("public", f"{DOCS}/securing/ingress#settings")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_request_from_another_service_is_internal_when_the_network_carries_it(services: Any, way: Any) -> None:
    access, ingress, status = way
    instances = f"redis.googleapis.com/v1/{services.target.location}/instances"
    network = services.target.call("GET", instances)["instances"][0]["authorizedNetwork"].rpartition("/")[2]
    interface = {"networkInterfaces": [{"network": network}]} if access else {}
    caller = services.deploy({"vpcAccess": {**interface, **access}} if access else {})
    hidden = services.deploy(ingress=ingress)
    assert hidden.get().status_code == 404
    assert caller.fetch(hidden.uri).status_code == status


@pytest.mark.source("public", f"{DOCS}/securing/ingress#disable-url")
def test_a_disabled_address_is_not_found(services: Any) -> None:
    service = services.deploy(defaultUriDisabled=True)
    uri = next(iter(service.read().get("urls", [])), "") or service.read().get("uri", "")
    assert not uri or requests.get(uri, timeout=10).status_code == 404


@pytest.mark.source("public", f"{DOCS}/rollouts-rollbacks-traffic-migration#tags")
def test_a_tag_has_an_address_of_its_own(services: Any) -> None:
    service = services.deploy()
    first = service.json()["revision"]
    service.patch({"template": template(services, VERSION="2")}, "template")
    pinned = [{"type": LATEST, "percent": 100}, {"type": REVISION, "revision": first, "tag": "before"}]
    service.patch({"traffic": pinned}, "traffic")
    assert service.json()["revision"] != first
    assert service.json(tag="before")["revision"] == first
    assert service.get(tag="unknown").status_code == 404


@pytest.mark.source("public", f"{DOCS}/configuring/request-timeout")
def test_a_request_that_takes_too_long_gets_504(hasty: Any) -> None:
    answer = hasty.get("/sleep?seconds=5")
    assert (answer.status_code, answer.text) == (504, "upstream request timeout")


@pytest.mark.source("public", f"{DOCS}/configuring/request-timeout")
def test_a_stream_is_cut_at_the_time_out(hasty: Any) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        hasty.get("/stream?chunks=20&pause=0.2")


@pytest.mark.source("public", f"{DOCS}/triggering/websockets")
def test_a_websocket_is_cut_at_the_time_out_without_a_close_frame(hasty: Any) -> None:
    with websocket(hasty) as connection:
        begun = time.monotonic()
        with pytest.raises(websockets.exceptions.ConnectionClosedError):
            connection.recv(timeout=10)
        assert connection.protocol.close_code == 1006
        assert time.monotonic() - begun < 5


@pytest.mark.source("public", f"{DOCS}/triggering/websockets")
def test_a_websocket_carries_messages_both_ways(plain: Any) -> None:
    with websocket(plain) as connection:
        for word in ("one", "two"):
            connection.send(word)
            assert connection.recv(timeout=10) == word


@pytest.mark.source(
    "public", "https://cloud.google.com/blog/products/serverless/cloud-run-now-supports-http-grpc-server-streaming"
)
def test_a_stream_arrives_as_it_is_sent(plain: Any) -> None:
    begun = time.monotonic()
    with lasting_request(plain) as answer:
        assert next(answer.iter_content(16)) == b"0\n"
        assert time.monotonic() - begun < 30


@pytest.mark.source("public", f"{DOCS}/troubleshooting#malformed-response-or-connection-error")
def test_an_instance_that_dies_with_a_request_answers_503(services: Any) -> None:
    service = services.deploy()
    assert service.get("/exit?code=1").status_code == 503


@pytest.mark.source("public", "https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_the_instance_closed_costs_no_request(plain: Any, method: str) -> None:
    with requests.Session() as client:
        urls = [f"{plain.uri}/close", plain.uri] * 10
        assert {client.request(method, url, timeout=10).status_code for url in urls} == {200}


@pytest.mark.source("public", f"{DOCS}/troubleshooting#malformed-response-or-connection-error")
def test_an_instance_that_dies_after_others_were_answered_costs_one_request(services: Any) -> None:
    service = services.deploy()
    with requests.Session() as client:
        paths = ["", "", "/exit?code=1"]
        assert [client.get(f"{service.uri}{path}", timeout=10).status_code for path in paths] == [200, 200, 503]


@pytest.mark.source("public", "https://www.rfc-editor.org/rfc/rfc9112#section-9.3")
def test_requests_share_connections_to_an_instance(plain: Any) -> None:
    with requests.Session() as client:
        counted = [client.get(f"{plain.uri}/connections", timeout=10).json() for _ in range(20)]
    assert counted[-1] - counted[0] < 10


@pytest.mark.source("public", f"{DOCS}/about-concurrency")
def test_an_instance_takes_as_many_requests_as_its_concurrency(plain: Any) -> None:
    assert len({answer.json()["instance"] for answer in plain.at_once("/sleep?seconds=0.5", 4)}) == 1


@pytest.mark.source("public", f"{DOCS}/about-instance-autoscaling")
def test_more_requests_than_that_take_another_instance(services: Any) -> None:
    service = services.deploy(ONE_REQUEST)
    with contextlib.ExitStack() as at_once:
        answers = [at_once.enter_context(lasting_request(service)) for _ in range(3)]
        assert len({answer.headers["X-Instance"] for answer in answers}) == 3


@pytest.mark.source("public", f"{DOCS}/configuring/max-instances")
def test_requests_wait_while_all_instances_are_busy(services: Any) -> None:
    service = services.deploy({**ONE_REQUEST, "scaling": {"maxInstanceCount": 1}})
    begun = time.monotonic()
    answers = service.at_once("/sleep?seconds=0.5", 3)
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.json()["instance"] for answer in answers}) == 1
    assert time.monotonic() - begun >= 1.5


@pytest.mark.source("public", f"{DOCS}/troubleshooting#429-max-instances")
def test_a_request_that_waited_in_vain_gets_429(services: Any) -> None:
    service = services.deploy({**ONE_REQUEST, "scaling": {"maxInstanceCount": 1}})
    with lasting_request(service):
        refused = service.get()
    assert (refused.status_code, refused.text) == (429, "Rate exceeded.")


@pytest.mark.source("public", f"{DOCS}/configuring/services/manual-scaling")
def test_manual_scaling_runs_as_many_instances_as_told(services: Any) -> None:
    service = services.deploy(scaling={"scalingMode": "MANUAL", "manualInstanceCount": 2})
    assert len(services.target.until(service.answering, lambda seen: len(seen) == 2)) == 2


def template(services: Any, **env: str) -> dict[str, Any]:
    variables = [{"name": name, "value": value} for name, value in env.items()]
    return {"containers": [{"image": services.image, "env": variables}]}


@pytest.fixture(scope="module")
def split(services: Any) -> tuple[Any, dict[str, int]]:
    """Return a service whose traffic is split 70:30, and the percent of each revision."""
    service = services.deploy()
    first = service.json()["revision"]
    service.patch({"template": template(services, VERSION="2")}, "template")
    second = service.json()["revision"]
    shares = {first: 70, second: 30}
    targets = [{"type": REVISION, "revision": name, "percent": percent} for name, percent in shares.items()]
    service.patch({"traffic": targets}, "traffic")
    return service, shares


@pytest.mark.source("public", f"{DOCS}/rollouts-rollbacks-traffic-migration#split-traffic")
def test_a_split_is_kept_within_binomial_bounds(split: Any) -> None:
    service, shares = split
    number = 10_000
    counted = asyncio.run(count_bodies(f"{service.uri}/environment?name=K_REVISION", number, 16))
    assert counted.total() == number
    for revision, percent in shares.items():
        spread = math.sqrt(number * percent / 100 * (1 - percent / 100))
        assert abs(counted[f'"{revision}"'.encode()] - number * percent / 100) < 5 * spread


@pytest.fixture(scope="module")
def sticky(services: Any) -> Any:
    """Return a service with session affinity and two instances."""
    service = services.deploy({"sessionAffinity": True, "scaling": {"minInstanceCount": 2}})

    def strangers() -> set[str]:
        return {requests.get(service.uri, timeout=10).json()["instance"] for _ in range(6)}

    services.target.until(strangers, lambda seen: len(seen) == 2)
    return service


@pytest.mark.source("public", f"{DOCS}/configuring/session-affinity")
def test_a_client_is_bound_to_the_instance_that_answered_it(sticky: Any) -> None:
    with requests.Session() as client:
        seen = {client.get(sticky.uri, timeout=10).json()["instance"] for _ in range(8)}
    assert len(seen) == 1


@pytest.mark.source("public", f"{DOCS}/configuring/session-affinity")
def test_the_bond_is_a_cookie_of_30_days(sticky: Any) -> None:
    cookies = requests.get(sticky.uri, timeout=10).cookies
    (cookie,) = [found for found in cookies if found.name == "GAESA"]
    assert abs(cookie.expires - time.time() - 30 * 86400) < 60


@pytest.mark.source("public", f"{DOCS}/configuring/session-affinity")
def test_a_bond_to_an_instance_that_is_gone_is_made_anew(sticky: Any) -> None:
    with requests.Session() as client:
        first = client.get(sticky.uri, timeout=10).json()["instance"]
        client.get(f"{sticky.uri}/exit?code=0", timeout=10)
        sticky.target.until(lambda: client.get(sticky.uri, timeout=10).status_code, lambda status: status == 200)
        seen = [client.get(sticky.uri, timeout=10).json()["instance"] for _ in range(3)]
    assert first not in seen
    assert len(set(seen)) == 1


@pytest.mark.source("public", f"{DOCS}/configuring/session-affinity")
def test_the_bond_takes_precedence_over_the_split(services: Any) -> None:
    service = services.deploy({"sessionAffinity": True})
    first = service.json()["revision"]
    service.patch({"template": {**template(services, VERSION="2"), "sessionAffinity": True}}, "template")
    second = requests.get(service.uri, timeout=10).json()["revision"]
    even = [{"type": REVISION, "revision": name, "percent": 50} for name in (first, second)]
    service.patch({"traffic": even}, "traffic")
    with requests.Session() as client:
        bound = client.get(service.uri, timeout=10).json()["revision"]
        assert {client.get(service.uri, timeout=10).json()["revision"] for _ in range(14)} == {bound}
        (other,) = {first, second} - {bound}
        service.patch({"traffic": [{"type": REVISION, "revision": other, "percent": 100}]}, "traffic")
        assert client.get(service.uri, timeout=10).json()["revision"] == other


@pytest.mark.source("public", f"{DOCS}/configuring/session-affinity")
def test_without_affinity_there_is_no_cookie(plain: Any) -> None:
    assert not requests.get(plain.uri, timeout=10).cookies
