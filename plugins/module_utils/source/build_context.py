# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name a build context by its content, and pack it the same way every time.

The digest of a context is the SHA-256, in hex, of the UTF-8 text

    DOCKERFILE NUL IMAGE LF
    PATH NUL EXECUTABLE NUL CONTENT LF      for every included file, sorted by PATH (code points)

where PATH and DOCKERFILE are relative to the context with ``/`` between their parts, IMAGE is the image's name
without tag or digest, EXECUTABLE is ``1`` when the owner may execute the file and ``0`` otherwise, and CONTENT is the
SHA-256 of its bytes in hex. Included are all regular files that the ignore file lets in, and always the ignore file
itself (``DOCKERFILE.dockerignore`` where there is one, else ``.dockerignore``) and the Dockerfile. Symbolic links
count as their target's text.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import change_of, known_after
from ansible_collections.netra.remediation.plugins.module_utils.source.context_selection import (
    DOCKER,
    Selection,
    read_selection,
)

# In the place of an image's digest while it is not built.
DIGEST_TO_COME = known_after("the build")


@dataclass(frozen=True)
class ContextFile:
    """One file of a context."""

    path: str
    executable: bool
    content: str


@dataclass(frozen=True)
class SourceTree:
    """A directory that an image is built from, as one Dockerfile sees it through the ignore file."""

    root: str
    dockerfile: str
    selection: Selection
    files: tuple[ContextFile, ...]

    def digest(self, image: str) -> str:
        """Return the digest of the context (see the head of this file)."""
        result = hashlib.sha256(f"{self.dockerfile}\0{image}\n".encode())
        for file in self.files:
            named = f"{file.path}\0{int(file.executable)}\0{file.content}\n"
            result.update(named.encode(errors="surrogateescape"))
        return result.hexdigest()

    def missing(self, required: list[str]) -> list[str]:
        """Return the required paths that do not exist in the tree at all."""
        return [path for path in required if not os.path.lexists(os.path.join(self.root, path))]

    def archive(self) -> bytes:
        """Pack the context as a tar.gz whose bytes depend on the content only."""
        packed = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed,
            tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for file in self.files:
                _add(archive, self.root, file)
        return packed.getvalue()


def read_tree(root: str, dockerfile: str, sender: str = DOCKER) -> SourceTree:
    """Read the ignore files of a context directory and hash every file that is sent to the builder."""
    selection = read_selection(root, dockerfile, sender)
    files = {path: _describe(root, path) for path in sent_paths(root, selection)}
    files |= _foreseen_files(root, selection, files)
    return SourceTree(root, dockerfile, selection, tuple(files[path] for path in sorted(files)))


def _foreseen_files(root: str, selection: Selection, there: Mapping[str, ContextFile]) -> dict[str, ContextFile]:
    """Return the ignore files that a check says would be another by now, as they would be."""
    found = {}
    for path in selection.always_sent & {entry.file for entry in selection.filters}:
        text = intent.foreseen_text(os.path.join(root, path))
        if text is not None:
            content = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
            found[path] = ContextFile(path, path in there and there[path].executable, content)
    return found


def sent_paths(root: str, selection: Selection) -> Iterator[str]:
    """Return the files and links below a directory that reach the builder, in no order; nothing is read."""
    return (path for path in _walk(root, "", selection) if selection.is_sent(path))


def declare_build(image: str, context: str) -> None:
    """Say that an image is about to be built from a context of this digest."""
    after = {"context": context, "image": f"{image}@{DIGEST_TO_COME}"}
    intent.declare(change_of(f"image {image}", "create", {}, after))


def context_tag(digest: str) -> str:
    """Return the tag under which builds of a context are found; Cloud Build limits tags to 128 characters."""
    return f"context-{digest}"


def _walk(root: str, directory: str, selection: Selection) -> Iterator[str]:
    with os.scandir(os.path.join(root, directory)) as entries:
        for entry in entries:
            path = f"{directory}/{entry.name}" if directory else entry.name
            if not entry.is_dir(follow_symlinks=False):
                if entry.is_symlink() or entry.is_file():
                    yield path
            elif selection.may_hold_sent(path):
                yield from _walk(root, path, selection)


def _describe(root: str, path: str) -> ContextFile:
    full = os.path.join(root, path)
    if os.path.islink(full):
        return ContextFile(path, False, hashlib.sha256(os.readlink(full).encode()).hexdigest())
    with open(full, "rb") as source:
        content = hashlib.file_digest(source, "sha256").hexdigest()
        return ContextFile(path, bool(os.fstat(source.fileno()).st_mode & stat.S_IXUSR), content)


def _add(archive: tarfile.TarFile, root: str, file: ContextFile) -> None:
    full = os.path.join(root, file.path)
    entry = tarfile.TarInfo(file.path)
    entry.mode = 0o755 if file.executable else 0o644
    if os.path.islink(full):
        entry.type, entry.linkname = tarfile.SYMTYPE, os.readlink(full)
        archive.addfile(entry)
        return
    with open(full, "rb") as source:
        entry.size = os.fstat(source.fileno()).st_size
        archive.addfile(entry, source)
