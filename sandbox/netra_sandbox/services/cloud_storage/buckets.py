"""The methods of buckets. https://cloud.google.com/storage/docs/json_api/v1/buckets."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import iam_policies, merging
from netra_sandbox.kernel.calls import Call, Media, handles
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services import longrunning
from netra_sandbox.services.cloud_storage import preconditions, records
from netra_sandbox.services.cloud_storage.refusals import condition_not_met, conflict, no_bucket, required, wrong

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
KEY = "storage-bucket:"
_LARGEST_PAGE = 1000
# https://cloud.google.com/storage/docs/buckets#naming
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{1,61}|[a-z0-9._-]{1,220})[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_PART = re.compile(r"[a-z0-9_-]{1,63}")
_FIXED = frozenset(
    {"name", "location", "kind", "id", "projectNumber", "timeCreated", "metageneration", "selfLink", "etag"}
)
_MULTI_REGIONS = frozenset({"US", "EU", "ASIA"})


@handles("storage.buckets.insert")
async def insert(sandbox: Sandbox, call: Call) -> Resource:
    """Make a bucket."""
    name, project = str(call.body.get("name") or ""), call.parameters.get("project")
    if not project:
        raise required("project")
    if not is_name(name):
        raise wrong(f"Invalid bucket name: '{name}'")
    if sandbox.store.get(KEY + name) is not None:
        raise conflict("You already own this bucket. Please select another name.")
    return seed(sandbox, name, call.body)


@handles("storage.buckets.get")
async def get(sandbox: Sandbox, call: Call) -> Resource | Media:
    """Return a bucket."""
    found = existing(sandbox, call.parameters["bucket"])
    if not preconditions.hold(call.parameters, found):
        raise condition_not_met()
    return found


@handles("storage.buckets.list")
async def list_buckets(sandbox: Sandbox, call: Call) -> Resource:
    """Return the project's buckets."""
    if not call.parameters.get("project"):
        raise required("project")
    prefix = str(call.parameters.get("prefix") or "")
    found = [bucket for bucket in sandbox.store.list(KEY) if bucket["name"].startswith(prefix)]
    token = str(call.parameters.get("pageToken") or "")
    ahead = [bucket for bucket in found if bucket["name"] > token]
    size = int(call.parameters.get("maxResults") or _LARGEST_PAGE)
    more = {"nextPageToken": ahead[size - 1]["name"]} if len(ahead) > size else {}
    return {"kind": "storage#buckets", "items": ahead[:size], **more}


@handles("storage.buckets.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change the fields that are given; null clears one."""
    return _changed(sandbox, call, merging.patch)


@handles("storage.buckets.update")
async def update(sandbox: Sandbox, call: Call) -> Resource:
    """Replace what may be changed."""
    return _changed(sandbox, call, lambda _current, given: given)


@handles("storage.buckets.delete")
async def delete(sandbox: Sandbox, call: Call) -> Media:
    """Remove an empty bucket."""
    found = existing(sandbox, call.parameters["bucket"])
    if not preconditions.hold(call.parameters, found):
        raise condition_not_met()
    if records.objects(sandbox, found["name"]):
        raise conflict("The bucket you tried to delete is not empty.")
    sandbox.store.delete(KEY + found["name"])
    iam_policies.forget(sandbox.store, _policy_key(found))
    return Media(b"", status=204)


@handles("storage.buckets.getIamPolicy")
async def get_policy(sandbox: Sandbox, call: Call) -> Resource:
    """Return the bucket's policy."""
    found = existing(sandbox, call.parameters["bucket"])
    asked = int(call.parameters.get("optionsRequestedPolicyVersion") or 1)
    return _policy(found, iam_policies.visible(iam_policies.stored(sandbox.store, _policy_key(found)), asked))


@handles("storage.buckets.setIamPolicy")
async def set_policy(sandbox: Sandbox, call: Call) -> Resource:
    """Set the bucket's policy; another etag than the current one is a precondition that does not hold."""
    found = existing(sandbox, call.parameters["bucket"])
    try:
        written = iam_policies.write(sandbox.store, _policy_key(found), call.body)
    except ApiError as error:
        if error.status == "ABORTED":
            raise condition_not_met() from error
        raise
    return _policy(found, written)


@handles("storage.buckets.testIamPermissions")
async def test_permissions(sandbox: Sandbox, call: Call) -> Resource:
    """Return those of the permissions asked about that the caller holds."""
    found = existing(sandbox, call.parameters["bucket"])
    asked = call.parameters.get("permissions")
    named = [asked] if isinstance(asked, str) else list(asked or [])
    held = sandbox.access.held(call.principal, _policy_key(found), named)
    return {"kind": "storage#testIamPermissionsResponse", "permissions": held}


def existing(sandbox: Sandbox, name: str) -> Resource:
    """Return a bucket; the one of Cloud Build is made when it is first looked for."""
    found = sandbox.store.get(KEY + name)
    if found is None and name == f"{sandbox.project}_cloudbuild":
        found = seed(sandbox, name, {})
    if found is None:
        raise no_bucket()
    return found


def seed(sandbox: Sandbox, name: str, given: Resource) -> Resource:
    """Make a bucket; for scenarios too."""
    now, location = longrunning.timestamp(sandbox), str(given.get("location") or "US").upper()
    kept = {field: value for field, value in given.items() if field not in _FIXED and value is not None}
    made = {
        "kind": "storage#bucket",
        "id": name,
        "selfLink": f"https://www.googleapis.com/storage/v1/b/{name}",
        "projectNumber": sandbox.project_number,
        "name": name,
        "timeCreated": now,
        "updated": now,
        "metageneration": "1",
        "generation": str(int(sandbox.now().timestamp() * 1_000_000)),
        "location": location,
        "locationType": "multi-region" if location in _MULTI_REGIONS else "region",
        "storageClass": "STANDARD",
        **kept,
    }
    return _put(sandbox, made)


def is_name(name: str) -> bool:
    """Tell whether a bucket may have this name."""
    dotted = all(_PART.fullmatch(part) for part in name.split("."))
    barred = name.startswith("goog") or "google" in name or bool(_ADDRESS.fullmatch(name))
    return bool(_NAME.fullmatch(name)) and dotted and not barred


def _changed(sandbox: Sandbox, call: Call, change: merging.Change) -> Resource:
    found = existing(sandbox, call.parameters["bucket"])
    if not preconditions.hold(call.parameters, found):
        raise condition_not_met()
    given = {field: value for field, value in call.body.items() if field not in _FIXED}
    fixed = {field: found[field] for field in (*_FIXED, "generation", "locationType", "storageClass") if field in found}
    changed = {**change(found, given), **fixed, "updated": longrunning.timestamp(sandbox)}
    changed["metageneration"] = str(int(found["metageneration"]) + 1)
    return _put(sandbox, changed)


def _put(sandbox: Sandbox, bucket: Resource) -> Resource:
    bucket["etag"] = base64.b64encode(f"{bucket['generation']}/{bucket['metageneration']}".encode()).decode()
    sandbox.store.put(KEY + bucket["name"], bucket)
    return bucket


def _policy_key(bucket: Resource) -> str:
    return f"storage:b/{bucket['name']}"


def _policy(bucket: Resource, policy: Resource) -> Resource:
    shown: Resource = {field: policy[field] for field in ("bindings", "etag", "version") if field in policy}
    return {"kind": "storage#policy", "resourceId": f"projects/_/buckets/{bucket['name']}", **shown}
