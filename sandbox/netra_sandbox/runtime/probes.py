"""Container health checks: what a template asks for, one attempt, and the lines that Cloud Run logs about them.

https://cloud.google.com/run/docs/configuring/healthchecks
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import aiohttp

from netra_sandbox.runtime import grpc_health

STARTUP, LIVENESS, READINESS = "STARTUP", "LIVENESS", "READINESS"
HTTP, TCP, GRPC = "HTTP", "TCP", "GRPC"
_ACTIONS = {"httpGet": HTTP, "grpc": GRPC, "tcpSocket": TCP}
_HTTP_OK = range(200, 400)
_RETRY_SECONDS = 0.03
# v2 has no successThreshold; 1 is the default of the v1 message (Probe.successThreshold).
_SUCCESSES = 1
_ENDINGS = {
    STARTUP: " The instance was not started.",
    LIVENESS: " The instance has been shut down.",
    READINESS: "",
}


@dataclass(frozen=True)
class Probe:
    """One probe of a container, times in seconds; `port` is the container's as the template has it."""

    kind: str
    action: str
    container: str
    port: int
    delay: int = 0
    period: int = 10
    timeout: int = 1
    failures: int = 3
    successes: int = 1
    path: str = ""
    service: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    default: bool = False


@dataclass(frozen=True)
class Outcome:
    """What one attempt came to; `status` is the connection's when there was none."""

    passed: bool
    status: str = ""


@dataclass
class Streak:
    """Consecutive outcomes of a probe that goes on for the life of an instance."""

    probe: Probe
    failures: int = 0
    successes: int = 0
    healthy: bool = True

    def note(self, outcome: Outcome) -> bool:
        """Take one outcome; tell whether the probe's verdict (`healthy`) has changed with it."""
        self.failures = 0 if outcome.passed else self.failures + 1
        self.successes = self.successes + 1 if outcome.passed else 0
        enough = self.failures >= self.probe.failures if self.healthy else self.successes >= self.probe.successes
        if enough:
            self.healthy = not self.healthy
        return enough


def read(kind: str, described: dict[str, Any], container: str, port: int, *, default: bool = False) -> Probe:
    """Read a probe of a normalised template; `port` is the container's, for a probe that names none."""
    name = next((found for found in _ACTIONS if described.get(found) is not None), "tcpSocket")
    action: dict[str, Any] = described.get(name) or {}
    headers = tuple((item["name"], str(item.get("value", ""))) for item in action.get("httpHeaders", []))
    return Probe(
        kind=kind,
        action=_ACTIONS[name],
        container=container,
        port=int(action.get("port") or port),
        delay=int(described.get("initialDelaySeconds") or 0),
        period=int(described.get("periodSeconds") or 10),
        timeout=int(described.get("timeoutSeconds") or 1),
        failures=int(described.get("failureThreshold") or 3),
        successes=int(described.get("successThreshold") or _SUCCESSES),
        path=str(action.get("path") or "/") if name == "httpGet" else "",
        service=str(action.get("service") or ""),
        headers=headers,
        default=default,
    )


def succeeded(probe: Probe, attempts: int) -> str:
    """Return the line for a start-up probe that passed."""
    return f"{_title(probe)} succeeded after {_count(attempts, 'attempt')} for {_place(probe)}."


def failed(probe: Probe, failures: int, status: str) -> str:
    """Return the line for a probe that failed as often as its threshold says."""
    connection = f" Connection failed with status {status}." if status else ""
    times = f"{_count(failures, 'time')} consecutively"
    return f"{_title(probe)} failed {times} for {_place(probe)}.{_ENDINGS[probe.kind]}{connection}"


async def attempt(probe: Probe, port: int) -> Outcome:
    """Try once, for as long as the probe's time-out.

    A TCP probe waits for the port to open; an HTTP probe fails at once when nobody listens (as observed: a first probe
    without a delay misses a slow server and its next attempt comes a period later), and so does a gRPC probe.
    """
    try:
        async with asyncio.timeout(probe.timeout):
            match probe.action:
                case "HTTP":
                    return await _http(probe, port)
                case "GRPC":
                    return await _grpc(probe, port)
                case _:
                    return await _tcp(port)
    except TimeoutError:
        return Outcome(False, "DEADLINE_EXCEEDED")


async def _tcp(port: int) -> Outcome:
    while True:
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            writer.close()
            return Outcome(True)


async def _http(probe: Probe, port: int) -> Outcome:
    url = f"http://127.0.0.1:{port}{probe.path}"
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, headers=dict(probe.headers), allow_redirects=False) as answer,
        ):
            return Outcome(answer.status in _HTTP_OK)
    except (aiohttp.ClientError, OSError):
        return Outcome(False, "ERROR_CONNECTION_FAILED")


async def _grpc(probe: Probe, port: int) -> Outcome:
    try:
        return Outcome(await grpc_health.status(port, probe.service) == grpc_health.SERVING)
    except OSError:
        return Outcome(False, "ERROR_CONNECTION_FAILED")


def _title(probe: Probe) -> str:
    return f"{'Default ' if probe.default else ''}{probe.kind} {probe.action} probe"


def _place(probe: Probe) -> str:
    path = f' path "{probe.path}"' if probe.path else ""
    return f'container "{probe.container}" on port {probe.port}{path}'


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
