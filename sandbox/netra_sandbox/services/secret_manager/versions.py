"""The methods of secret versions: add, get, list, access, enable, disable, destroy."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import invalid
from netra_sandbox.services import longrunning
from netra_sandbox.services.checksums import crc32c
from netra_sandbox.services.secret_manager import filters, records, rules

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "secretmanager.projects.secrets"
LARGEST_PAYLOAD = 64 * 1024


@handles(f"{METHODS}.addVersion")
async def add(sandbox: Sandbox, call: Call) -> Resource:
    """Add a version with a payload."""
    owner = records.secret(sandbox, call.parameters["parent"])
    payload, checked = decode(call.body.get("payload") or {})
    return records.public(records.add(sandbox, owner, payload, checked=checked))


@handles(f"{METHODS}.versions.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a version without its payload."""
    return records.public(records.version(sandbox, call.parameters["name"]))


@handles(f"{METHODS}.versions.list")
async def list_versions(sandbox: Sandbox, call: Call) -> Resource:
    """Return a secret's versions, newest first."""
    owner = records.secret(sandbox, call.parameters["parent"])
    return filters.page(call, "versions", [records.public(item) for item in records.versions(sandbox, owner["name"])])


@handles(f"{METHODS}.versions.access")
async def access(sandbox: Sandbox, call: Call) -> Resource:
    """Return a version's payload with its checksum."""
    version = records.version(sandbox, call.parameters["name"])
    payload = records.readable(version)
    data = base64.b64encode(payload).decode()
    return {"name": version["name"], "payload": {"data": data, "dataCrc32c": str(crc32c(payload))}}


@handles(f"{METHODS}.versions.enable")
async def enable(sandbox: Sandbox, call: Call) -> Resource:
    """Make a version readable; a destruction that was put off is called off."""
    version = _changeable(sandbox, call)
    kept = {key: value for key, value in version.items() if key != "scheduledDestroyTime"}
    return _changed(sandbox, {**kept, "state": "ENABLED"})


@handles(f"{METHODS}.versions.disable")
async def disable(sandbox: Sandbox, call: Call) -> Resource:
    """Make a version unreadable for a while."""
    return _changed(sandbox, {**_changeable(sandbox, call), "state": "DISABLED"})


@handles(f"{METHODS}.versions.destroy")
async def destroy(sandbox: Sandbox, call: Call) -> Resource:
    """Forget a version's payload: at once, or after the secret's versionDestroyTtl, disabled until then.

    https://cloud.google.com/secret-manager/docs/delay-destruction-of-secret-versions
    """
    version = _changeable(sandbox, call)
    delay = records.secret(sandbox, version["name"].partition("/versions/")[0]).get("versionDestroyTtl")
    if delay is None:
        return _changed(sandbox, records.destroyed(version, longrunning.timestamp(sandbox)))
    due = sandbox.now() + timedelta(seconds=rules.seconds(delay))
    return _changed(sandbox, {**version, "state": "DISABLED", "scheduledDestroyTime": longrunning.format_time(due)})


def decode(given: Resource) -> tuple[bytes, bool]:
    """Decode a payload and compare its checksum; the words of a refusal never hold a part of it."""
    try:
        payload = base64.b64decode(str(given.get("data", "")).replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        raise invalid("The payload is not valid base64.", field="payload.data") from None
    if not payload:
        raise invalid("Secret Payload cannot be empty.", field="payload.data")
    if len(payload) > LARGEST_PAYLOAD:
        raise invalid("The Secret Payload size is above the limit of 65536 bytes.", field="payload.data")
    checksum = given.get("dataCrc32c")
    if checksum is not None and int(checksum) != crc32c(payload):
        raise invalid("The payload data did not match the checksum.", field="payload.data_crc32c")
    return payload, checksum is not None


def _changeable(sandbox: Sandbox, call: Call) -> Resource:
    """Return the version of a call that changes its state; what is destroyed stays so."""
    version = records.version(sandbox, call.parameters["name"], named=False)
    records.check_etag(call.body.get("etag"), version)
    if version["state"] == "DESTROYED":
        raise records.not_enabled(version)
    return version


def _changed(sandbox: Sandbox, version: Resource) -> Resource:
    """Store a version with a new etag, which it gets even where its state is what it was."""
    changed = {**version, "etag": records.etag(sandbox)}
    records.put(sandbox, changed)
    return records.public(changed)
