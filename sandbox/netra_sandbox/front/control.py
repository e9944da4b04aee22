"""The sandbox's own interface below /_sandbox/: reached at the port itself, never through the proxy."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from netra_sandbox.front.request_log import RequestLog
from netra_sandbox.kernel.clock import format_time

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Values = dict[str, Any]
_LOCAL = frozenset({"127.0.0.1", "localhost"})


class Control:
    """Status, request log, faults, clock, access and reset."""

    def __init__(
        self,
        sandbox: Sandbox,
        log: RequestLog,
        status: Callable[[], Values],
        reset: Callable[[str], Awaitable[None]],
    ) -> None:
        self._sandbox = sandbox
        self._log = log
        self._status = status
        self._reset = reset
        self._answers: dict[tuple[str, str], Callable[[web.BaseRequest], Awaitable[Values]]] = {
            ("GET", "status"): self._get_status,
            ("GET", "requests"): self._get_requests,
            ("GET", "log"): self._get_log,
            ("POST", "reset"): self._post_reset,
            ("GET", "faults"): self._get_faults,
            ("POST", "faults"): self._post_fault,
            ("DELETE", "faults"): self._delete_faults,
            ("GET", "clock"): self._get_clock,
            ("POST", "clock"): self._post_clock,
            ("GET", "iam"): self._get_iam,
            ("POST", "iam"): self._post_iam,
            ("GET", "audit"): self._get_audit,
            ("POST", "quotas"): self._post_quota,
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request to the sandbox itself."""
        # A web page could be made to call this port under a name of its own (DNS rebinding).
        if request.host.partition(":")[0] not in _LOCAL or "Origin" in request.headers:
            return _refuse(403, "The sandbox's own interface is for this machine.")
        answer = self._answers.get((request.method, request.path.removeprefix("/_sandbox/")))
        if answer is None:
            return _refuse(404, f"There is no {request.method} {request.path}.")
        try:
            return web.json_response(await answer(request))
        except ValueError as error:
            return _refuse(400, str(error))

    async def _get_status(self, _: web.BaseRequest) -> Values:
        return self._status()

    async def _get_requests(self, request: web.BaseRequest) -> Values:
        return self._log.since(_since(request))

    async def _get_log(self, _: web.BaseRequest) -> Values:
        return self._log.events()

    async def _post_reset(self, request: web.BaseRequest) -> Values:
        body = await _object(request)
        await self._reset(str(body.get("scenario") or self._status()["scenario"]))
        return self._status()

    async def _get_faults(self, _: web.BaseRequest) -> Values:
        return {"faults": self._sandbox.faults.all()}

    async def _post_fault(self, request: web.BaseRequest) -> Values:
        return await self._sandbox.faults.add(await _object(request))

    async def _delete_faults(self, request: web.BaseRequest) -> Values:
        return {"cleared": await self._sandbox.faults.clear(request.query.get("name"))}

    async def _get_clock(self, _: web.BaseRequest) -> Values:
        clock = self._sandbox.clock
        return {"time": format_time(clock.now()), "offset": clock.offset}

    async def _post_clock(self, request: web.BaseRequest) -> Values:
        body = await _object(request)
        offset = body.get("offset")
        if set(body) != {"offset"} or isinstance(offset, bool) or not isinstance(offset, int | float):
            raise ValueError("The body must be a JSON object with an offset in seconds.")
        self._sandbox.set_clock(float(offset))
        return await self._get_clock(request)

    async def _get_iam(self, _: web.BaseRequest) -> Values:
        return {"mode": self._sandbox.access.mode}

    async def _post_iam(self, request: web.BaseRequest) -> Values:
        self._sandbox.access.switch(str((await _object(request)).get("mode")))
        return await self._get_iam(request)

    async def _post_quota(self, request: web.BaseRequest) -> Values:
        return self._sandbox.admission.limit(await _object(request))

    async def _get_audit(self, request: web.BaseRequest) -> Values:
        return self._sandbox.access.audit.since(_since(request))


def _since(request: web.BaseRequest) -> int:
    since = request.query.get("since", "0")
    if not since.isdigit():
        raise ValueError("since must be a number.")
    return int(since)


async def _object(request: web.BaseRequest) -> Values:
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ValueError("The body must be a JSON object.")
    return body


def _refuse(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"code": status, "message": message}}, status=status)
