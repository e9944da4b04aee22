"""One Redis server, reached through a UNIX socket."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from pathlib import Path

from netra_sandbox.runtime import processes
from netra_sandbox.servers.binaries import redis_server

START_SECONDS = 5.0
_GRACE_SECONDS = 1.0
_POLL_SECONDS = 0.01
# Memorystore does not have these (https://cloud.google.com/memorystore/docs/redis/product-constraints); it blocks
# ACL, CLIENT, COMMAND and OBJECT besides.
BLOCKED: tuple[str, ...] = (
    "BGREWRITEAOF",
    "BGSAVE",
    "CLUSTER",
    "CONFIG",
    "DEBUG",
    "LASTSAVE",
    "MIGRATE",
    "MONITOR",
    "REPLICAOF",
)
BLOCKED += ("SAVE", "SHUTDOWN", "SLAVEOF")


class RedisServer:
    """A redis-server without persistence: a Memorystore instance of the BASIC tier forgets as well."""

    def __init__(self, home: Path, log: Path) -> None:
        self.socket = home / "redis.sock"
        self._home = home
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._password = ""
        self._renamed = {command: f"{command}-{secrets.token_hex(8)}" for command in BLOCKED}

    async def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        self._home.mkdir(parents=True, exist_ok=True)
        arguments = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self._home)]
        arguments += ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        # Read from a file, so that no list of processes shows by what names the sandbox calls them.
        file = self._home / "redis.conf"
        file.touch(mode=0o600)
        file.write_text(
            "".join(f"rename-command {old} {new}\n" for old, new in self._renamed.items()), encoding="utf-8"
        )
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(str(redis_server()), str(file), *arguments),
                stdout=log,
                stderr=log,
                preexec_fn=processes.die_with_parent,
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

    async def command(self, *words: str) -> list[str]:
        """Send one command and return the strings of its answer (RESP2); raise RuntimeError for an error."""
        reader, writer = await asyncio.open_unix_connection(self.socket)
        try:
            if self._password:
                await _exchange(reader, writer, "AUTH", self._password)
            return await _exchange(reader, writer, self._renamed.get(words[0], words[0]), *words[1:])
        finally:
            writer.close()

    async def lock(self, password: str) -> None:
        """Ask for a password from now on, of the clients that are connected too; an empty one ends that."""
        await self.command("CONFIG", "SET", "requirepass", password)
        self._password = password
        await self.disconnect()

    async def require(self, password: str) -> None:
        """Ask for a password, empty for none; where that changes nothing, clients stay connected."""
        if password != self._password:
            await self.lock(password)

    async def disconnect(self) -> None:
        """End the connections of all clients."""
        await self.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    async def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            await processes.end(self._process, _GRACE_SECONDS)
            self._process = None


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *words: str) -> list[str]:
    """Send a command and read its answer: a status, a number, a string, or a list of strings."""
    parts = [f"*{len(words)}\r\n", *(f"${len(word.encode())}\r\n{word}\r\n" for word in words)]
    writer.write("".join(parts).encode())
    head = (await reader.readline()).decode().rstrip("\r\n")
    if head[:1] == "-":
        raise RuntimeError(f"redis: {head[1:]}")
    if head[:1] == "$":
        return [(await reader.readexactly(int(head[1:]) + 2))[:-2].decode()]
    if head[:1] != "*":
        return [head[1:]]
    answer = []
    for _ in range(int(head[1:])):
        size = int((await reader.readline())[1:])
        answer.append((await reader.readexactly(size + 2))[:-2].decode())
    return answer
