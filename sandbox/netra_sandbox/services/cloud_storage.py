"""Cloud Storage v1, as much as uploads need. https://cloud.google.com/storage/docs/json_api/v1/objects."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, Media, handles
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services import longrunning

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
KEY = "storage:"


@handles("storage.buckets.get")
async def get_bucket(sandbox: Sandbox, call: Call) -> Resource:
    """Return a bucket."""
    return _bucket(sandbox, call.parameters["bucket"])


@handles("storage.objects.insert")
async def insert(sandbox: Sandbox, call: Call) -> Resource:
    """Store an object; ifGenerationMatch 0 means that it must not be there yet."""
    bucket = call.parameters["bucket"]
    _bucket(sandbox, bucket)
    name = call.parameters.get("name") or call.body.get("name")
    if not name or call.media is None:
        raise ApiError("INVALID_ARGUMENT", "Required object name and media.")
    there = sandbox.store.get(_key(bucket, name))
    wanted = call.parameters.get("ifGenerationMatch")
    if wanted is not None and str(wanted) != (there or {"generation": "0"})["generation"]:
        raise ApiError("FAILED_PRECONDITION", "At least one of the pre-conditions you specified did not hold.")
    path = _path(sandbox, bucket, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(call.media)
    now = longrunning.timestamp(sandbox)
    stored = {
        "kind": "storage#object",
        "id": f"{bucket}/{name}",
        "name": name,
        "bucket": bucket,
        "generation": str(time.time_ns() // 1000),
        "metageneration": "1",
        "contentType": call.body.get("contentType", "application/octet-stream"),
        "size": str(len(call.media)),
        "md5Hash": base64.b64encode(hashlib.md5(call.media, usedforsecurity=False).digest()).decode(),
        "timeCreated": now,
        "updated": now,
        "storageClass": "STANDARD",
    }
    sandbox.store.put(_key(bucket, name), stored)
    return stored


@handles("storage.objects.get")
async def get(sandbox: Sandbox, call: Call) -> Resource | Media:
    """Return an object's metadata, or with alt=media its content."""
    stored = _object(sandbox, call)
    if call.parameters.get("alt") == "media":
        content = _path(sandbox, stored["bucket"], stored["name"]).read_bytes()
        return Media(content, stored["contentType"])
    return stored


@handles("storage.objects.list")
async def list_objects(sandbox: Sandbox, call: Call) -> Resource:
    """Return the objects of a bucket below a prefix."""
    bucket = call.parameters["bucket"]
    _bucket(sandbox, bucket)
    prefix = call.parameters.get("prefix") or ""
    found = [entry for entry in sandbox.store.list(f"{KEY}{bucket}/") if entry["name"].startswith(prefix)]
    return {"kind": "storage#objects", **({"items": found} if found else {})}


@handles("storage.objects.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Remove an object."""
    stored = _object(sandbox, call)
    wanted = call.parameters.get("ifGenerationMatch")
    if wanted is not None and str(wanted) != stored["generation"]:
        raise ApiError("FAILED_PRECONDITION", "At least one of the pre-conditions you specified did not hold.")
    sandbox.store.delete(_key(stored["bucket"], stored["name"]))
    _path(sandbox, stored["bucket"], stored["name"]).unlink(missing_ok=True)
    return {}


def read(sandbox: Sandbox, bucket: str, name: str) -> bytes | None:
    """Return an object's content, None where it does not exist; for other services."""
    if sandbox.store.get(_key(bucket, name)) is None:
        return None
    return _path(sandbox, bucket, name).read_bytes()


def _bucket(sandbox: Sandbox, name: str) -> Resource:
    # Cloud Build makes the project's own bucket when it is first used; the sandbox has no other.
    if name != f"{sandbox.project}_cloudbuild":
        raise ApiError("NOT_FOUND", "The specified bucket does not exist.")
    return {"kind": "storage#bucket", "id": name, "name": name, "location": "US", "storageClass": "STANDARD"}


def _object(sandbox: Sandbox, call: Call) -> Resource:
    bucket, name = call.parameters["bucket"], call.parameters["object"]
    _bucket(sandbox, bucket)
    stored = sandbox.store.get(_key(bucket, name))
    if stored is None:
        raise ApiError("NOT_FOUND", f"No such object: {bucket}/{name}")
    return stored


def _key(bucket: str, name: str) -> str:
    return f"{KEY}{bucket}/{json.dumps(name)}"


def _path(sandbox: Sandbox, bucket: str, name: str) -> Path:
    return sandbox.directory / "buckets" / bucket / hashlib.sha256(name.encode()).hexdigest()
