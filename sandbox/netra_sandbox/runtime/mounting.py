"""Start a program in which folders appear at other places, without touching the machine's own files.

    python -I -S mounting.py ROOT '[{"target": "/keys", "source": "/…/keys"}, {"target": "/cache", "size": 4096}]' CMD…

ROOT is an empty folder, on which a copy of the root folder is mounted when a target is missing there. A row with a
`source` shows that folder at `target`, read-only; one with a `size` shows an empty folder in memory that takes so many
bytes (0: as the kernel sees fit). It happens in a mount namespace of the program's own (Linux, mount_namespaces(7)):
root makes one by itself, everybody else in a user namespace, where the kernel permits that.

The sandbox runs this file as a program and nothing imports it but tests: it uses the standard library alone, and what
it starts takes its place. It removes nothing: what it sees below its mounts are the machine's own files.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
_READ_ONLY, _REMOUNT, _BIND, _RECURSIVE, _UNBINDABLE, _PRIVATE = 1, 32, 4096, 16384, 1 << 17, 1 << 18
# The kernel's flags of a mount that a remount must repeat, by what statvfs(3) calls them.
_KEPT = {2: 2, 4: 4, 8: 8, 1024: 1024, 2048: 2048, 4096: 1 << 21}
_LIBC = ctypes.CDLL(None, use_errno=True)


def enter() -> None:
    """Leave the machine's mounts for a copy of them; raise OSError where the kernel does not permit it."""
    try:
        _checked(_LIBC.unshare(_NEW_MOUNTS), "unshare")
    except PermissionError:
        user, group = os.getuid(), os.getgid()
        _checked(_LIBC.unshare(_NEW_USER | _NEW_MOUNTS), "unshare")
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    _mount("none", "/", _PRIVATE | _RECURSIVE)


def _held(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose source stays the folder that it names now, whatever is mounted over that name."""
    if "source" not in row:
        return row
    return {**row, "source": f"/proc/self/fd/{os.open(row['source'], os.O_PATH | os.O_DIRECTORY)}"}


def show(row: dict[str, Any], root: str) -> None:
    """Let a folder appear at a row's target, over whatever is there."""
    target = _place(Path(row["target"]), root)
    if "source" not in row:
        _mount("tmpfs", str(target), 0, "tmpfs", f"mode=1777,size={row['size']}")
        return
    _mount(row["source"], str(target), _BIND)
    seen = os.statvfs(target).f_flag
    kept = sum(flag for bit, flag in _KEPT.items() if seen & bit)
    _mount("none", str(target), _REMOUNT | _BIND | _READ_ONLY | kept)


def _place(target: Path, root: str) -> Path:
    """Make a folder to mount on; where it is missing, a copy in memory covers the nearest folder above."""
    above = target.resolve()
    if above.is_dir():
        return above
    missing = []
    while not above.exists():
        missing.append(above.name)
        above = above.parent
    if str(above) == "/":
        # A mount over the root itself would not be seen.
        _copy(above, Path(root))
        os.chroot(root)
    else:
        _copy(above, above)
    made = above.joinpath(*reversed(missing))
    made.mkdir(parents=True)
    return made


def _copy(source: Path, place: Path) -> None:
    """Mount a folder in memory at `place` that has all that `source` has, each entry as the mount that it was."""
    entries = sorted(source.iterdir())
    before = os.open(source, os.O_PATH | os.O_DIRECTORY)
    try:
        mode = stat.S_IMODE(os.fstat(before).st_mode)
        _mount("tmpfs", str(place), 0, "tmpfs", f"mode={mode:o}")
        _mount("none", str(place), _UNBINDABLE)  # or the copy would hold itself
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):  # what went while we looked
                _show_entry(Path(f"/proc/self/fd/{before}") / entry.name, place / entry.name)
    finally:
        os.close(before)


def _show_entry(source: Path, place: Path) -> None:
    if source.is_symlink():
        place.symlink_to(source.readlink())
        return
    if source.is_dir():
        place.mkdir()
    else:
        place.touch()
    _mount(str(source), str(place), _BIND | _RECURSIVE)


def _mount(source: str, target: str, flags: int, kind: str | None = None, options: str | None = None) -> None:
    texts = (None if text is None else os.fsencode(text) for text in (source, target, kind))
    source_, target_, kind_ = texts
    data = None if options is None else options.encode()
    _checked(_LIBC.mount(source_, target_, kind_, ctypes.c_ulong(flags), data), f"mount on {target}")


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def main(root: str, rows: str, command: list[str]) -> None:
    """Mount and become the command; end with 125 when mounting fails, 127 when the command cannot be run."""
    here = Path.cwd()
    try:
        enter()
        for row in sorted(map(_held, json.loads(rows)), key=lambda row: str(row["target"])):
            show(row, root)
        os.chdir(here)  # anew: the folder may be covered now
    except OSError as error:
        sys.stderr.write(f"Mounting failed: {error.strerror}\n")
        sys.exit(125)
    try:
        os.execvp(command[0], command)  # noqa: S606  the container's own command, as it is
    except OSError as error:
        sys.stderr.write(f"Container failed to start: {error.strerror}: {command[0]}\n")
        sys.exit(127)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
