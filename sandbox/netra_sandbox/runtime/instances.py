"""One instance of a revision: a process, its log, and the probe that says when it may serve."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from netra_sandbox.runtime import events, processes
from netra_sandbox.runtime.log_watch import ErrorFinder

STOP_GRACE_SECONDS = 2.0
_POLL_SECONDS = 0.03
_LINE_LIMIT = 1 << 20
_TRACE_PAUSE_SECONDS = 0.3
_HTTP_OK = range(200, 400)


@dataclass(frozen=True)
class Launch:
    """Everything that starts an instance."""

    revision: str
    command: list[str]
    environment: dict[str, str]
    directory: Path
    log: Path


@dataclass(frozen=True)
class Listeners:
    """Whom an instance tells: `line` of (stream, text, severity), `error` of a message for Error Reporting."""

    line: Callable[[str, str, str], None]
    error: Callable[[str], None]


class NotListening(Exception):  # noqa: N818  named as the outcome
    """The process exited, or did not pass its start-up probe in time."""


class Instance:
    """A running process that listens on a port of its own."""

    def __init__(self, launch: Launch, port: int, listeners: Callable[[str], Listeners]) -> None:
        self.launch = launch
        self.port = port
        self.identity = secrets.token_hex(64)
        self._listeners = listeners(self.identity)
        self._process: asyncio.subprocess.Process | None = None
        self._log_task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Return the leader of the instance's session."""
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        """Tell whether the process lives."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the process; raise NotListening when its command cannot be run at all."""
        self.launch.log.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.launch.command,
                cwd=self.launch.directory,
                env=self.launch.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                preexec_fn=processes.die_with_parent,
                limit=_LINE_LIMIT,
            )
        except OSError as error:
            self.say(f"Container failed to start: {error.strerror}: {self.launch.command[0]}", "ERROR")
            raise NotListening(str(error)) from error
        self._log_task = asyncio.create_task(self._follow_log(self._process))

    async def exited(self) -> int:
        """Wait for the end of the process and of its log; return the exit code."""
        if self._process is None or self._log_task is None:
            raise RuntimeError(f"the instance of {self.launch.revision} was never started")
        code = await self._process.wait()
        with contextlib.suppress(asyncio.CancelledError):
            await self._log_task
        return code

    async def stop(self) -> None:
        """End the process and everything it started."""
        if self._process is not None:
            await processes.end(self._process, STOP_GRACE_SECONDS)
        if self._log_task is not None:
            await asyncio.wait({self._log_task}, timeout=STOP_GRACE_SECONDS)
            self._log_task.cancel()

    async def listen(self, probe: dict[str, Any]) -> None:
        """Wait until the start-up probe passes; raise NotListening when the process exits or time runs out."""
        delay = int(probe.get("initialDelaySeconds") or 0)
        allowed = delay + int(probe.get("periodSeconds") or 10) * int(probe.get("failureThreshold") or 3)
        check = self._answers_http if "httpGet" in probe else self._answers_tcp
        try:
            async with asyncio.timeout(allowed):
                while not await check(probe.get("httpGet") or {}):
                    if not self.running:
                        raise NotListening("the container exited")
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError as error:
            self.say(
                f"STARTUP probe failed for the container on port {self.port}. "
                "The instance was not started. Connection failed with status DEADLINE_EXCEEDED",
                "ERROR",
            )
            raise NotListening("the start-up probe timed out") from error

    async def _answers_tcp(self, _: dict[str, Any]) -> bool:
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    async def _answers_http(self, request: dict[str, Any]) -> bool:
        url = f"http://127.0.0.1:{self.port}{request.get('path') or '/'}"
        try:
            async with aiohttp.ClientSession() as session, session.get(url) as response:
                return response.status in _HTTP_OK
        except (aiohttp.ClientError, OSError):
            return False

    def say(self, text: str, severity: str = "INFO") -> None:
        """Log a line of Cloud Run's own."""
        self._write(events.SYSTEM, text, severity)

    async def _follow_log(self, process: asyncio.subprocess.Process) -> None:
        await asyncio.gather(
            self._follow(process.stdout, events.STDOUT),
            self._follow(process.stderr, events.STDERR),
        )
        code = await process.wait()
        if code < 0:
            self.say(f"Container terminated on signal {-code}.", "WARNING")
        else:
            self.say(f"Container called exit({code}).", "WARNING")

    async def _follow(self, stream: asyncio.StreamReader | None, name: str) -> None:
        if stream is None:
            raise RuntimeError("the instance was started without pipes for its output")
        finder = ErrorFinder()
        pending = asyncio.ensure_future(stream.readline())
        while True:
            done, _ = await asyncio.wait({pending}, timeout=_TRACE_PAUSE_SECONDS if finder.pending else None)
            if not done:
                self._raise_reports(finder.flush())
                continue
            raw = await pending
            if not raw:
                break
            line = raw.decode(errors="replace").rstrip("\n")
            self._write(name, line)
            self._raise_reports(finder.feed(line))
            pending = asyncio.ensure_future(stream.readline())
        self._raise_reports(finder.flush())

    def _raise_reports(self, messages: list[str]) -> None:
        for message in messages:
            self._listeners.error(message)

    def _write(self, stream: str, line: str, severity: str = "") -> None:
        with self.launch.log.open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")
        self._listeners.line(stream, line, severity)


def command_line(image: list[str], container: dict[str, Any]) -> list[str]:
    """Return the container's own command or the image's, with `python` meaning the sandbox's interpreter."""
    own = [*container.get("command", []), *container.get("args", [])]
    command = own or list(image)
    if command and command[0] in {"python", "python3"}:
        command[0] = sys.executable
    return command


def base_environment(directory: Path, code: Path) -> dict[str, str]:
    """Return what every instance gets: a path, its code, and a place for bytecode outside of the image."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {
        "PATH": path,
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(code),
        "PYTHONPYCACHEPREFIX": str(directory / "pycache"),
    }
