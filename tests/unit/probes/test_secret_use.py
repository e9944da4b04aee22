# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that work, that are refused and that cannot be tried; no reason repeats what is in them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import jwt
import pytest
from aiohttp import web

from ansible_collections.netra.remediation.plugins.module_utils.probes import secret_use

from .conftest import free_port

PASSWORD = "open sesame"
KEY = "5KxR0pVqUu1mZs8WcT3eYb7NnJd2LhFg"
WRONG = "Zk3v9QpL0sT7hB2x"


def used(kind: str, payload: str, **target: Any) -> tuple[bool | None, str]:
    healthy, reason = secret_use.use(kind, payload, target, 3.0)
    assert [part for part in (payload, PASSWORD, WRONG, quote(PASSWORD)) if part in reason] == []
    return healthy, reason


def test_a_url_of_a_database(postgres_port: int) -> None:
    def url(password: str, database: str = "postgres", port: int = postgres_port) -> str:
        return f"postgresql://netra:{quote(password)}@127.0.0.1:{port}/{database}?sslmode=disable"

    assert used("postgres_url", url(PASSWORD)) == (True, "it works")
    assert used("postgres_url", url(WRONG))[0] is False
    assert used("postgres_url", url(PASSWORD, "nowhere"))[0] is False
    assert used("postgres_url", url(PASSWORD, port=free_port()))[0] is None
    assert used("postgres_url", "postgresql:///x")[0] is False
    assert used("postgres_url", "postgresql://h:port/x")[0] is False


def test_a_password_of_a_database(postgres_port: int) -> None:
    place = {"host": "127.0.0.1", "port": postgres_port, "user": "netra", "database": "postgres"}
    assert used("postgres_password", PASSWORD, **place)[0] is True
    assert used("postgres_password", f"{PASSWORD}\n", **place)[0] is False


def test_redis(redis_port: int) -> None:
    place = {"host": "127.0.0.1", "port": redis_port}
    assert used("redis_password", PASSWORD, **place)[0] is True
    assert used("redis_password", WRONG, **place)[0] is False
    assert used("redis_url", f"redis://:{quote(PASSWORD)}@127.0.0.1:{redis_port}/0")[0] is True
    assert used("redis_url", f"redis://127.0.0.1:{redis_port}/0")[0] is False
    assert used("redis_url", f"redis://:{WRONG}@127.0.0.1:{free_port()}/0")[0] is None


@pytest.fixture(scope="module")
def verifier(loop: Any) -> str:
    """A service that verifies tokens as the application does, and one that lets everybody in."""

    async def verify(request: web.Request) -> web.Response:
        try:
            token = request.headers["Authorization"].removeprefix("Bearer ")
            claims = jwt.decode(token, KEY, algorithms=["HS256"], issuer="auth", options={"require": ["exp"]})
        except jwt.InvalidTokenError:
            return web.Response(status=401)
        return web.json_response(claims)

    async def everybody(_request: web.Request) -> web.Response:
        return web.Response(text="come in")

    application = web.Application()
    application.add_routes([web.get("/verify", verify), web.get("/open", everybody)])
    return f"http://127.0.0.1:{loop.serve(application)}"


def test_a_key_signs_here_and_is_verified_there(verifier: str) -> None:
    claims = {"iss": "auth", "sub": "1"}
    assert used("jwt_key", KEY, url=f"{verifier}/verify", claims=claims)[0] is True
    healthy, reason = used("jwt_key", WRONG, url=f"{verifier}/verify", claims=claims)
    assert (healthy, "refuses what it signs (401)" in reason) == (False, True)
    assert used("jwt_key", KEY, url=f"{verifier}/verify", claims={"iss": "other"})[0] is False


def test_who_lets_everybody_in_proves_nothing(verifier: str) -> None:
    healthy, reason = used("jwt_key", KEY, url=f"{verifier}/open")
    assert (healthy, "proves nothing" in reason) == (None, True)
    assert used("jwt_key", KEY, url=f"http://127.0.0.1:{free_port()}/")[0] is None


def test_a_token_is_one_for_others_too() -> None:
    assert jwt.decode(secret_use.signed(KEY.encode(), {"sub": "1"}), KEY, algorithms=["HS256"])["sub"] == "1"
