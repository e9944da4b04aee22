"""Child processes that cannot outlive the sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.01
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Lead an own process group and be killed when the parent goes; for `preexec_fn`, also under another uid."""
    os.setsid()
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def end_with_parent() -> None:
    """Ask the kernel to send this process SIGTERM when its parent goes (prctl(2))."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_gone(pid: int, seconds: float) -> bool:
    """Wait for the end of a process that need not be a child; tell whether it came. A zombie has ended."""
    give_up = time.monotonic() + seconds
    while True:
        try:
            state = (
                Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
            )
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        if time.monotonic() > give_up:
            return False
        time.sleep(_POLL_SECONDS)


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


def session_members(leaders: set[int]) -> dict[int, int]:
    """Return pid → leader for every process in a session that one of `leaders` leads."""
    members = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                leader = os.getsid(int(entry.name))
                if leader in leaders:
                    members[int(entry.name)] = leader
    return members


def holds_socket(pid: int, inode: int) -> bool:
    """Tell whether a process has the socket with this inode open."""
    wanted = f"socket:[{inode}]"
    with contextlib.suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if str(Path(descriptor).readlink()) == wanted:
                    return True
    return False
