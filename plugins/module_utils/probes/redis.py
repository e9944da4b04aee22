# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redis: connect, authenticate when a password is given, PING. The only file that knows the library redis."""

from __future__ import annotations

import importlib
import os
import time
from typing import TYPE_CHECKING, Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import MissingLibrary
from ansible_collections.netra.remediation.plugins.module_utils.probes.connection import Endpoint
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


def probe(target: Target, timeout: float) -> Observation:
    """Open one new connection and exchange PING for PONG."""
    redis = _library()
    where = f"Redis at {Endpoint(target['host'], target.get('port') or DEFAULT_PORT)}"
    started = time.monotonic()
    client = _client(redis, target, timeout)
    try:
        client.ping()
    except (redis.RedisError, OSError) as error:
        raise Unhealthy(_reason(redis, error, where, target, timeout)) from None
    finally:
        client.close()
    return Observation({"ping_seconds": round(time.monotonic() - started, 3)})


def _library() -> ModuleType:
    """Import the library when a target needs it: half a second that most runs spare."""
    try:
        return importlib.import_module("redis")
    except ImportError as error:
        raise MissingLibrary("redis", error) from error


def _client(redis: ModuleType, target: Target, timeout: float) -> Any:
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
        protocol=2,  # what every server speaks; version 3 would add a command to the start
        **tls,
    )


def _reason(redis: ModuleType, error: Exception, where: str, target: Target, timeout: float) -> str:
    said = excerpt(str(error), [str(target.get("password") or "")])
    if isinstance(error, redis.AuthenticationError):
        return f"{where} refused the password: «{said}»; check the password (AUTH string) and the user"
    if isinstance(error, redis.TimeoutError):
        if target.get("tls"):
            return (
                f"{where} did not answer a PING over TLS within {seconds_text(timeout)}; check that the instance "
                "encrypts in transit, because one that does not never answers TLS; then look at the network"
            )
        return (
            f"{where} did not answer a PING within {seconds_text(timeout)}; "
            "look at the network and its connector first, then at the instance"
        )
    if isinstance(error, redis.BusyLoadingError):
        return f"{where} is still loading its memory: «{said}»; wait for it"
    if isinstance(error, redis.ConnectionError):
        return f"connecting to {where} failed: «{said}»; check that the instance exists, its address, port and TLS"
    return f"{where} answered a PING with an error: «{said}»; look at the instance"
