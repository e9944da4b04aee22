# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PostgreSQL: connect and SELECT 1, each step with its own time. The only file that knows the library psycopg."""

from __future__ import annotations

import importlib
import math
import select
import time
from typing import TYPE_CHECKING, Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
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
CONNECT, TLS, AUTH, QUERY = "connect", "tls", "auth", "query"
# libpq's state of a connection → the step in which it is; all others belong to logging in.
STEPS = {"STARTED": CONNECT, "NEEDED": CONNECT, "SSL_STARTUP": TLS}
_HBA = "check from which networks, and with or without TLS, the server lets this user in"
_FULL = "all connections are taken: look for a leak and at max_connections"

# Part of what libpq or the server says → which failure that is, and what to look at next.
NEXT = (
    ("password authentication failed", "auth", "check the user and the password: has its secret been rotated?"),
    ("no password supplied", "auth", "give a password"),
    ("pg_hba.conf", "auth", _HBA),
    ("does not exist", "auth", "check the names of the database and the user"),
    ("too many connections", "full", _FULL),
    ("too many clients", "full", _FULL),
    ("remaining connection slots", "full", _FULL),
    ("starting up", "starting", "the server is starting: try again"),
    ("shutting down", "starting", "the server is being restarted: try again"),
    ("Connection refused", "refused", "nothing listens there: check that the instance runs and that the port is right"),
    ("not resolve", "name", "check the host name"),
    ("Name or service", "name", "check the host name"),
    ("No route", "unreachable", "check the network and its connector"),
    ("SSL", "tls", "check sslmode and what the server accepts"),
    ("certificate", "tls", "check sslmode, the host name and the authority that is trusted"),
    ("invalid response", "protocol", "check that this port belongs to PostgreSQL"),
    ("closed the connection", "protocol", "check that this port belongs to PostgreSQL, then the instance's log"),
    ("expected authentication", "protocol", "check that this port belongs to PostgreSQL"),
)


class _Failed(Exception):  # noqa: N818  an outcome, told as Unhealthy
    """A step that did not come about; without words when its time ran out."""

    def __init__(self, step: str, said: str = "") -> None:
        super().__init__(said)
        self.step = step
        self.said = said


def probe(target: Target, timeout: float) -> Observation:
    """Open one new connection and run SELECT 1 on it, once cold and once warm."""
    psycopg = _library()
    where = f"PostgreSQL at {Endpoint(target['host'], target.get('port') or DEFAULT_PORT)}"
    deadline = Deadline(timeout)
    took: dict[str, float] = {}
    session = None
    try:
        session = _opened(psycopg, target, timeout, deadline, took)
        cold, warm = (_asked(psycopg, session, deadline) for _turn in range(2))
        version, encrypted = session.server_version // 10_000, bool(session.ssl_in_use)
    except _Failed as error:
        raise _unhealthy(error, where, target, timeout) from None
    finally:
        if session is not None:
            session.finish()
    if not encrypted:  # the server was asked, and declined
        took[AUTH] = took.get(AUTH, 0.0) + took.pop(TLS, 0.0)
    observed = {f"{step}_seconds": round(seconds, 6) for step, seconds in took.items()}
    return Observation(
        {
            **observed,
            "session_seconds": round(sum(took.values()), 6),
            "query_seconds": round(cold, 6),
            "warm_query_seconds": round(warm, 6),
            "encrypted": encrypted,
            "server_version": version,
        }
    )


def _library() -> ModuleType:
    """Import the library when a target needs it: a third of a second that most runs spare."""
    try:
        return importlib.import_module("psycopg")
    except ImportError as error:
        raise MissingLibrary("psycopg", error) from error


def _opened(psycopg: ModuleType, target: Target, timeout: float, deadline: Deadline, took: dict[str, float]) -> Any:
    """Lead a connection through its steps and note how long each took; libpq's own way counts whole seconds only."""
    parameters = psycopg.conninfo.make_conninfo(
        host=target["host"],
        port=target.get("port") or DEFAULT_PORT,
        dbname=target.get("database") or "postgres",
        user=target.get("user") or "postgres",
        password=target.get("password"),
        sslmode=target.get("sslmode") or "prefer",
        sslrootcert=target.get("ca_file"),
        options=f"-c statement_timeout={math.ceil(timeout * 1000)}",
        application_name="netra-remediation",
    )
    polling, started = psycopg.pq.PollingStatus, time.monotonic()
    session = psycopg.pq.PGconn.connect_start(parameters.encode())
    turn, step = polling.WRITING, CONNECT
    while turn != polling.OK:
        failed = turn == polling.FAILED or session.status == psycopg.pq.ConnStatus.BAD
        if failed or not _ready(session.socket, turn == polling.READING, deadline):
            said = session.error_message.decode("utf-8", "replace") if failed else ""
            session.finish()
            raise _Failed(step, said)
        step = STEPS.get(psycopg.pq.ConnStatus(session.status).name, AUTH)
        turn = session.connect_poll()
        now = time.monotonic()
        took[step], started = took.get(step, 0.0) + now - started, now
    return session


def _asked(psycopg: ModuleType, session: Any, deadline: Deadline) -> float:
    """Return how many seconds SELECT 1 took."""
    started, said = time.monotonic(), ""
    session.send_query(b"SELECT 1")
    while session.is_busy():
        if not _ready(session.socket, True, deadline):
            raise _Failed(QUERY)
        session.consume_input()
    while (answer := session.get_result()) is not None:
        is_error = answer.status == psycopg.pq.ExecStatus.FATAL_ERROR
        said = answer.error_message.decode("utf-8", "replace") if is_error else said
    if said:
        raise _Failed(QUERY, "" if "statement timeout" in said else said)
    return time.monotonic() - started


def _ready(descriptor: int, reading: bool, deadline: Deadline) -> bool:
    """Wait until the socket can be read or written; false where the time ran out."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN if reading else select.POLLOUT)
    return bool(poll.poll(max(deadline.remaining(), 0) * 1000))


def _unhealthy(error: _Failed, where: str, target: Target, timeout: float) -> Unhealthy:
    """Tell what failed without the connection string, which libpq's texts may repeat."""
    if not error.said and error.step == QUERY:
        reason = f"{where} connected, but SELECT 1 took longer than {seconds_text(timeout)}; look at the server's load"
        return Unhealthy(reason, failure="timeout", step=QUERY)
    if not error.said:
        looked = {CONNECT: "the network and its connector first", TLS: "whether this port speaks TLS"}
        first = looked.get(error.step, "whether this port belongs to PostgreSQL")
        reason = (
            f"connecting to {where} took longer than {seconds_text(timeout)}, in the step {error.step}; look at {first}"
        )
        reason += ", then at the load and the machine type of the instance"
        return Unhealthy(reason, failure="timeout", step=error.step)
    password = str(target.get("password") or "")
    said = excerpt(error.said.rpartition("failed: ")[2], [password])
    found = ((failure, step) for part, failure, step in NEXT if part in error.said)
    failure, next_step = next(found, (error.step, "look at the instance's log"))
    reason = f"connecting to {where} as {target.get('user') or 'postgres'} failed: «{said}»; {next_step}"
    return Unhealthy(reason, failure=failure, step=error.step)
