"""Probe what uptime checks name, on their periods, through the sandbox's own front.

https://cloud.google.com/monitoring/uptime-checks/introduction
"""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from netra_sandbox.services.cloud_monitoring.uptime import CHECKERS, KEY, regions, seconds
from netra_sandbox.telemetry.metrics import Identity

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
_TICK_SECONDS = 0.25
_AT_ONCE = 16
_READ_BYTES = 1 << 20  # "the check searches the first 1 MB of the response"
_USER_AGENT = "GoogleStackdriverMonitoring-UptimeChecks(https://cloud.google.com/monitoring)"
_LOG = logging.getLogger(__name__)
_CLASSES = {f"STATUS_CLASS_{number}XX": number for number in range(1, 6)}


@dataclass(frozen=True)
class Result:
    """What one probe came to; `status` is 0 without an answer, `latency` is in milliseconds."""

    passed: bool
    status: int
    latency: float


@dataclass
class Prober:
    """Probes until it is stopped; periods follow the sandbox's clock."""

    sandbox: Sandbox
    _task: asyncio.Task[None] | None = None
    _due: dict[str, float] = field(default_factory=dict)
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    def start(self) -> None:
        """Begin to probe."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End, and leave the probes that run."""
        tasks = [task for task in (self._task, *self._running) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._due.clear()

    async def _run(self) -> None:
        while True:
            try:
                self._begin_due()
            except Exception:  # noqa: BLE001  one bad config ends no other's checks
                _LOG.exception("uptime checks")
            await asyncio.sleep(_TICK_SECONDS)

    def _begin_due(self) -> None:
        now = self.sandbox.clock.seconds()
        configs = {config["name"]: config for config in self.sandbox.store.list(KEY)}
        self._due = {name: due for name, due in self._due.items() if name in configs}
        for name, config in configs.items():
            period = seconds(config["period"])
            due = self._due.get(name, now)
            # A clock that was set back must not silence a check.
            if config.get("disabled") or (now < due <= now + period):
                continue
            self._due[name] = now + period
            for region in regions(config):
                task = asyncio.create_task(self._probe(config, region))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    async def _probe(self, config: Resource, region: str) -> None:
        async with self._gate:
            result = await probe(self.sandbox, config)
        if self.sandbox.store.get(KEY + config["name"]) is None:
            return
        host = config.get("monitoredResource", {}).get("labels", {}).get("host", "")
        labels = (
            ("check_id", config["name"].rpartition("/")[2]),
            ("checked_resource_id", host),
            ("checker_location", CHECKERS[region]),
        )
        places = (("project_id", self.sandbox.project), ("host", host))
        now = self.sandbox.clock.seconds()
        values = {"check_passed": result.passed, "request_latency": result.latency, "http_status": result.status}
        for metric, value in values.items():
            identity = Identity(f"monitoring.googleapis.com/uptime_check/{metric}", labels, "uptime_url", places)
            if metric != "http_status" or result.status:
                self.sandbox.metrics.measure(identity, now, value)


async def probe(sandbox: Sandbox, config: Resource) -> Result:
    """Send one probe and judge the answer."""
    check = config.get("httpCheck")
    begun = time.monotonic()
    status, content = 0, b""
    if check is not None:
        try:
            async with asyncio.timeout(seconds(config["timeout"])):
                status, content = await _fetch(sandbox, config, check)
        except (aiohttp.ClientError, OSError, TimeoutError):
            status = 0
    latency = (time.monotonic() - begun) * 1000
    passed = bool(status) and accepted(check or {}, status) and matches(config.get("contentMatchers", []), content)
    return Result(passed, status, latency)


async def _fetch(sandbox: Sandbox, config: Resource, check: Resource) -> tuple[int, bytes]:
    host = config.get("monitoredResource", {}).get("labels", {}).get("host", "")
    scheme = "https" if check.get("useSsl") else "http"
    port = "" if check["port"] in {80, 443} else f":{check['port']}"
    context = ssl.create_default_context(cafile=str(sandbox.directory / "ca.pem"))
    if not check.get("validateSsl"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    authentication = check.get("authInfo")
    async with (
        aiohttp.ClientSession(headers={"User-Agent": _USER_AGENT, **check.get("headers", {})}) as session,
        session.request(
            check.get("requestMethod", "GET"),
            f"{scheme}://{host}{port}{check['path']}",
            data=base64.b64decode(check["body"]) if check.get("body") else None,
            auth=aiohttp.BasicAuth(authentication.get("username", ""), authentication.get("password", ""))
            if authentication
            else None,
            proxy=sandbox.front,
            ssl=context,
        ) as answer,
    ):
        return answer.status, await answer.content.read(_READ_BYTES)


def accepted(check: Resource, status: int) -> bool:
    """Tell whether a status is one that a check takes for success: 2xx unless it says otherwise."""
    wanted = check.get("acceptedResponseStatusCodes") or [{"statusClass": "STATUS_CLASS_2XX"}]
    return any(
        one.get("statusValue") == status
        or one.get("statusClass") == "STATUS_CLASS_ANY"
        or _CLASSES.get(one.get("statusClass", "")) == status // 100
        for one in wanted
    )


def matches(matchers: list[Resource], content: bytes) -> bool:
    """Tell whether an answer's content is as all matchers ask."""
    text = content.decode("utf-8", "replace")
    return all(_matches(matcher, text) for matcher in matchers)


def _matches(matcher: Resource, text: str) -> bool:
    wanted, kind = matcher.get("content", ""), matcher.get("matcher", "CONTAINS_STRING")
    found = re.search(wanted, text) is not None if kind.endswith("REGEX") else wanted in text
    return not found if kind.startswith("NOT_") else found
