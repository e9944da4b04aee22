"""A call of an API method and the table of the handlers that answer them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox


@dataclass(frozen=True)
class Call:
    """One call, validated: `method` and the parameters have the names of the discovery documents."""

    method: str
    parameters: Mapping[str, Any]
    body: dict[str, Any]
    principal: str
    media: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Media:
    """An answer that is not JSON."""

    content: bytes
    content_type: str = "application/octet-stream"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[["Sandbox", Call], Awaitable["dict[str, Any] | Media"]]
_Specific = TypeVar("_Specific", bound=Callable[["Sandbox", Call], Awaitable[Any]])
HANDLERS: dict[str, Handler] = {}


def handler_of(method: str, version: str) -> Handler | None:
    """Find a method's handler: the one of this version of its API (`ID@VERSION`), else the one of all versions."""
    return HANDLERS.get(f"{method}@{version}") or HANDLERS.get(method)


def handles(method: str) -> Callable[[_Specific], _Specific]:
    """Register a function as the handler of an API method, `ID` or `ID@VERSION`."""

    def register(handler: _Specific) -> _Specific:
        HANDLERS[method] = handler
        return handler

    return register
