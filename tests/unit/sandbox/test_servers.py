from __future__ import annotations

import asyncio
import importlib.util
import time
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from netra_sandbox.servers import home, platform
from netra_sandbox.servers.postgres import PostgresServer
from netra_sandbox.servers.redis import RedisServer

APPLICATION = Path(__file__).parents[3] / "sandbox" / "application"
ACCOUNTS = platform.Accounts("netra_app", "first", "golden.path@netrasystems.ai", "open sesame")


@pytest.fixture
def server_home(tmp_path):
    yield home.make_home(tmp_path)
    home.remove_home(tmp_path)


def product_module(name):
    spec = importlib.util.spec_from_file_location(name, APPLICATION / "shared" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_passwords_are_hashed_as_the_product_does():
    is_password = product_module("passwords").is_password
    assert is_password("open sesame", platform.hash_password("open sesame"))
    assert not is_password("open sesamE", platform.hash_password("open sesame"))


def test_redis_keeps_values_and_ends(tmp_path, server_home):
    async def scenario():
        server = RedisServer(server_home / "redis", tmp_path / "redis.log")
        await server.start()
        client = Redis(unix_socket_path=str(server.socket))
        client.set("a", "1")
        value = client.get("a")
        await server.stop()
        return value, server.socket

    value, socket = asyncio.run(scenario())
    assert value == b"1"
    with pytest.raises(OSError):
        asyncio.run(asyncio.open_unix_connection(socket))


def test_postgres_is_filled_again_and_slow_on_a_starved_core(tmp_path, server_home):
    async def scenario():
        server = PostgresServer(server_home / "postgres", tmp_path / "postgres.log")
        await server.create()
        await server.start()
        await platform.fill(server, ACCOUNTS)
        await platform.fill(server, ACCOUNTS)
        await server.restart(connection_delay=1)
        started = time.monotonic()
        parameters = {"host": str(server.socket.parent), "dbname": platform.DATABASE, "user": "netra_app"}
        async with await psycopg.AsyncConnection.connect(**parameters, password="first") as connection:
            cursor = await connection.execute("SELECT (SELECT count(*) FROM users), count(*) FROM resource_costs")
            row = await cursor.fetchone()
        seconds = time.monotonic() - started
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            await psycopg.AsyncConnection.connect(**parameters, password="second")
        await server.stop()
        return row, seconds

    row, seconds = asyncio.run(scenario())
    assert row == (1, 10)
    assert seconds >= 1
