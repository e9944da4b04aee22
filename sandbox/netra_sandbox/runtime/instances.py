"""One instance of a revision: a process, its log, and the probe that says when it may serve."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netra_sandbox.runtime import events, probes, processes
from netra_sandbox.runtime.log_watch import ErrorFinder

STOP_GRACE_SECONDS = 2.0
_LINE_LIMIT = 1 << 20
_TRACE_PAUSE_SECONDS = 0.3


@dataclass(frozen=True)
class Launch:
    """Everything that starts an instance.

    `port` is the one that the template gives the container, `memory` its limit in bytes (0: none), `folder` one that is
    the instance's own and goes with it.
    """

    revision: str
    command: list[str]
    environment: dict[str, str]
    directory: Path
    log: Path
    port: int = 8080
    memory: int = 0
    folder: Path | None = None

    @property
    def short(self) -> str:
        """Return the revision's short name."""
        return self.revision.rpartition("/")[2]


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
            self._clear()
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
        self._clear()

    def kill(self) -> None:
        """End the process at once, with everything it started."""
        if self._process is not None:
            processes.signal_group(self._process.pid, signal.SIGKILL)

    async def listen(self, probe: probes.Probe) -> None:
        """Wait until the start-up probe passes; raise NotListening when the process exits or the probe fails."""
        ended = asyncio.ensure_future(self._ended())
        due = time.monotonic() + probe.delay
        outcome, tried = probes.Outcome(False), 0
        try:
            while tried < probe.failures and not ended.done():
                await asyncio.wait({ended}, timeout=max(0.0, due - time.monotonic()))
                outcome, tried, due = await self._attempt(probe, ended), tried + 1, due + probe.period
                if outcome.passed:
                    self.say(probes.succeeded(probe, tried))
                    return
            if ended.done() and self._log_task is not None:
                await asyncio.wait({self._log_task}, timeout=STOP_GRACE_SECONDS)
        finally:
            ended.cancel()
        self.say(probes.failed(probe, tried, outcome.status), "ERROR")
        raise NotListening(f"the start-up probe failed: {outcome.status}")

    async def check(self, probe: probes.Probe) -> probes.Outcome:
        """Try a probe once."""
        return await probes.attempt(probe, self.real_port(probe.port))

    def real_port(self, port: int) -> int:
        """Return the port on this machine for one of the container's."""
        return self.port if port == self.launch.port else port

    async def _attempt(self, probe: probes.Probe, ended: asyncio.Future[int]) -> probes.Outcome:
        trying = asyncio.create_task(self.check(probe))
        either: set[asyncio.Future[Any]] = {trying, ended}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            return probes.Outcome(False, "CANCELLED") if ended.done() else trying.result()
        finally:
            trying.cancel()

    async def _ended(self) -> int:
        if self._process is None:
            raise RuntimeError(f"the instance of {self.launch.revision} was never started")
        return await self._process.wait()

    def say(self, text: str, severity: str = "INFO") -> None:
        """Log a line of Cloud Run's own."""
        self._write(events.SYSTEM, text, severity)

    async def _follow_log(self, process: asyncio.subprocess.Process) -> None:
        await asyncio.gather(
            self._follow(process.stdout, events.STDOUT),
            self._follow(process.stderr, events.STDERR),
        )
        code = await process.wait()
        self._clear()
        if code < 0:
            self.say(f"Container terminated on signal {-code}.", "WARNING")
        else:
            self.say(f"Container called exit({code}).", "WARNING")

    def _clear(self) -> None:
        if self.launch.folder is not None:
            shutil.rmtree(self.launch.folder, ignore_errors=True)

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
