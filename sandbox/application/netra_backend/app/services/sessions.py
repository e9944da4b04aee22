"""Sessions and run counters in Redis."""

from __future__ import annotations

import json
import time
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

PING_TIMEOUT_SECONDS = 3
SESSION_SECONDS = 3600


class Sessions:
    """The backend's view of Redis."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=PING_TIMEOUT_SECONDS, socket_connect_timeout=PING_TIMEOUT_SECONDS
        )

    async def ping(self) -> None:
        await self._redis.ping()

    async def check(self) -> dict[str, Any]:
        started = time.monotonic()
        try:
            await self.ping()
            result: dict[str, Any] = {"ok": True}
        except (RedisError, OSError, TimeoutError) as error:
            result = {"ok": False, "error": type(error).__name__}
        return {**result, "seconds": round(time.monotonic() - started, 3)}

    async def remember(self, user_id: str, session: dict[str, Any]) -> None:
        await self._redis.set(f"session:{user_id}", json.dumps(session), ex=SESSION_SECONDS)

    async def count_run(self, run_id: str) -> None:
        await self._redis.set(f"run:{run_id}", "completed", ex=SESSION_SECONDS)

    async def close(self) -> None:
        await self._redis.aclose()
