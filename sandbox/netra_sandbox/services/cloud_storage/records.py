"""Objects in the store, their content in files beside it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from netra_sandbox.services import longrunning
from netra_sandbox.services.checksums import crc32c
from netra_sandbox.services.cloud_storage import preconditions
from netra_sandbox.services.cloud_storage.refusals import condition_not_met, no_object, wrong

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
KEY = "storage:"
# What a client may say of an object.
SETTABLE: tuple[str, ...] = ("contentType", "metadata", "cacheControl", "contentDisposition", "contentEncoding")
SETTABLE += ("contentLanguage", "customTime")
_LINKS = "https://www.googleapis.com/storage/v1/b"
_DOWNLOADS = "https://storage.googleapis.com/download/storage/v1/b"
_LONGEST_NAME_BYTES = 1024
_HASHED_AT_ONCE = 64 * 1024


def key(bucket: str, name: str) -> str:
    """Return an object's key in the store."""
    return f"{KEY}{bucket}/o/{json.dumps(name)}"


def find(sandbox: Sandbox, bucket: str, name: str) -> Resource | None:
    """Return an object, None where it is not there."""
    return sandbox.store.get(key(bucket, name))


def existing(sandbox: Sandbox, bucket: str, name: str, generation: object = None) -> Resource:
    """Return an object, in the generation that is asked for; only the live one is kept."""
    found = find(sandbox, bucket, name)
    if found is None or (generation is not None and str(generation) != found["generation"]):
        raise no_object(bucket, name)
    return found


def objects(sandbox: Sandbox, bucket: str) -> dict[str, Resource]:
    """Return a bucket's objects by name."""
    return {found["name"]: found for found in sandbox.store.list(f"{KEY}{bucket}/o/")}


def content(sandbox: Sandbox, found: Resource) -> bytes:
    """Return an object's bytes."""
    return _path(sandbox, found).read_bytes()


def read(sandbox: Sandbox, bucket: str, name: str) -> bytes | None:
    """Return an object's content, None where it does not exist; for other services."""
    found = find(sandbox, bucket, name)
    return None if found is None else content(sandbox, found)


async def write(  # noqa: PLR0917  the same order at every call
    sandbox: Sandbox, bucket: str, name: str, media: bytes, fields: Mapping[str, Any], conditions: Mapping[str, Any]
) -> Resource:
    """Store an object when the conditions hold and the hashes that the client gave are those of the content.

    Between the look at the conditions and the write nothing else runs, so of two writers one sees the other's.
    """
    if not name or len(name.encode()) > _LONGEST_NAME_BYTES or "\n" in name or "\r" in name or name in {".", ".."}:
        raise wrong(f"Invalid object name: '{name[:100]}'")
    hashes = _hashes(media) if len(media) < _HASHED_AT_ONCE else await asyncio.to_thread(_hashes, media)
    for label, algorithm in (("md5Hash", "MD5"), ("crc32c", "CRC32C")):
        given = fields.get(label)
        if given and given != hashes[label]:
            raise wrong(
                f'Provided {algorithm} hash "{given}" doesn\'t match calculated {algorithm} hash "{hashes[label]}".'
            )
    before = find(sandbox, bucket, name)
    if not preconditions.hold(conditions, before):
        raise condition_not_met()
    made = _object(sandbox, bucket, name, media, hashes) | {
        field: fields[field] for field in SETTABLE if fields.get(field)
    }
    path = _path(sandbox, made)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(media)
    put(sandbox, made)
    if before is not None:
        _path(sandbox, before).unlink(missing_ok=True)
    return made


def put(sandbox: Sandbox, found: Resource) -> None:
    """Store what is said of an object."""
    found["etag"] = base64.b64encode(f"{found['generation']}/{found['metageneration']}".encode()).decode()
    sandbox.store.put(key(found["bucket"], found["name"]), found)


def delete(sandbox: Sandbox, found: Resource) -> None:
    """Remove an object with its content."""
    sandbox.store.delete(key(found["bucket"], found["name"]))
    _path(sandbox, found).unlink(missing_ok=True)


def _object(sandbox: Sandbox, bucket: str, name: str, media: bytes, hashes: Mapping[str, str]) -> Resource:
    now, generation = longrunning.timestamp(sandbox), _Generation.following()
    where = f"{quote(bucket, safe='')}/o/{quote(name, safe='')}"
    return {
        "kind": "storage#object",
        "id": f"{bucket}/{name}/{generation}",
        "selfLink": f"{_LINKS}/{where}",
        "mediaLink": f"{_DOWNLOADS}/{where}?generation={generation}&alt=media",
        "name": name,
        "bucket": bucket,
        "generation": generation,
        "metageneration": "1",
        "contentType": "application/octet-stream",
        "storageClass": "STANDARD",
        "size": str(len(media)),
        **hashes,
        "timeCreated": now,
        "updated": now,
        "timeStorageClassUpdated": now,
    }


def _hashes(media: bytes) -> dict[str, str]:
    md5 = hashlib.md5(media, usedforsecurity=False).digest()
    check = crc32c(media).to_bytes(4, "big")
    return {"md5Hash": base64.b64encode(md5).decode(), "crc32c": base64.b64encode(check).decode()}


def _path(sandbox: Sandbox, found: Resource) -> Path:
    named = hashlib.sha256(found["name"].encode()).hexdigest()
    return Path(sandbox.directory, "buckets", found["bucket"], f"{named}.{found['generation']}")


class _Generation:
    """Numbers that only grow: the time in microseconds."""

    _last = 0

    @classmethod
    def following(cls) -> str:
        cls._last = max(time.time_ns() // 1000, cls._last + 1)
        return str(cls._last)
