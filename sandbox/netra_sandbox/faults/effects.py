"""What a fault does to the call that it strikes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from netra_sandbox.faults.rules import DELAY, DROP, ERROR, HALF_ANSWER, HOLD, OPERATION_ERROR, STUCK_OPERATION, Rule
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.kernel.operations import OPERATION_FAULT

_STUCK_POLL_SECONDS = 0.2
_HELD_POLL_SECONDS = 0.02


class _Closed(web.StreamResponse):
    """A response of which nothing more is sent: the connection is closed."""

    async def prepare(self, request: web.BaseRequest) -> None:
        """Send no head."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Send no end."""


async def carry_out(
    struck: Sequence[Rule],
    request: web.BaseRequest,
    answer: Callable[[], Awaitable[web.StreamResponse]],
    lasts: Callable[[Rule], bool],
) -> web.StreamResponse:
    """Answer a call as the rules that struck it say: every delay, then the first of the others."""
    for delay in struck:
        if delay.kind == DELAY:
            await asyncio.sleep(delay.seconds)
    rule = next((rule for rule in struck if rule.kind != DELAY), None)
    if rule is None:
        return await answer()
    if rule.kind == ERROR:
        raise error_of(rule)
    if rule.kind == DROP:
        if rule.handled:
            await answer()
        return _close(request, 503)
    if rule.kind == HOLD:
        return await _hold(rule, request, answer, lasts)
    if rule.kind == HALF_ANSWER:
        return await _halve(request, await answer())
    token = OPERATION_FAULT.set(_operation_fault(rule, lasts))
    try:
        return await answer()
    finally:
        OPERATION_FAULT.reset(token)


def error_of(rule: Rule) -> ApiError:
    """Return the error that a rule describes."""
    error = ApiError(rule.status, rule.message, list(rule.details))
    error.retry_after = rule.retry_after or None
    return error


def _operation_fault(rule: Rule, lasts: Callable[[Rule], bool]) -> Callable[[], Awaitable[None]]:
    """Return what an operation awaits before its work: nothing until the fault is cleared, or an error."""

    async def stuck() -> None:
        while lasts(rule):
            await asyncio.sleep(_STUCK_POLL_SECONDS)

    async def fails() -> None:
        raise error_of(rule)

    return {STUCK_OPERATION: stuck, OPERATION_ERROR: fails}[rule.kind]


async def _hold(
    rule: Rule,
    request: web.BaseRequest,
    answer: Callable[[], Awaitable[web.StreamResponse]],
    lasts: Callable[[Rule], bool],
) -> web.StreamResponse:
    """Let the client wait until the fault is cleared, and then without an answer: nothing of it happens later."""
    if rule.handled:
        await answer()
    while lasts(rule):
        await asyncio.sleep(_HELD_POLL_SECONDS)
    return _close(request, 503)


async def _halve(request: web.BaseRequest, whole: web.StreamResponse) -> web.StreamResponse:
    body = whole.body if isinstance(whole, web.Response) and isinstance(whole.body, bytes) else b""
    begun = web.StreamResponse(status=whole.status, headers=whole.headers)
    begun.content_length = len(body)
    await begun.prepare(request)
    await begun.write(body[: len(body) // 2])
    return _close(request, whole.status)


def _close(request: web.BaseRequest, status: int) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    closed = _Closed(status=status)
    closed.force_close()
    return closed
