# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP requests for probes: one request, no redirect followed, one deadline, and a reason when the answer is wrong."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ansible_collections.netra.remediation.plugins.module_utils.foundation import paths
from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.probes import connection
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import (
    Observation,
    Target,
    Unhealthy,
    excerpt,
    seconds_text,
)

BODY_LIMIT = 1024 * 1024
USER_AGENT = "netra-remediation"
SLOW = "look at the latency of the service and of what it depends on"

# What to look at next, by status: what the status means for a service behind a load balancer or on Cloud Run.
NEXT = {
    301: "a redirect is not followed: probe the address it names",
    302: "a redirect is not followed: probe the address it names",
    307: "a redirect is not followed: probe the address it names",
    308: "a redirect is not followed: probe the address it names",
    400: "check what is sent",
    401: "check the credentials that are sent",
    403: "check who may call the service and the load balancer's security policy",
    404: "check the path and which service the host is routed to",
    405: "check the method",
    429: "all instances are busy: check the maximum of instances and the concurrency",
    500: "look at the newest errors in the service's log",
    502: "the instance ended or broke off: look at the service's log",
    503: "no instance answers, or one says it is not healthy: look at the newest revision's log and its dependencies",
    504: "the instance did not answer in time: look at what it waits for",
}


@dataclass(frozen=True)
class Response:
    """An HTTP answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def parsed(self) -> Any:
        """Return the body as JSON, or None when it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def shown(url: str) -> str:
    """Show an address without the places that may hold secrets: user information and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def endpoint_of(url: str, schemes: Mapping[str, int]) -> tuple[SplitResult, connection.Endpoint]:
    """Split an address and name its endpoint; refuse other schemes than the given ones (scheme: default port)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadInput(f"{url!r} is not an address: {error}") from error
    if parts.scheme not in schemes or not parts.hostname:
        raise BadInput(
            f"{shown(url)!r} is not an address: it must start with {' or '.join(f'{s}://' for s in schemes)}"
        )
    return parts, connection.Endpoint(parts.hostname, port or schemes[parts.scheme], parts.scheme)


def request(
    method: str,
    url: str,
    *,
    timeout: float,
    headers: Mapping[str, Any] | None = None,
    body: bytes | None = None,
    ca_file: str | None = None,
) -> Response:
    """Send one request and return the answer; raise Unhealthy when there is none."""
    started, deadline = time.monotonic(), Deadline(timeout)
    parts, endpoint = endpoint_of(url, {"https": 443, "http": 80})
    what = f"{method} {shown(url)}"
    try:
        stream, client, path = _connect(parts, endpoint, deadline, ca_file)
    except Unhealthy as error:
        raise type(error)(f"{what} failed: {error.reason}", **error.observed) from error
    with contextlib.closing(stream), contextlib.closing(client):
        try:
            sent = {"User-Agent": USER_AGENT, "Connection": "close"} | {k: str(v) for k, v in (headers or {}).items()}
            client.request(method, path, body=body, headers=sent)
            stream.settimeout(max(deadline.remaining(), 0.001))
            answer = client.getresponse()
            content = _read(answer, stream, deadline)
        except TimeoutError as error:
            raise Unhealthy(
                f"{what}: connected, but not answered within {seconds_text(timeout)}; "
                "look at what the service waits for: its database, its cache, a start that hangs"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise Unhealthy(
                f"{what}: connected, but the connection ended without a whole answer ({excerpt(str(error))}); "
                "look at the service's log for a crash"
            ) from error
        except (ValueError, UnicodeError) as error:
            raise BadInput(
                f"{what} cannot be sent: {type(error).__name__}; check the address and the headers"
            ) from error
        return Response(answer.status, dict(answer.headers.items()), content, time.monotonic() - started)


def _connect(
    parts: SplitResult, endpoint: connection.Endpoint, deadline: Deadline, ca_file: str | None
) -> tuple[Any, http.client.HTTPConnection, str]:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "http":
        client = http.client.HTTPConnection(endpoint.host, endpoint.port)
        client.sock = connection.open_stream(endpoint, deadline)
        client.sock.settimeout(max(deadline.remaining(), 0.001))
        return client.sock, client, path
    context = connection.trust(ca_file)
    client = http.client.HTTPSConnection(endpoint.host, endpoint.port, context=context)
    client.sock = connection.start_tls(connection.open_stream(endpoint, deadline), endpoint, context, deadline)
    client.sock.settimeout(max(deadline.remaining(), 0.001))
    return client.sock, client, path


def _read(answer: http.client.HTTPResponse, stream: ssl.SSLSocket, deadline: Deadline) -> bytes:
    """Read the body, at most BODY_LIMIT, within the deadline even when it trickles; raise IncompleteRead when cut."""
    content = b""
    while len(content) < BODY_LIMIT and not answer.isclosed():
        remaining = deadline.remaining()
        if remaining <= 0:
            raise TimeoutError
        stream.settimeout(remaining)
        part = answer.read1(65_536)
        if part:
            content += part
        elif answer.length:
            raise http.client.IncompleteRead(content, answer.length)
        else:  # not every Python closes the answer to HEAD, nor one that it has read to the end (cpython 113199)
            break
    return content


def probe(target: Target, timeout: float) -> Observation:
    """Request an address once and compare the answer with what is expected of it."""
    method = target.get("method") or "GET"
    headers = target.get("headers") or {}
    answer = request(method, target["url"], timeout=timeout, headers=headers, ca_file=target.get("ca_file"))
    secrets = [str(value) for value in headers.values()]
    complaint = mismatch(answer, target.get("expect") or {}, secrets)
    observed: dict[str, Any] = {"status": answer.status}
    if target.get("measures"):
        observed["measures"] = measured(answer.parsed(), target["measures"])
    if target.get("tells"):
        observed["tells"] = told(answer.parsed(), target["tells"])
    if complaint:
        raise Unhealthy(f"{method} {shown(target['url'])} {complaint}", **observed)
    return Observation(observed)


def measured(answer: Any, places: Mapping[str, str]) -> dict[str, float | None]:
    """Read numbers at dotted places of an answer; None where there is no number."""
    found = {name: paths.read(answer, place) for name, place in places.items()}
    return {
        name: float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        for name, value in found.items()
    }


def told(answer: Any, places: Mapping[str, str]) -> dict[str, str | None]:
    """Read texts and numbers at dotted places of an answer, as texts; None where there is neither."""
    found = {name: paths.read(answer, place) for name, place in places.items()}
    return {
        name: str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
        for name, value in found.items()
    }


def mismatch(answer: Response, expect: Mapping[str, Any], secrets: list[str]) -> str:
    """Say how an answer differs from what is expected; an empty string when it does not."""
    statuses = expect.get("status") or [200]
    said = excerpt(answer.body, secrets)
    quoted = f": «{said}»" if said else " and an empty body"
    if answer.status not in statuses:
        wanted = " or ".join(str(status) for status in statuses)
        next_step = NEXT.get(answer.status, "check what the service says")
        return f"answered {answer.status} instead of {wanted}{quoted}; {next_step}"
    text = expect.get("body_contains")
    if text and text not in answer.body.decode("utf-8", "replace"):
        return f"answered {answer.status} without the expected text {text!r}{quoted}; check what is deployed there"
    wanted_json = expect.get("json")
    if wanted_json:
        complaint = difference(wanted_json, answer.parsed())
        if complaint:
            return f"answered {answer.status}, but {complaint}{quoted}; look at the part of the service that this names"
    return ""


def difference(expected: Any, actual: Any, path: str = "") -> str:
    """Find the first place where the expected JSON is not contained in the actual one; more keys are fine."""
    place = path or "the answer"
    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping):
            return f"{place} is not a JSON object"
        for key, value in expected.items():
            below = f"{path}.{key}" if path else str(key)
            if key not in actual:
                return f"{below} is missing"
            complaint = difference(value, actual[key], below)
            if complaint:
                return complaint
        return ""
    return "" if expected == actual else f"{place} is {json.dumps(actual)} instead of {json.dumps(expected)}"
