# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PostgreSQL: connect and SELECT 1. The only file that knows the library psycopg."""

from __future__ import annotations

import importlib
import math
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

DEFAULT_PORT = 5432
SLOW = "look at the load and the machine type of the database instance"

# Part of what libpq or the server says → what to look at next.
NEXT = (
    ("password authentication failed", "check the user and the password: has its secret been rotated?"),
    ("no password supplied", "give a password"),
    ("does not exist", "check the names of the database and the user"),
    ("pg_hba.conf", "check from which networks, and with or without TLS, the server lets this user in"),
    ("too many connections", "all connections are taken: look for a leak and at max_connections"),
    ("remaining connection slots", "all connections are taken: look for a leak and at max_connections"),
    ("starting up", "the server is starting: try again"),
    ("shutting down", "the server is being restarted: try again"),
    ("Connection refused", "nothing listens there: check that the instance runs and that the port is right"),
    ("not resolve", "check the host name"),
    ("Name or service", "check the host name"),
    ("No route", "check the network and its connector"),
    ("SSL", "check sslmode and what the server accepts"),
)


def probe(target: Target, timeout: float) -> Observation:
    """Open one new connection and run SELECT 1, each with its own time."""
    psycopg = _library()
    where = f"PostgreSQL at {Endpoint(target['host'], target.get('port') or DEFAULT_PORT)}"
    started = time.monotonic()
    try:
        with _connect(psycopg, target, timeout) as session:
            connected = time.monotonic()
            session.execute("SELECT 1").fetchone()
            version = session.info.server_version // 10_000
    except psycopg.Error as error:
        raise Unhealthy(_reason(psycopg, error, where, target, timeout)) from None
    connect_seconds, query_seconds = connected - started, time.monotonic() - connected
    return Observation(
        {
            "connect_seconds": round(connect_seconds, 3),
            "query_seconds": round(query_seconds, 3),
            "server_version": version,
        }
    )


def _library() -> ModuleType:
    """Import the library when a target needs it: a third of a second that most runs spare."""
    try:
        return importlib.import_module("psycopg")
    except ImportError as error:
        raise MissingLibrary("psycopg", error) from error


def _connect(psycopg: ModuleType, target: Target, timeout: float) -> Any:
    return psycopg.connect(
        host=target["host"],
        port=target.get("port") or DEFAULT_PORT,
        dbname=target.get("database") or "postgres",
        user=target.get("user") or "postgres",
        password=target.get("password"),
        sslmode=target.get("sslmode") or "prefer",
        # libpq counts in whole seconds and takes 1 for 2.
        connect_timeout=max(math.ceil(timeout), 2),
        options=f"-c statement_timeout={math.ceil(timeout * 1000)}",
        application_name="netra-remediation",
        autocommit=True,
    )


def _reason(psycopg: ModuleType, error: Exception, where: str, target: Target, timeout: float) -> str:
    """Tell what failed without the connection string, which libpq's texts may repeat."""
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return (
            f"connecting to {where} took longer than {seconds_text(max(timeout, 2))}; "
            "look at the network and its connector first, then at the load and the machine type of the instance"
        )
    if isinstance(error, psycopg.errors.QueryCanceled):
        return f"{where} connected, but SELECT 1 took longer than {seconds_text(timeout)}; look at the server's load"
    password = str(target.get("password") or "")
    said = excerpt(str(error).rpartition("failed: ")[2] or type(error).__name__, [password])
    next_step = next((step for part, step in NEXT if part in said), "look at the instance's log")
    return f"connecting to {where} as {target.get('user') or 'postgres'} failed: «{said}»; {next_step}"
