"""Child processes that cannot outlive the sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time

from netra_sandbox.runtime import linux

_POLL_SECONDS = 0.01


def die_with_parent() -> None:
    """Lead an own process group and be killed when the parent goes; for `preexec_fn`, also under another uid."""
    os.setsid()
    linux.signal_at_parents_end(signal.SIGKILL)


def end_with_parent() -> None:
    """Be asked to stop when the parent goes."""
    linux.signal_at_parents_end(signal.SIGTERM)


def wait_gone(pid: int, seconds: float) -> bool:
    """Wait for the end of a process that need not be a child; tell whether it came."""
    give_up = time.monotonic() + seconds
    while not linux.is_gone(pid):
        if time.monotonic() > give_up:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to the process group a child leads; a group that has gone is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


async def end(process: asyncio.subprocess.Process, grace: float) -> None:
    """Ask a child's group to stop, kill it after the grace period, and wait until it is gone."""
    if process.returncode is None:
        signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), grace)
    signal_group(process.pid, signal.SIGKILL)
    await process.wait()
