# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redis: connect, authenticate when a password is given, PING, each with its own time.

The only file that knows the library redis.
"""

from __future__ import annotations

import importlib
import itertools
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import MissingLibrary
from ansible_collections.netra.remediation.plugins.module_utils.probes.connection import Endpoint, dial
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import (
    Observation,
    Target,
    Unhealthy,
    excerpt,
    seconds_text,
)

if TYPE_CHECKING:
    from types import ModuleType

DEFAULT_PORT = 6379
SLOW = "look at the load of the instance: slow commands, memory, persistence"
# Part of what the library says of a connection → which failure that is.
FAILURES = (
    ("refused", "refused"), ("Name or service", "name"), ("not known", "name"), ("resolution", "name"),
    ("SSL", "tls"), ("certificate", "tls"), ("No route", "unreachable"),
)  # fmt: skip


def probe(target: Target, timeout: float) -> Observation:
    """Open one new connection and exchange PING for PONG, once cold and once warm."""
    redis = _library()
    where = f"Redis at {Endpoint(target['host'], target.get('port') or DEFAULT_PORT)}"
    reached = _reach(target, timeout) if target.get("tls") else 0.0
    times: list[float] = []

    def log_in(connection: Any) -> None:
        times.append(time.monotonic())
        connection.on_connect()
        times.append(time.monotonic())

    client = _client(redis, target, timeout, log_in)
    try:
        times.append(time.monotonic())
        for _turn in range(2):
            client.ping()
            times.append(time.monotonic())
    except (redis.RedisError, OSError) as error:
        failure, reason = _reason(redis, error, where, target, timeout)
        raise Unhealthy(reason, failure=failure) from None
    finally:
        client.close()
    opened, logged_in, pinged, again = (after - before for before, after in itertools.pairwise(times))
    steps = {"connect": opened} if not reached else {"connect": reached, "tls": max(opened - reached, 0.0)}
    steps |= {"auth": logged_in, "session": opened + logged_in, "ping": pinged, "warm_ping": again}
    return Observation({f"{step}_seconds": round(seconds, 6) for step, seconds in steps.items()})


def _reach(target: Target, timeout: float) -> float:
    """Return the seconds of a connection without TLS: the library tells the two only together."""
    started = time.monotonic()
    dial(Endpoint(target["host"], target.get("port") or DEFAULT_PORT), Deadline(timeout)).close()
    return time.monotonic() - started


def _library() -> ModuleType:
    """Import the library when a target needs it: half a second that most runs spare."""
    try:
        return importlib.import_module("redis")
    except ImportError as error:
        raise MissingLibrary("redis", error) from error


def _client(redis: ModuleType, target: Target, timeout: float, log_in: Callable[[Any], None]) -> Any:
    authorities = target.get("ca_file") or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    tls = {"ssl": True, "ssl_ca_certs": authorities} if target.get("tls") else {}
    return redis.Redis(
        host=target["host"],
        port=target.get("port") or DEFAULT_PORT,
        username=target.get("user"),
        password=target.get("password"),
        socket_connect_timeout=timeout,
        socket_timeout=timeout,
        retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0),
        single_connection_client=False,
        redis_connect_func=log_in,
        protocol=2,  # what every server speaks; version 3 would add a command to the start
        **tls,
    )


def _reason(redis: ModuleType, error: Exception, where: str, target: Target, timeout: float) -> tuple[str, str]:
    """Return which failure it is, and what to say of it."""
    said = excerpt(str(error), [str(target.get("password") or "")])
    if isinstance(error, redis.AuthenticationError | redis.exceptions.NoPermissionError):
        refused = "the password" if isinstance(error, redis.AuthenticationError) else "this user a PING"
        return "auth", f"{where} refused {refused}: «{said}»; check the password (AUTH string), the user and its ACL"
    if isinstance(error, redis.TimeoutError):
        return "timeout", _silence(where, target, timeout)
    if isinstance(error, redis.BusyLoadingError):
        return "starting", f"{where} is still loading its memory: «{said}»; wait for it"
    if isinstance(error, redis.InvalidResponse) or "closed by server" in str(error):
        return "protocol", f"{where} does not answer as Redis does: «{said}»; check the port, and whether it wants TLS"
    if not isinstance(error, redis.ConnectionError):
        return "protocol", f"{where} answered a PING with an error: «{said}»; look at the instance"
    words = f"connecting to {where} failed: «{said}»; check that the instance exists, its address, port and TLS"
    return next((failure for part, failure in FAILURES if part in str(error)), "connect"), words


def _silence(where: str, target: Target, timeout: float) -> str:
    if target.get("tls"):
        return (
            f"{where} did not answer a PING over TLS within {seconds_text(timeout)}; check that the instance "
            "encrypts in transit, because one that does not never answers TLS; then look at the network"
        )
    return (
        f"{where} did not answer a PING within {seconds_text(timeout)}; "
        "look at the network and its connector first, then at the instance"
    )
