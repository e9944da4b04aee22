"""What the sandbox asks of Linux alone: parents that take their children along, and /proc.

Elsewhere the sandbox runs without it: children are ended by the sandbox only while it lives, no connection has a known
owner, and no memory limit is enforced.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

HERE = sys.platform.startswith("linux")
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if HERE else None
_PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def signal_at_parents_end(number: signal.Signals) -> None:
    """Ask the kernel to send this process a signal when its parent goes (prctl(2)); it survives a change of uid."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, number)


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended; a zombie has."""
    if not HERE:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def session_members(leaders: set[int]) -> dict[int, int]:
    """Return pid → leader for every process in a session that one of `leaders` leads."""
    members: dict[int, int] = {}
    for name in os.listdir(_PROC) if HERE and leaders else ():  # noqa: PTH208  a path for each would be most of the cost
        if name.isdigit():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                leader = os.getsid(int(name))
                if leader in leaders:
                    members[int(name)] = leader
    return members


def resident_bytes(leaders: set[int]) -> dict[int, int]:
    """Return leader → the resident memory of all processes in its session."""
    used: dict[int, int] = {}
    for pid, leader in session_members(leaders).items():
        with contextlib.suppress(OSError):
            pages = int((_PROC / str(pid) / "statm").read_text(encoding="ascii").split()[1])
            used[leader] = used.get(leader, 0) + pages * _PAGE
    return used


def socket_inode(local: tuple[str, int], remote: tuple[str, int]) -> int | None:
    """Find the inode of the IPv4 socket with these ends."""
    if not HERE:
        return None
    return find_inode((_PROC / "net" / "tcp").read_text(encoding="ascii"), local, remote)


def find_inode(table: str, local: tuple[str, int], remote: tuple[str, int]) -> int | None:
    """Find the inode of the socket with these ends in the text of /proc/net/tcp (proc(5))."""
    ends = f" {_hexadecimal(local)} {_hexadecimal(remote)} "
    line = next((line for line in table.splitlines()[1:] if ends in line), None)
    return None if line is None else int(line.split()[9])


def holds_socket(pid: int, inode: int) -> bool:
    """Tell whether a process has the socket with this inode open."""
    wanted, folder = f"socket:[{inode}]", f"{_PROC}/{pid}/fd"
    with contextlib.suppress(OSError):
        # A new connection's descriptor is most often among the highest.
        for descriptor in reversed(os.listdir(folder)):  # noqa: PTH208  a path for each would be most of the cost
            with contextlib.suppress(OSError):
                if os.readlink(f"{folder}/{descriptor}") == wanted:  # noqa: PTH115  as above
                    return True
    return False


def _hexadecimal(end: tuple[str, int]) -> str:
    address = bytes(int(part) for part in end[0].split("."))
    return f"{int.from_bytes(address, 'little'):08X}:{end[1]:04X}"
