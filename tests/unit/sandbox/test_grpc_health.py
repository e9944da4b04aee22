# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gRPC health check against a server of Google's own library, and against what is none."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from netra_sandbox.runtime import grpc_health, probes, processes

STATUSES = {b"": b"\x08\x01", b"api": b"\x08\x01", b"worker": b"\x08\x02", b"unknown": b"", b"x" * 200: b"\x08\x01"}
LOST = "lost"


class Health(grpc.GenericRpcHandler):
    """grpc.health.v1.Health by its messages as they are on the wire."""

    def service(self, handler_call_details: Any) -> Any:
        if handler_call_details.method != "/grpc.health.v1.Health/Check":
            return None
        return grpc.unary_unary_rpc_method_handler(self.check)

    def check(self, request: bytes, context: Any) -> bytes:
        name = request[2:] if len(request) < 128 else request[3:]
        if name.decode() == LOST:
            context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
        return STATUSES[name]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool, handlers=(Health(),))
        own = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield own
        server.stop(None).wait()


@pytest.mark.parametrize(
    ("service", "status"), [("", 1), ("api", 1), ("worker", 2), ("unknown", 0), ("x" * 200, 1), (LOST, None)]
)
def test_a_server_tells_the_status_of_a_service(port: int, service: str, status: int | None) -> None:
    assert asyncio.run(grpc_health.status(port, service)) == status


def probe(service: str, seconds: int = 20) -> probes.Probe:
    described = {"grpc": {"service": service, "port": 9}, "timeoutSeconds": seconds, "periodSeconds": seconds}
    return probes.read(probes.LIVENESS, described, "c", 8080)


@pytest.mark.parametrize(("service", "passed"), [("api", True), ("worker", False), ("unknown", False), (LOST, False)])
def test_a_probe_passes_when_the_service_serves(port: int, service: str, passed: bool) -> None:
    assert asyncio.run(probes.attempt(probe(service), port)) == probes.Outcome(passed)


def test_nobody_listens() -> None:
    outcome = asyncio.run(probes.attempt(probe("api"), processes.free_port()))
    assert outcome == probes.Outcome(False, "ERROR_CONNECTION_FAILED")


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", grpc_health.frame(grpc_health.Kind.GOAWAY, bytes(8)), b"", None]
)
def test_what_is_no_grpc_server(answer: bytes | None) -> None:
    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer is None:
            with contextlib.suppress(ConnectionError):
                await reader.read()  # until the other end gives up
        else:
            await reader.read(1)
            writer.write(answer)
        writer.close()

    async def asked() -> probes.Outcome:
        async with await asyncio.start_server(meet, "127.0.0.1", 0) as server:
            own = server.sockets[0].getsockname()[1]
            return await probes.attempt(probe("api", 20 if answer is not None else 1), own)

    outcome = asyncio.run(asked())
    assert not outcome.passed
    assert answer is not None or outcome.status == "DEADLINE_EXCEEDED"


def test_a_probe_is_read_and_told() -> None:
    found = probe("api")
    assert (found.action, found.port, found.service, found.path) == (probes.GRPC, 9, "api", "")
    assert probes.failed(found, 3, "").startswith("LIVENESS GRPC probe failed 3 times consecutively for container")
