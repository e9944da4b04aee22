"""Bodies of media uploads: the media alone, behind its metadata, or the metadata alone that begins a resumable one."""

from __future__ import annotations

import re

from netra_sandbox.kernel.errors import ApiError

# Google's apitools, and so gcloud, write single quotes and end the lines of the body with a line feed alone.
_BOUNDARY = re.compile(r"""boundary=["']?([^"';]+)["']?""", re.IGNORECASE)
_PARTS = 2


def split(content_type: str, content: bytes, *, begins_resumable: bool = False) -> tuple[bytes, bytes]:
    """Return metadata (JSON, maybe empty) and media (RFC 2387)."""
    if begins_resumable:
        return content, b""
    if not content_type.lower().startswith("multipart/related"):
        return b"", content
    boundary = _BOUNDARY.search(content_type)
    name = boundary[1].encode("latin-1") if boundary else b""
    line = b"\r\n" if content.lstrip(b"\r\n").startswith(b"--" + name + b"\r\n") else b"\n"
    # What precedes the first delimiter and follows the closing one is no part (RFC 2046, 5.1.1).
    parts = (line + content).split(line + b"--" + name)[1:-1]
    if boundary is None or len(parts) != _PARTS:
        raise ApiError("INVALID_ARGUMENT", "A multipart upload has two parts: metadata and media.")
    metadata, media = (part.partition(line + line)[2] for part in parts)
    return metadata, media
