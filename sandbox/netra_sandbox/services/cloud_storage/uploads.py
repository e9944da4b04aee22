"""Resumable uploads: begun with the metadata, gone on with parts of the content, looked at in between.

https://cloud.google.com/storage/docs/performing-resumable-uploads
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, Media
from netra_sandbox.services.cloud_storage import records
from netra_sandbox.services.cloud_storage.refusals import StorageError, wrong

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
KEY = "storage-upload:"
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_ADDRESS = "https://storage.googleapis.com/upload/storage/v1/b"


def begin(sandbox: Sandbox, call: Call, name: str) -> Media:
    """Answer with the address to send the content to."""
    identifier, bucket = secrets.token_urlsafe(24), call.parameters["bucket"]
    fields = {"contentType": call.headers.get("X-Upload-Content-Type"), **call.body}
    conditions = {key: value for key, value in call.parameters.items() if key.startswith("if")}
    session = {"bucket": bucket, "name": name, "fields": fields, "conditions": conditions}
    sandbox.store.put(KEY + identifier, session)
    where = f"{_ADDRESS}/{bucket}/o?uploadType=resumable&upload_id={identifier}"
    return Media(b"", status=200, headers={"Location": where, "X-GUploader-UploadID": identifier})


async def go_on(sandbox: Sandbox, call: Call) -> Resource | Media:
    """Take a part of the content, or tell how much is here; the last part makes the object."""
    identifier = str(call.parameters["upload_id"])
    session = sandbox.store.get(KEY + identifier)
    if session is None:
        raise StorageError("NOT_FOUND", 404, "notFound", "The upload does not exist or has expired.")
    path = _path(sandbox, identifier)
    here = path.stat().st_size if path.exists() else 0
    start, total = _place(call, here)
    if call.media and start is not None:
        here = _append(path, start, here, call.media)
    if total is None or here < total:
        return Media(b"", status=308, headers={"Range": f"bytes=0-{here - 1}"} if here else {})
    media = path.read_bytes() if path.exists() else b""
    try:
        return await records.write(
            sandbox, session["bucket"], session["name"], media, session["fields"], session["conditions"]
        )
    finally:
        sandbox.store.delete(KEY + identifier)
        path.unlink(missing_ok=True)


def _place(call: Call, here: int) -> tuple[int | None, int | None]:
    """Return where the sent part begins and how long the whole is, None where that is not known."""
    given = call.headers.get("Content-Range")
    if not given:
        return here, here + len(call.media or b"")
    match = _RANGE.fullmatch(given)
    if match is None:
        raise wrong("Invalid Content-Range header.")
    start = None if match[1] is None else int(match[1])
    return start, None if match[3] == "*" else int(match[3])


def _append(path: Path, start: int, here: int, part: bytes) -> int:
    """Add a part, less what is here already; return how much is here then."""
    if start > here:
        raise StorageError("OUT_OF_RANGE", 503, "backendError", "The part does not follow what was received.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as content:
        content.write(part[here - start :])
    return max(here, start + len(part))


def _path(sandbox: Sandbox, identifier: str) -> Path:
    return sandbox.directory / "buckets" / ".uploads" / identifier
