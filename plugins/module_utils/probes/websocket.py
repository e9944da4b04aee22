# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""WebSocket connections for probes. The only file that knows the library websockets."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Coroutine, Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, MissingLibrary
from ansible_collections.netra.remediation.plugins.module_utils.probes import connection, web
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import (
    Observation,
    Target,
    Unhealthy,
    excerpt,
    seconds_text,
)

IMPORT_ERROR: ImportError | None = None

try:
    from websockets import exceptions
    from websockets.asyncio.client import connect
except ImportError as error:
    IMPORT_ERROR = error

CLOSE_SECONDS = 2
SLOW = "look at the start of the service's instances and at the hops in front of it"


class Channel:
    """An open connection, used from one thread.

    The library's own synchronous connection reads in a second thread, and two threads on one TLS connection can crash
    the interpreter before Python 3.13.6 (https://github.com/python/cpython/issues/134698): hence an event loop that
    runs as long as a call of this class.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._connection: Any = None

    def open(self, url: str, **options: Any) -> None:
        """Connect with the options of websockets.asyncio.client.connect; raise what it raises."""

        async def connection() -> Any:
            return await connect(url, **options)

        self._connection = self._run(connection())

    def close(self) -> None:
        """End the connection, if there is one, and the loop."""
        try:
            if self._connection is not None:
                self._run(self._connection.close())
        finally:
            self._loop.close()

    def send(self, message: str) -> None:
        """Send a text message."""
        self._run(self._connection.send(message))

    def receive(self, timeout: float) -> str | bytes:
        """Return the next message; raise TimeoutError when none came within the seconds."""
        received: str | bytes = self._run(asyncio.wait_for(self._connection.recv(), timeout))
        return received

    def is_ping_answered(self, timeout: float) -> bool:
        """Exchange a ping for a pong within the seconds; a close counts as an answer."""

        async def ping() -> bool:
            answered = await self._connection.ping()
            closed = asyncio.ensure_future(self._connection.wait_closed())
            done, late = await asyncio.wait({answered, closed}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            for other in late:
                other.cancel()
            await asyncio.gather(*done, *late, return_exceptions=True)
            return bool(done)

        try:
            return bool(self._run(ping()))
        except exceptions.ConnectionClosed:
            return True

    def close_reason(self) -> str | None:
        """Say with which code and words the other side closed; None while the connection is open."""
        if self._connection.close_code is None:
            return None
        return f"{self._connection.close_code} {excerpt(self._connection.close_reason or '')}".strip()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(work)


@contextlib.contextmanager
def connected(
    url: str, *, timeout: float, headers: Mapping[str, Any] | None = None, ca_file: str | None = None
) -> Iterator[Channel]:
    """Yield an open connection; raise Unhealthy when it does not come about."""
    if IMPORT_ERROR:
        raise MissingLibrary("websockets", IMPORT_ERROR)
    with contextlib.closing(Channel()) as channel:
        _open(channel, url, headers or {}, ca_file, timeout)
        yield channel


def _open(channel: Channel, url: str, headers: Mapping[str, Any], ca_file: str | None, timeout: float) -> None:
    deadline = Deadline(timeout)
    _parts, endpoint = web.endpoint_of(url, {"wss": 443, "ws": 80})
    route = connection.Endpoint(endpoint.host, endpoint.port, {"wss": "https", "ws": "http"}[endpoint.scheme])
    what = f"connecting the WebSocket {web.shown(url)}"
    context = connection.trust(ca_file) if endpoint.scheme == "wss" else None
    try:
        stream = connection.open_stream(route, deadline)
        channel.open(
            url,
            sock=stream,
            ssl=context,
            additional_headers={name: str(value) for name, value in headers.items()},
            open_timeout=max(deadline.remaining(), 0.001),
            close_timeout=CLOSE_SECONDS,
            ping_interval=None,
            proxy=None,
        )
    except Unhealthy as error:
        raise type(error)(f"{what} failed: {error.reason}", **error.observed) from error
    except exceptions.InvalidURI as error:
        raise BadInput(f"{web.shown(url)} is not a WebSocket address; it must start with ws:// or wss://") from error
    except ssl.SSLCertVerificationError as error:
        told = connection.refused_certificate(error, route, deadline)
        raise Unhealthy(f"{what} failed: {told.reason}", **told.observed) from error
    except TimeoutError as error:
        raise Unhealthy(
            f"{what}: connected, but the handshake was not answered within {seconds_text(timeout)}; "
            "look at the service and at the hops in front of it"
        ) from error
    except (exceptions.WebSocketException, OSError, ValueError) as error:
        raise _not_connected(what, error, headers) from error


def _not_connected(what: str, error: Exception, headers: Mapping[str, Any]) -> Unhealthy:
    # The library wraps the answer in a ValueError when it is a redirection, which it cannot follow on an open socket.
    answer = error.__cause__ if isinstance(error, ValueError) else error
    if isinstance(answer, exceptions.InvalidStatus):
        return _refused(what, answer.response, headers)
    detail = excerpt(str(error), [str(value) for value in headers.values()])
    return Unhealthy(f"{what} failed: {detail}; check that this path speaks WebSocket")


def _refused(what: str, response: Any, headers: Mapping[str, Any]) -> Unhealthy:
    said = excerpt(bytes(response.body or b""), [str(value) for value in headers.values()])
    quoted = f": «{said}»" if said else ""
    next_step = web.NEXT.get(response.status_code, "check that this path speaks WebSocket")
    return Unhealthy(
        f"{what} was answered with HTTP {response.status_code} instead of an upgrade{quoted}; {next_step}",
        status=response.status_code,
    )


def closed_errors() -> tuple[type[Exception], ...]:
    """Return what a connection raises once the other side closed it."""
    return (exceptions.ConnectionClosed,)


def probe(target: Target, timeout: float) -> Observation:
    """Connect once, exchange a ping, close."""
    started, deadline = time.monotonic(), Deadline(timeout)
    headers, ca_file = target.get("headers"), target.get("ca_file")
    with connected(target["url"], timeout=timeout, headers=headers, ca_file=ca_file) as channel:
        observed = {"connect_seconds": round(time.monotonic() - started, 3)}
        complaint = _ping(channel, deadline)
    if complaint:
        raise Unhealthy(f"the WebSocket {web.shown(target['url'])} connected, {complaint}", **observed)
    return Observation(observed)


def _ping(channel: Channel, deadline: Deadline) -> str:
    """Exchange a ping for a pong; return what went wrong, or an empty string."""
    answered = channel.is_ping_answered(max(deadline.remaining(), 0.001))
    closed = channel.close_reason()
    if closed is not None:
        return f"and was closed at once ({closed}); look at the service's log and at the credentials it expects"
    if answered:
        return ""
    return (
        f"but a ping was not answered within {seconds_text(deadline.seconds)}; "
        "look at whether the service's event loop is blocked"
    )
