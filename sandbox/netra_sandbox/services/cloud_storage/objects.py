"""The methods of objects: insert, get, list, patch, update, delete. .../json_api/v1/objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import merging
from netra_sandbox.kernel.calls import Call, Media, handles
from netra_sandbox.services import longrunning
from netra_sandbox.services.cloud_storage import buckets, downloads, listing, preconditions, records, uploads
from netra_sandbox.services.cloud_storage.refusals import condition_not_met, required

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
_NOT_MATCH = ("ifGenerationNotMatch", "ifMetagenerationNotMatch")


@handles("storage.objects.insert")
async def insert(sandbox: Sandbox, call: Call) -> Resource | Media:
    """Store an object: its media alone, with its metadata, or begin to. ifGenerationMatch 0: it must not be there."""
    if call.parameters.get("upload_id"):
        return await uploads.go_on(sandbox, call)
    bucket = buckets.existing(sandbox, call.parameters["bucket"])["name"]
    name = str(call.parameters.get("name") or call.body.get("name") or "")
    if not name:
        raise required("name")
    if call.parameters.get("uploadType") == "resumable":
        return uploads.begin(sandbox, call, name)
    if call.media is None:
        raise required("uploadType")
    fields = dict(call.body)
    if call.parameters.get("uploadType") == "media":
        fields["contentType"] = call.headers.get("Content-Type")
    return await records.write(sandbox, bucket, name, call.media, fields, call.parameters)


@handles("storage.objects.get")
async def get(sandbox: Sandbox, call: Call) -> Resource | Media:
    """Return an object's metadata, or with alt=media its content."""
    found = _existing(sandbox, call)
    if not preconditions.hold(call.parameters, found):
        matches = {name: value for name, value in call.parameters.items() if name not in _NOT_MATCH}
        if preconditions.hold(matches, found):
            return Media(b"", status=304)
        raise condition_not_met()
    if call.parameters.get("alt") == "media":
        return downloads.answer(found, records.content(sandbox, found), call.headers.get("Range"))
    return found


@handles("storage.objects.list")
async def list_objects(sandbox: Sandbox, call: Call) -> Resource:
    """Return a page of a bucket's objects."""
    found = records.objects(sandbox, buckets.existing(sandbox, call.parameters["bucket"])["name"])
    given = call.parameters
    wanted = listing.Wanted(
        prefix=given.get("prefix") or "",
        delimiter=given.get("delimiter") or "",
        start=given.get("startOffset") or "",
        end=given.get("endOffset") or "",
        token=given.get("pageToken") or "",
        size=int(given.get("maxResults") or listing.LARGEST_PAGE),
        trailing=bool(given.get("includeTrailingDelimiter")),
    )
    page = listing.page(found, wanted)
    answer: Resource = {"kind": "storage#objects"}
    if page.names:
        answer["items"] = [found[name] for name in page.names]
    if page.prefixes:
        answer["prefixes"] = page.prefixes
    return answer | ({"nextPageToken": page.token} if page.token else {})


@handles("storage.objects.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change what is said of an object; null clears a field."""
    return _described(sandbox, call, merging.patch)


@handles("storage.objects.update")
async def update(sandbox: Sandbox, call: Call) -> Resource:
    """Replace what is said of an object."""
    return _described(sandbox, call, lambda _current, given: given)


@handles("storage.objects.delete")
async def delete(sandbox: Sandbox, call: Call) -> Media:
    """Remove an object."""
    found = _existing(sandbox, call)
    if not preconditions.hold(call.parameters, found):
        raise condition_not_met()
    records.delete(sandbox, found)
    return Media(b"", status=204)


def _described(sandbox: Sandbox, call: Call, change: merging.Change) -> Resource:
    found = _existing(sandbox, call)
    if not preconditions.hold(call.parameters, found):
        raise condition_not_met()
    said = {field: found[field] for field in records.SETTABLE if field in found}
    given = {field: value for field, value in call.body.items() if field in records.SETTABLE}
    wanted = {field: value for field, value in change(said, given).items() if value not in ({}, None)}
    kept = {field: value for field, value in found.items() if field not in records.SETTABLE}
    changed = {"contentType": "application/octet-stream", **kept, **wanted}
    changed |= {
        "metageneration": str(int(found["metageneration"]) + 1),
        "updated": longrunning.timestamp(sandbox),
    }
    records.put(sandbox, changed)
    return changed


def _existing(sandbox: Sandbox, call: Call) -> Resource:
    bucket = buckets.existing(sandbox, call.parameters["bucket"])["name"]
    return records.existing(sandbox, bucket, call.parameters["object"], call.parameters.get("generation"))
