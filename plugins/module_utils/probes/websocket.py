# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""WebSocket connections for probes. The only file that knows the library websockets."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Iterator, Mapping
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
    from websockets.sync.client import connect
except ImportError as error:
    IMPORT_ERROR = error

CLOSE_SECONDS = 2
SLOW = "look at the start of the service's instances and at the hops in front of it"


@contextlib.contextmanager
def connected(
    url: str, *, timeout: float, headers: Mapping[str, Any] | None = None, ca_file: str | None = None
) -> Iterator[Any]:
    """Yield an open connection (websockets' synchronous one); raise Unhealthy when it does not come about."""
    if IMPORT_ERROR:
        raise MissingLibrary("websockets", IMPORT_ERROR)
    deadline = Deadline(timeout)
    with contextlib.ExitStack() as stack:
        yield stack.enter_context(_open(url, headers or {}, ca_file, deadline, timeout))


def _open(url: str, headers: Mapping[str, Any], ca_file: str | None, deadline: Deadline, timeout: float) -> Any:
    _parts, endpoint = web.endpoint_of(url, {"wss": 443, "ws": 80})
    route = connection.Endpoint(endpoint.host, endpoint.port, {"wss": "https", "ws": "http"}[endpoint.scheme])
    what = f"connecting the WebSocket {web.shown(url)}"
    context = connection.trust(ca_file) if endpoint.scheme == "wss" else None
    try:
        stream = connection.open_stream(route, deadline)
        return connect(
            url,
            sock=stream,
            ssl=context,
            additional_headers={name: str(value) for name, value in headers.items()},
            open_timeout=max(deadline.remaining(), 0.001),
            close_timeout=CLOSE_SECONDS,
            proxy=None,
        )
    except Unhealthy as error:
        raise type(error)(f"{what} failed: {error.reason}", **error.observed) from error
    except exceptions.InvalidStatus as error:
        raise _refused(what, error.response, headers) from error
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
    except (exceptions.WebSocketException, OSError) as error:
        detail = excerpt(str(error), [str(value) for value in headers.values()])
        raise Unhealthy(f"{what} failed: {detail}; check that this path speaks WebSocket") from error


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


def _ping(channel: Any, deadline: Deadline) -> str:
    """Exchange a ping for a pong; return what went wrong, or an empty string."""
    try:
        answered = channel.ping(ack_on_close=True).wait(max(deadline.remaining(), 0.001))
    except exceptions.ConnectionClosed:
        answered = True
    if channel.close_code is not None:
        said = f"{channel.close_code} {excerpt(channel.close_reason or '')}".strip()
        return f"and was closed at once ({said}); look at the service's log and at the credentials it expects"
    if answered:
        return ""
    return (
        f"but a ping was not answered within {seconds_text(deadline.seconds)}; "
        "look at whether the service's event loop is blocked"
    )
