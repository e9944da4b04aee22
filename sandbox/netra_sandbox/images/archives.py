"""Unpack archives that clients send: nothing of them leads out of the folder that they are for (PEP 706)."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from pathlib import Path


def extract(archive: tarfile.TarFile, members: Iterable[tarfile.TarInfo], place: Path) -> None:
    """Unpack members into a folder; raise tarfile.TarError for one that would write outside of it."""
    for member in members:
        if hasattr(tarfile, "data_filter"):
            archive.extract(member, place, filter="data")
            continue
        if not _stays_inside(member, place):  # Python before 3.11.4 does not look
            raise tarfile.ExtractError(f"{member.name} leads out of its folder")
        archive.extract(member, place)


def _stays_inside(member: tarfile.TarInfo, place: Path) -> bool:
    target = (place / member.name).resolve()
    linked = (target.parent / member.linkname).resolve() if member.issym() else (place / member.linkname).resolve()
    sound = member.isfile() or member.isdir() or member.issym() or member.islnk()
    return sound and target.is_relative_to(place.resolve()) and linked.is_relative_to(place.resolve())
