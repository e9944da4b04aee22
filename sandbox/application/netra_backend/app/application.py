"""The backend's HTTP surface: health and agent runs over WebSocket."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from aiohttp import WSMsgType, web
from redis.exceptions import RedisError
from shared import database, tokens

from netra_backend.app.services.agent import run_agent
from netra_backend.app.services.monitoring import GCPErrorReporter, clear_request_context, set_request_context
from netra_backend.app.services.sessions import Sessions
from netra_backend.app.version import VERSION

SESSIONS = web.AppKey("sessions", Sessions)
REPORTER = web.AppKey("reporter", GCPErrorReporter)


class StartError(Exception):
    """The backend cannot serve without this dependency."""


def create_application() -> web.Application:
    application = web.Application()
    service, revision = os.environ.get("K_SERVICE", "netra-backend"), os.environ.get("K_REVISION", VERSION)
    application[REPORTER] = GCPErrorReporter(service, revision)
    application[SESSIONS] = Sessions(os.environ["REDIS_URL"])
    application.cleanup_ctx.append(dependencies)
    application.add_routes([web.get("/", index), web.get("/health", health), web.get("/ws", websocket)])
    return application


async def dependencies(application: web.Application) -> AsyncIterator[None]:
    """Refuse to start without the database and Redis: a half-started backend loses users' sessions."""
    try:
        async with await database.connect() as connection:
            await connection.execute("SELECT 1")
    except (psycopg.Error, OSError) as error:
        raise StartError(f"PostgreSQL at {os.environ['POSTGRES_HOST']} is not reachable: {error}") from error
    try:
        await application[SESSIONS].ping()
    except (RedisError, OSError, TimeoutError) as error:
        raise StartError(f"Redis ping timeout: {os.environ['REDIS_URL']} did not answer") from error
    yield
    await application[SESSIONS].close()


def bearer_token(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else request.query.get("token")


def authenticate(request: web.Request, *, required: bool) -> dict[str, Any] | None:
    token = bearer_token(request)
    claims = tokens.verify(token) if token else None
    if claims is None and (token or required):
        raise web.HTTPUnauthorized(text=json.dumps({"error": "invalid token"}), content_type="application/json")
    return claims


async def index(_request: web.Request) -> web.Response:
    return web.json_response({"service": "netra-backend", "version": VERSION})


async def health(request: web.Request) -> web.Response:
    claims = authenticate(request, required=False)
    checks = dict(
        zip(("database", "redis"), await asyncio.gather(database.check(), request.app[SESSIONS].check()), strict=True)
    )
    healthy = all(check["ok"] for check in checks.values())
    answer: dict[str, Any] = {
        "status": "healthy" if healthy else "unhealthy",
        "version": VERSION,
        "revision": os.environ.get("K_REVISION"),
        "checks": checks,
    }
    if claims:
        answer["user"] = claims["email"]
    return web.json_response(answer, status=200 if healthy else 503)


async def websocket(request: web.Request) -> web.WebSocketResponse:
    claims = authenticate(request, required=True) or {}
    heartbeat = float(os.environ.get("WEBSOCKET_HEARTBEAT_INTERVAL", "30"))
    socket = web.WebSocketResponse(heartbeat=heartbeat)
    await socket.prepare(request)
    set_request_context(user=claims["email"])
    try:
        await request.app[SESSIONS].remember(claims["sub"], {"email": claims["email"], "since": time.time()})
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await handle_message(request.app, socket, message.data)
    finally:
        clear_request_context()
    return socket


async def handle_message(application: web.Application, socket: web.WebSocketResponse, text: str) -> None:
    """Answer one message of a client; what goes wrong is reported and told, and the connection lives on."""
    try:
        message = json.loads(text)
        if message.get("type") != "agent_run":
            await socket.send_json({"type": "error", "error": "unknown message type"})
            return
        async for event in run_agent(str(message.get("message", ""))):
            set_request_context(run_id=event["run_id"])
            await socket.send_json(event)
        await application[SESSIONS].count_run(event["run_id"])
    except (psycopg.Error, RedisError, ValueError, AttributeError, OSError) as error:
        application[REPORTER].report(error)
        await socket.send_json({"type": "error", "error": type(error).__name__})
