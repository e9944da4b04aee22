"""The auth service: log-in, refresh, health."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from aiohttp import web
from shared import database, passwords, tokens


class StartError(Exception):
    """The service cannot serve without its database."""


def create_application() -> web.Application:
    application = web.Application()
    application.cleanup_ctx.append(dependencies)
    application.add_routes(
        [web.get("/health", health), web.post("/auth/login", login), web.post("/auth/refresh", refresh)]
    )
    return application


async def dependencies(_application: web.Application) -> AsyncIterator[None]:
    try:
        async with await database.connect() as connection:
            await connection.execute("SELECT 1")
    except (psycopg.Error, OSError) as error:
        raise StartError(f"PostgreSQL at {os.environ['POSTGRES_HOST']} is not reachable: {error}") from error
    yield


def refused(text: str) -> web.HTTPUnauthorized:
    return web.HTTPUnauthorized(text=json.dumps({"error": text}), content_type="application/json")


async def request_fields(request: web.Request, *names: str) -> list[str]:
    try:
        body = await request.json()
        return [str(body[name]) for name in names]
    except (ValueError, KeyError, TypeError) as error:
        text = json.dumps({"error": f"a JSON object with {' and '.join(names)} is needed"})
        raise web.HTTPBadRequest(text=text, content_type="application/json") from error


def token_pair(user_id: int, email: str) -> dict[str, Any]:
    access_seconds = int(os.environ.get("JWT_ACCESS_TOKEN_MINUTES", "15")) * 60
    refresh_seconds = int(os.environ.get("JWT_REFRESH_TOKEN_DAYS", "7")) * 86400
    return {
        "access_token": tokens.issue(user_id, email, "access", access_seconds),
        "refresh_token": tokens.issue(user_id, email, "refresh", refresh_seconds),
        "token_type": "bearer",
        "expires_in": access_seconds,
    }


async def login(request: web.Request) -> web.Response:
    email, password = await request_fields(request, "email", "password")
    async with await database.connect() as connection:
        cursor = await connection.execute("SELECT id, password_hash FROM users WHERE email = %s", (email,))
        user = await cursor.fetchone()
    if user is None or not await asyncio.to_thread(passwords.is_password, password, user[1]):
        raise refused("wrong e-mail or password")
    return web.json_response(token_pair(user[0], email))


async def refresh(request: web.Request) -> web.Response:
    (token,) = await request_fields(request, "refresh_token")
    claims = tokens.verify(token, "refresh")
    if claims is None:
        raise refused("invalid refresh token")
    return web.json_response(token_pair(int(claims["sub"]), claims["email"]))


async def health(_request: web.Request) -> web.Response:
    check = await database.check()
    status = "healthy" if check["ok"] else "unhealthy"
    answer = {"status": status, "revision": os.environ.get("K_REVISION"), "checks": {"database": check}}
    return web.json_response(answer, status=200 if check["ok"] else 503)


def main() -> None:
    try:
        web.run_app(
            create_application(), host=os.environ.get("HOST", "0.0.0.0"), port=int(os.environ["PORT"]), print=None
        )
    except (StartError, KeyError):
        traceback.print_exc()
        sys.exit(1)


if __name__ == "__main__":
    main()
