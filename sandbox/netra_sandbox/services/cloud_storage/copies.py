"""Objects made of others: copy, rewrite, move, compose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.services.cloud_storage import buckets, preconditions, records
from netra_sandbox.services.cloud_storage.refusals import condition_not_met, wrong

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
MOST_COMPONENTS = 32  # https://cloud.google.com/storage/docs/composite-objects


@handles("storage.objects.copy")
async def copy(sandbox: Sandbox, call: Call) -> Resource:
    """Copy an object."""
    return await _copy(sandbox, call, call.parameters["destinationBucket"], call.parameters["destinationObject"])


@handles("storage.objects.rewrite")
async def rewrite(sandbox: Sandbox, call: Call) -> Resource:
    """Copy an object; in the sandbox one call is enough for any size."""
    made = await _copy(sandbox, call, call.parameters["destinationBucket"], call.parameters["destinationObject"])
    done = {"kind": "storage#rewriteResponse", "done": True, "resource": made}
    return done | {"totalBytesRewritten": made["size"], "objectSize": made["size"]}


@handles("storage.objects.move")
async def move(sandbox: Sandbox, call: Call) -> Resource:
    """Give an object another name in its bucket."""
    bucket, name = call.parameters["bucket"], call.parameters["sourceObject"]
    made = await _copy(sandbox, call, bucket, call.parameters["destinationObject"])
    records.delete(sandbox, records.existing(sandbox, bucket, name))
    return made


@handles("storage.objects.compose")
async def compose(sandbox: Sandbox, call: Call) -> Resource:
    """Join objects of a bucket into one."""
    bucket = buckets.existing(sandbox, call.parameters["destinationBucket"])["name"]
    given = call.body.get("sourceObjects") or []
    if not 1 <= len(given) <= MOST_COMPONENTS:
        raise wrong(f"The number of source components provided ({len(given)}) is not between 1 and {MOST_COMPONENTS}.")
    sources = []
    for entry in given:
        source = records.existing(sandbox, bucket, str(entry.get("name", "")), entry.get("generation"))
        if not preconditions.hold(entry.get("objectPreconditions") or {}, source):
            raise condition_not_met()
        sources.append(source)
    content = b"".join(records.content(sandbox, source) for source in sources)
    fields = {"contentType": sources[0]["contentType"], **(call.body.get("destination") or {})}
    name = call.parameters["destinationObject"]
    made = await records.write(sandbox, bucket, name, content, fields, call.parameters)
    del made["md5Hash"]  # a composite object has none
    made["componentCount"] = sum(int(source.get("componentCount", 1)) for source in sources)
    records.put(sandbox, made)
    return made


async def _copy(sandbox: Sandbox, call: Call, to_bucket: str, to_name: str) -> Resource:
    given = call.parameters
    from_bucket = buckets.existing(sandbox, str(given.get("sourceBucket") or given.get("bucket")))["name"]
    buckets.existing(sandbox, to_bucket)
    source = records.existing(sandbox, from_bucket, given["sourceObject"], given.get("sourceGeneration"))
    if not preconditions.hold(given, source, "ifSource"):
        raise condition_not_met()
    described = {field: source[field] for field in records.SETTABLE if field in source}
    replaced = {field: value for field, value in call.body.items() if field in records.SETTABLE}
    content = records.content(sandbox, source)
    return await records.write(sandbox, to_bucket, to_name, content, replaced or described, given)
