"""Bodies of media uploads: the media alone, or behind its metadata (uploadType=multipart)."""

from __future__ import annotations

import email.parser
import email.policy

from netra_sandbox.kernel.errors import ApiError

_PARTS = 2


def split(content_type: str, content: bytes) -> tuple[bytes, bytes]:
    """Return metadata (JSON, maybe empty) and media (RFC 2387)."""
    if not content_type.lower().startswith("multipart/related"):
        return b"", content
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + content)
    parts = list(message.iter_parts()) if message.is_multipart() else []  # type: ignore[attr-defined]
    if len(parts) != _PARTS:
        raise ApiError("INVALID_ARGUMENT", "A multipart upload has two parts: metadata and media.")
    metadata, media = (part.get_payload(decode=True) for part in parts)
    return metadata, media
