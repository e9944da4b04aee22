"""The registry: images by content, and the references under which they were pushed."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from netra_sandbox.images.builder import build, image_digest
from netra_sandbox.images.context import read_context


@dataclass(frozen=True)
class Image:
    """What a process needs to run: its files, and how it starts."""

    digest: str
    root: Path
    command: list[str]
    environment: dict[str, str]
    workdir: str
    port: int

    @property
    def directory(self) -> Path:
        """Return the working directory on this machine."""
        return self.root / self.workdir.lstrip("/")


class Catalogue:
    """All images below one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._references = directory / "references.json"
        self._sizes: dict[str, int] = {}
        directory.mkdir(parents=True, exist_ok=True)

    def build(self, source: Path, dockerfile: str, log: list[str]) -> Image:
        """Build from the folder `source`; content decides the name, so the same source gives the same image."""
        with tempfile.TemporaryDirectory(dir=self._directory, prefix="build-") as work:
            image = Path(work) / "image"
            root = image / "root"
            root.mkdir(parents=True)
            settings = build(read_context(source, dockerfile), root, log)
            digest = image_digest(root, settings)
            (image / "image.json").write_text(json.dumps(settings.as_dict()), encoding="utf-8")
            # Renaming a folder onto one that is not empty fails: the same image was built before.
            with contextlib.suppress(OSError):
                image.rename(self._place(digest))
        log.append(f"Successfully built {digest.removeprefix('sha256:')[:12]}")
        return self._load(digest)

    def add(self, digest: str, fill: Callable[[Path], dict[str, Any]]) -> None:
        """Take an image that was built elsewhere; `fill` lays its files into a folder and returns its settings."""
        if self._place(digest).exists():
            return
        with tempfile.TemporaryDirectory(dir=self._directory, prefix="pushed-") as work:
            image = Path(work) / "image"
            root = image / "root"
            root.mkdir(parents=True)
            (image / "image.json").write_text(json.dumps(fill(root)), encoding="utf-8")
            with contextlib.suppress(OSError):
                image.rename(self._place(digest))

    def push(self, reference: str, digest: str) -> None:
        """Make an image known under `name:tag` and `name@digest`, or under the latter alone."""
        name, tag = split_reference(reference)
        references = self._read()
        pushed = references.setdefault(name, {"tags": {}, "digests": []})
        if tag != digest:
            pushed["tags"][tag] = digest
        if digest not in pushed["digests"]:
            pushed["digests"].append(digest)
        self._references.write_text(json.dumps(references, indent=1), encoding="utf-8")

    def get(self, reference: str) -> Image | None:
        """Return the image behind `name`, `name:tag` or `name@digest`, None when it was never pushed."""
        name, tag = split_reference(reference)
        pushed = self._read().get(name, {"tags": {}, "digests": []})
        digest = tag if tag in pushed["digests"] else pushed["tags"].get(tag)
        return self._load(digest) if digest else None

    def references(self) -> dict[str, Any]:
        """Return name → {"tags": {tag: digest}, "digests": [...]} of everything that was pushed."""
        return self._read()

    def untag(self, name: str, tag: str) -> None:
        """Forget a tag; the image stays known by its digest."""
        references = self._read()
        references[name]["tags"].pop(tag, None)
        self._references.write_text(json.dumps(references, indent=1), encoding="utf-8")

    def withdraw(self, name: str, digest: str) -> None:
        """Forget one image of a name, and its tags."""
        references = self._read()
        pushed = references[name]
        pushed["tags"] = {tag: tagged for tag, tagged in pushed["tags"].items() if tagged != digest}
        pushed["digests"].remove(digest)
        self._references.write_text(json.dumps(references, indent=1), encoding="utf-8")

    def remove(self, name: str) -> None:
        """Forget everything that was pushed under a name."""
        references = self._read()
        references.pop(name, None)
        self._references.write_text(json.dumps(references, indent=1), encoding="utf-8")

    def size(self, digest: str) -> int:
        """Return how many bytes the files of an image have."""
        if digest not in self._sizes:
            files = (path for path in (self._place(digest) / "root").rglob("*") if path.is_file())
            self._sizes[digest] = sum(path.stat().st_size for path in files if not path.is_symlink())
        return self._sizes[digest]

    def built(self, digest: str) -> datetime:
        """Return when an image was built."""
        return datetime.fromtimestamp((self._place(digest) / "image.json").stat().st_mtime, UTC)

    def forget(self) -> None:
        """Drop all references; the files stay, since content never changes under its name."""
        self._references.unlink(missing_ok=True)

    def _read(self) -> dict[str, Any]:
        if not self._references.exists():
            return {}
        references: dict[str, Any] = json.loads(self._references.read_text(encoding="utf-8"))
        return references

    def _place(self, digest: str) -> Path:
        return self._directory / digest.removeprefix("sha256:")

    def _load(self, digest: str) -> Image:
        place = self._place(digest)
        return Image(
            digest=digest, root=place / "root", **json.loads((place / "image.json").read_text(encoding="utf-8"))
        )


def split_reference(reference: str) -> tuple[str, str]:
    """Split `name[:tag|@digest]`; without either the tag is `latest`."""
    if "@" in reference:
        name, _, digest = reference.partition("@")
        return name, digest
    name, colon, tag = reference.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (reference, "latest")
