"""One Redis server, reached through a UNIX socket."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from netra_sandbox.runtime import processes
from netra_sandbox.servers.binaries import redis_server

START_SECONDS = 5.0
_GRACE_SECONDS = 1.0
_POLL_SECONDS = 0.01


class RedisServer:
    """A redis-server without persistence: a Memorystore instance of the BASIC tier forgets as well."""

    def __init__(self, home: Path, log: Path) -> None:
        self.socket = home / "redis.sock"
        self._home = home
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        self._home.mkdir(parents=True, exist_ok=True)
        arguments = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self._home)]
        arguments += ["--save", "", "--appendonly", "no", "--maxmemory", "256mb", "--daemonize", "no"]
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(redis_server()), *arguments, stdout=log, stderr=log, preexec_fn=processes.die_with_parent
            )
        async with asyncio.timeout(START_SECONDS):
            while not await self._accepts():
                if self._process.returncode is not None:
                    raise RuntimeError(f"redis-server ended at start; its log is {self._log}")
                await asyncio.sleep(_POLL_SECONDS)

    async def _accepts(self) -> bool:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_unix_connection(self.socket)
            writer.close()
            return True
        return False

    async def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            await processes.end(self._process, _GRACE_SECONDS)
            self._process = None
