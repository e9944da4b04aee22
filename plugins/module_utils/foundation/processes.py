# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell which run of Ansible this is, and whether another one on this machine still runs. Standard library only.

A process is known by its number, its start time and the kernel that runs it: numbers are used again, and mean something
else in another container or after a restart (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
"""

from __future__ import annotations

import getpass
import os
import pathlib
import socket
from typing import Any

PROC = "/proc"
PROGRAM = "ansible-playbook"


def who() -> str:
    """Return the user of this process and the machine, as ``user@host``."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def this_kernel(proc: str = PROC) -> str:
    """Return what two processes have in common that see each other's numbers; empty where nobody can know."""
    try:
        boot = (pathlib.Path(proc) / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{os.readlink(os.path.join(proc, 'self/ns/pid'))}"
    except OSError:
        return ""


def running_playbook(proc: str = PROC, pid: int | None = None) -> dict[str, Any] | None:
    """Return pid, started and kernel of the ansible-playbook that this process belongs to, None where none is known."""
    number, kernel, found = pid or os.getpid(), this_kernel(proc), None
    while kernel and number > 1:
        state = _state(proc, number)
        if state is None:
            break
        if _is_playbook(proc, number):  # its workers are copies of it: the topmost is the run
            found = {"pid": number, "started": state[1], "kernel": kernel}
        number = state[0]
    return found


def is_surely_gone(process: dict[str, Any], proc: str = PROC) -> bool:
    """Say whether a process of this very kernel is no more; what runs elsewhere is never surely gone."""
    if not process.get("kernel") or process["kernel"] != this_kernel(proc):
        return False
    state = _state(proc, int(process["pid"]))
    return state is None or state[1] != process["started"]


def _state(proc: str, pid: int) -> tuple[int, int] | None:
    """Return the parent and the start time of a process, in ticks since the machine started."""
    try:
        text = (pathlib.Path(proc) / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rsplit(")", 1)[1].split()  # the name before may hold anything, brackets too
    return None if fields[0] == "Z" else (int(fields[1]), int(fields[19]))


def _is_playbook(proc: str, pid: int) -> bool:
    try:
        words = (pathlib.Path(proc) / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(os.path.basename(word) == PROGRAM.encode() for word in words[:3])
