"""Content as an answer: whole, or a range of it (RFC 9110, section 14)."""

from __future__ import annotations

import re
from typing import Any

from netra_sandbox.kernel.calls import Media
from netra_sandbox.services.cloud_storage.refusals import StorageError

Resource = dict[str, Any]
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def answer(found: Resource, content: bytes, asked: str | None) -> Media:
    """Return an object's content with the header fields that clients check it by."""
    hashes = [f"crc32c={found['crc32c']}"] + ([f"md5={found['md5Hash']}"] if "md5Hash" in found else [])
    headers = {
        "ETag": found["etag"],
        "Accept-Ranges": "bytes",
        "x-goog-generation": found["generation"],
        "x-goog-metageneration": found["metageneration"],
        "x-goog-hash": ",".join(hashes),
        "x-goog-stored-content-length": found["size"],
        "x-goog-storage-class": found["storageClass"],
    }
    for field, name in (("contentEncoding", "Content-Encoding"), ("cacheControl", "Cache-Control")):
        if found.get(field):
            headers[name] = found[field]
    if not asked:
        return Media(content, found["contentType"], headers=headers)
    first, last = span(asked, len(content))
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Media(content[first : last + 1], found["contentType"], status=206, headers=headers)


def span(asked: str, size: int) -> tuple[int, int]:
    """Return the first and the last byte of a range; refuse one that begins behind the end."""
    match = _RANGE.fullmatch(asked.strip())
    if match is None or not (match[1] or match[2]):
        return 0, size - 1
    if not match[1]:
        first, last = max(0, size - int(match[2])), size - 1
    else:
        first, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
    if first >= size or first > last:
        words = "Request range not satisfiable"
        raise StorageError("OUT_OF_RANGE", 416, "requestedRangeNotSatisfiable", words, ("header", "Range"))
    return first, last
