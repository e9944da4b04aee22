"""The sandbox's own interface below /_sandbox/: reached at the port itself, never through the proxy."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from netra_sandbox.front.request_log import RequestLog

_LOCAL = frozenset({"127.0.0.1", "localhost"})


class Control:
    """Status, request log and reset."""

    def __init__(
        self, log: RequestLog, status: Callable[[], dict[str, Any]], reset: Callable[[str], Awaitable[None]]
    ) -> None:
        self._log = log
        self._status = status
        self._reset = reset

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request to the sandbox itself."""
        # A web page could be made to call this port under a name of its own (DNS rebinding).
        if request.host.partition(":")[0] not in _LOCAL or "Origin" in request.headers:
            return _refuse(403, "The sandbox's own interface is for this machine.")
        match (request.method, request.path):
            case ("GET", "/_sandbox/status"):
                return web.json_response(self._status())
            case ("GET", "/_sandbox/requests"):
                return self._requests(request.query.get("since", "0"))
            case ("GET", "/_sandbox/log"):
                return web.json_response(self._log.events())
            case ("POST", "/_sandbox/reset"):
                return await self._restore(request)
        return _refuse(404, f"There is no {request.method} {request.path}.")

    def _requests(self, since: str) -> web.StreamResponse:
        if not since.isdigit():
            return _refuse(400, "since must be a number.")
        return web.json_response(self._log.since(int(since)))

    async def _restore(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            body = json.loads(await request.read() or b"{}")
            scenario = str(body.get("scenario") or self._status()["scenario"])
        except (ValueError, AttributeError):
            return _refuse(400, "The body must be a JSON object with a scenario.")
        try:
            await self._reset(scenario)
        except ValueError as error:
            return _refuse(400, str(error))
        return web.json_response(self._status())


def _refuse(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"code": status, "message": message}}, status=status)
