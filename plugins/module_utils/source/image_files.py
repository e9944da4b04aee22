# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply what a Dockerfile copies to the files of a context: what is where in the image, and what is not there to copy.

Standard library only. The rules are those of https://docs.docker.com/reference/dockerfile/#copy.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ansible_collections.netra.remediation.plugins.module_utils.source import docker_ignore
from ansible_collections.netra.remediation.plugins.module_utils.source.docker_patterns import PatternError, path_test
from ansible_collections.netra.remediation.plugins.module_utils.source.dockerfile_stages import (
    SCRATCH,
    Copy,
    Dockerfile,
)

_REMOTE = ("http://", "https://", "git@", "git://", "ssh://")
_UNPACKED = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")


class ContextPaths:
    """The files of a context and the directories above them, as COPY sees them."""

    def __init__(self, files: Iterable[str], directories: Iterable[str] = ()) -> None:
        self.files = sorted(files)
        self._is_file = set(self.files)
        self.directories = {"", *directories}
        for path in self.files:
            above = posixpath.dirname(path)
            while above not in self.directories:
                self.directories.add(above)
                above = posixpath.dirname(above)
        self._below: dict[str, list[str]] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._is_file or path in self.directories

    def is_directory(self, path: str) -> bool:
        """Tell whether a path is a directory."""
        return path in self.directories

    def below(self, directory: str) -> list[str]:
        """Return all files in a directory and deeper."""
        if directory not in self._below:
            beginning = f"{directory}/" if directory else ""
            self._below[directory] = [path for path in self.files if path.startswith(beginning)]
        return self._below[directory]

    def named(self, source: str) -> list[str]:
        """Return the files and directories that a source of COPY names."""
        path = in_context(source)
        if not set("*?[") & set(path):
            return [path] if path in self else []
        try:
            is_named = path_test(path)
        except PatternError:
            return []
        return sorted(name for name in {*self._is_file, *self.directories} if name and is_named(name))


@dataclass(frozen=True)
class AbsentSource:
    """A source that COPY, ADD or a bind mount does not find in the context."""

    line: int
    keyword: str
    source: str

    @property
    def is_pattern(self) -> bool:
        """Tell whether the source has wildcards; BuildKit copies nothing then and goes on."""
        return bool(set("*?[") & set(self.source))


@dataclass
class Image:
    """The files of a stage by their path in it, each with its path in the context, and what is not known.

    ``open`` are directories that hold files of which nothing is known here: those of other images, unpacked archives.
    """

    files: dict[str, str] = field(default_factory=dict)
    directories: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    absent: list[AbsentSource] = field(default_factory=list)

    def may_hold(self, path: str) -> bool:
        """Tell whether a path can be in the image without coming from the context."""
        return any(path == place or path.startswith(place.rstrip("/") + "/") for place in self.open)

    def add(self, path: str, origin: str) -> None:
        """Put a file of the context at a path."""
        self.files[path] = origin
        above = posixpath.dirname(path)
        while above not in self.directories:
            self.directories.add(above)
            above = posixpath.dirname(above)


def in_context(source: str) -> str:
    """Return a source of COPY as contexts name paths; nothing climbs out of the context."""
    return posixpath.normpath(f"/{source}").lstrip("/")


def lay_out(dockerfile: Dockerfile, context: ContextPaths) -> list[Image]:
    """Return the images of all stages, in order."""
    images: list[Image] = []
    for stage in dockerfile.stages:
        image = Image(directories={"/"})
        if stage.parent:
            inherited = images[stage.parent.index]
            image = Image(dict(inherited.files), set(inherited.directories), set(inherited.open))
        for copy in stage.copies:
            if not copy.origin:
                _copy_from_context(copy, context, image)
                continue
            origin = dockerfile.stage(copy.origin, stage.index)
            if origin and copy.to is not None:
                _copy_from_stage(copy, copy.to, images[origin.index], image)
            elif copy.to is not None and copy.origin != SCRATCH:
                image.open.add(copy.to.rstrip("/") or "/")
        images.append(image)
    return images


def _copy_from_context(copy: Copy, context: ContextPaths, image: Image) -> None:
    found: list[str] = []
    for source in copy.sources:
        if source is None or source.startswith(_REMOTE) or _is_unpacked(copy, source):
            image.open.update([copy.to.rstrip("/") or "/"] if copy.to else [])
            continue
        named = context.named(source)
        if not named:
            image.absent.append(AbsentSource(copy.line, copy.keyword, source))
        found += named
    if copy.to is not None:
        for path, place in _placed(copy, copy.to, found, context, image):
            image.add(place, path)


def _is_unpacked(copy: Copy, source: str) -> bool:
    return copy.keyword == "ADD" and source.endswith(_UNPACKED)


def _placed(copy: Copy, to: str, found: list[str], context: ContextPaths, image: Image) -> Iterator[tuple[str, str]]:
    """Return each file that a COPY brings, and where it lands."""
    directory = to.rstrip("/")
    into = to.endswith("/") or len(found) > 1 or to in image.directories
    left_out = docker_ignore.parse("\n".join(copy.exclude)) if copy.exclude else None
    for path in found:
        is_directory = context.is_directory(path)
        for file in context.below(path) if is_directory else [path]:
            within = posixpath.relpath(file, path or ".") if is_directory else posixpath.basename(file)
            if left_out and left_out.decide(within).excluded:
                continue
            if copy.keeps_parents:
                yield file, f"{directory}/{file}"
            else:
                yield file, f"{directory}/{within}" if into or is_directory else to


def _copy_from_stage(copy: Copy, to: str, origin: Image, image: Image) -> None:
    """Copy what another stage is known to hold; what its commands made there is not known."""
    directory = to.rstrip("/")
    for source in copy.sources:
        if source is None:
            image.open.add(directory or "/")
            continue
        path = f"/{in_context(source)}"
        beginning = f"{path.rstrip('/')}/"
        below = {place: file for place, file in origin.files.items() if place.startswith(beginning)}
        for place, file in below.items():
            image.add(f"{directory}/{place.removeprefix(beginning)}", file)
        if path in origin.files:
            into = to.endswith("/") or to in image.directories
            image.add(f"{directory}/{posixpath.basename(path)}" if into else to, origin.files[path])
        else:
            image.open.add(directory or "/")
