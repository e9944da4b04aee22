"""Blobs as they were pushed, by digest, and uploads that are not finished."""

from __future__ import annotations

import hashlib
import re
import uuid
from pathlib import Path

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class BlobError(Exception):
    """A blob that is not what its digest says, or an upload that nobody began."""


class Blobs:
    """A folder of blobs; content never changes under its name."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def path(self, digest: str) -> Path | None:
        """Return where a blob is, None when it was never pushed."""
        if not _DIGEST.fullmatch(digest):
            return None
        place = self._place(digest)
        return place if place.is_file() else None

    def put(self, digest: str, content: bytes) -> None:
        """Keep a blob under its digest; raise BlobError where it is another's."""
        found = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if found != digest:
            raise BlobError(f"provided digest did not match uploaded content: {digest} is not {found}")
        self._directory.mkdir(parents=True, exist_ok=True)
        self._place(digest).write_bytes(content)

    def begin(self) -> str:
        """Begin an upload and return its name."""
        self._directory.mkdir(parents=True, exist_ok=True)
        name = str(uuid.uuid4())
        self._upload(name).write_bytes(b"")
        return name

    def append(self, upload: str, content: bytes) -> int:
        """Add to an upload and return how many bytes it has; raise BlobError where nobody began it."""
        place = self._begun(upload)
        with place.open("ab") as file:
            file.write(content)
            return file.tell()

    def finish(self, upload: str, digest: str) -> None:
        """Make a blob of an upload; raise BlobError where it is not what the digest says."""
        place = self._begun(upload)
        content = place.read_bytes()
        place.unlink()
        self.put(digest, content)

    def _begun(self, upload: str) -> Path:
        place = self._upload(Path(upload).name)
        if not place.is_file():
            raise BlobError(f"upload {upload} is unknown")
        return place

    def _place(self, digest: str) -> Path:
        return self._directory / digest.removeprefix("sha256:")

    def _upload(self, name: str) -> Path:
        return self._directory / f"upload-{name}"
