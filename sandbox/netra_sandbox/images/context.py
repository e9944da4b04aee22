"""A build context: the files of a folder that its ignore file lets in, and the name that follows from their content."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

from docker.utils.build import exclude_paths

IGNORE_FILE = ".dockerignore"


@dataclass(frozen=True)
class Context:
    """The files, as sorted paths relative to the root, that a build with one Dockerfile sees."""

    root: Path
    dockerfile: str
    files: tuple[str, ...]

    def digest(self, image: str) -> str:
        """Name the context by content, by the rule that tags its builds (docs/architecture.md)."""
        result = hashlib.sha256(f"{self.dockerfile}\0{image}\n".encode())
        for path in self.files:
            result.update(
                f"{path}\0{int(is_executable(self.root / path))}\0{content_digest(self.root / path)}\n".encode()
            )
        return result.hexdigest()


def read_context(root: Path, dockerfile: str) -> Context:
    """Apply the ignore file with Docker's own matcher; the Dockerfile and the ignore file are always sent."""
    ignore_file = root / IGNORE_FILE
    lines = ignore_file.read_text(encoding="utf-8").splitlines() if ignore_file.exists() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    paths = exclude_paths(str(root), patterns, dockerfile=dockerfile)
    return Context(root, dockerfile, tuple(sorted(path for path in paths if not is_folder(root / path))))


def is_folder(path: Path) -> bool:
    """Tell whether a path is a folder itself, not a link to one."""
    return path.is_dir() and not path.is_symlink()


def is_executable(path: Path) -> bool:
    """Tell whether the owner may execute a file; links count as not executable."""
    return not path.is_symlink() and bool(path.stat().st_mode & stat.S_IXUSR)


def content_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, or of a link's target."""
    content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
    return hashlib.sha256(content).hexdigest()
