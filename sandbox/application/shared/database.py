"""Connections to the platform's PostgreSQL, for the backend and the auth service."""

from __future__ import annotations

import os
import time
from typing import Any

import psycopg

CONNECT_TIMEOUT_SECONDS = 12


def connection_settings() -> dict[str, Any]:
    """Read where the database is and who connects; a missing variable ends the start with its name."""
    return {
        "host": os.environ["POSTGRES_HOST"],
        "port": int(os.environ.get("POSTGRES_PORT", "5432")),
        "dbname": os.environ["POSTGRES_DB"],
        "user": os.environ["POSTGRES_USER"],
        "password": os.environ["POSTGRES_PASSWORD"],
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
    }


async def connect() -> psycopg.AsyncConnection[Any]:
    """Open a new connection."""
    return await psycopg.AsyncConnection.connect(**connection_settings(), autocommit=True)


async def check() -> dict[str, Any]:
    """Connect anew, ask for the newest migration and say how long that took."""
    started = time.monotonic()
    try:
        async with await connect() as connection:
            migration = await (await connection.execute("SELECT version_num FROM alembic_version")).fetchone()
        result: dict[str, Any] = {"ok": True, "schema": migration[0] if migration else None}
    except (psycopg.Error, OSError) as error:
        result = {"ok": False, "error": type(error).__name__}
    return {**result, "seconds": round(time.monotonic() - started, 3)}
