"""Who is being served right now: one context per request, seen by everything the request calls."""

from __future__ import annotations

from contextvars import ContextVar

_context: ContextVar[dict[str, str] | None] = ContextVar("request_context", default=None)


def set_request_context(**fields: str) -> None:
    _context.set({**current_request_context(), **fields})


def clear_request_context() -> None:
    _context.set(None)


def current_request_context() -> dict[str, str]:
    return dict(_context.get() or {})
