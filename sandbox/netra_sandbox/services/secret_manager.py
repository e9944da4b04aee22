"""Secret Manager v1. https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import etag, field_mask
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, already_exists, invalid
from netra_sandbox.services import longrunning
from netra_sandbox.services.checksums import crc32c

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

Resource = dict[str, Any]
KEY = "secretmanager:"
METHODS = "secretmanager.projects.secrets"
LARGEST_PAYLOAD = 64 * 1024
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,255}")
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
_MUTABLE = frozenset({"labels", "annotations", "topics", "expireTime", "ttl", "rotation", "versionAliases", "tags"})
_MUTABLE |= {"versionDestroyTtl"}
_INTERNAL = "payload"


@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Create a secret without versions."""
    identifier = str(call.parameters.get("secretId") or "")
    if not _IDENTIFIER.fullmatch(identifier):
        raise invalid("The provided Secret ID [" + identifier + "] does not match the expected format [[a-zA-Z_0-9]+].")
    name = f"{_numbered(sandbox, call.parameters['parent'])}/secrets/{identifier}"
    if sandbox.store.get(KEY + name) is not None:
        raise already_exists(f"Secret [{name}]")
    if not call.body.get("replication"):
        raise invalid("The replication field is required.", field="secret.replication")
    secret = {**call.body, "name": name, "createTime": longrunning.timestamp(sandbox), "etag": _etag(sandbox)}
    _check(secret)
    sandbox.store.put(KEY + name, secret)
    return secret


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a secret."""
    return _secret(sandbox, call.parameters["name"])


@handles(f"{METHODS}.list")
async def list_secrets(sandbox: Sandbox, call: Call) -> Resource:
    """Return the project's secrets, newest first."""
    prefix = f"{KEY}{_numbered(sandbox, call.parameters['parent'])}/secrets/"
    found = [value for value in sandbox.store.list(prefix) if "/versions/" not in value["name"]]
    return _page(call, "secrets", _filtered(call, sorted(found, key=_created, reverse=True)))


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change the fields that the update mask names."""
    secret = _secret(sandbox, call.parameters["name"])
    mask = longrunning.mask_of(call)
    refused = [path for path in mask if re.split(r"[.\[]", path)[0] not in _MUTABLE]
    if refused or not mask:
        raise invalid(f"The update_mask names fields that cannot be changed: {', '.join(refused)}.", field="updateMask")
    etag.check(f"Secret [{secret['name']}]", call.body.get("etag"), secret["etag"])
    changed = field_mask.apply(secret, call.body, ",".join(mask))
    changed["etag"] = _etag(sandbox)
    _check(changed)
    known = {_number(version) for version in _versions(sandbox, secret["name"])}
    for alias, number in changed.get("versionAliases", {}).items():
        if int(number) not in known:
            raise invalid(f"The version alias [{alias}] names version [{number}], which does not exist.")
    sandbox.store.put(KEY + secret["name"], changed)
    return changed


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Delete a secret with its versions."""
    secret = _secret(sandbox, call.parameters["name"])
    etag.check(f"Secret [{secret['name']}]", call.parameters.get("etag"), secret["etag"])
    for version in _versions(sandbox, secret["name"]):
        sandbox.store.delete(KEY + version["name"])
    sandbox.store.delete(KEY + secret["name"])
    return {}


@handles(f"{METHODS}.addVersion")
async def add_version(sandbox: Sandbox, call: Call) -> Resource:
    """Add a version with a payload."""
    secret = _secret(sandbox, call.parameters["parent"])
    payload, checked = _payload(call.body.get("payload") or {})
    return _public(_add(sandbox, secret, payload, checked=checked))


@handles(f"{METHODS}.versions.get")
async def get_version(sandbox: Sandbox, call: Call) -> Resource:
    """Return a version without its payload."""
    return _public(_version(sandbox, call.parameters["name"]))


@handles(f"{METHODS}.versions.list")
async def list_versions(sandbox: Sandbox, call: Call) -> Resource:
    """Return a secret's versions, newest first."""
    secret = _secret(sandbox, call.parameters["parent"])
    found = sorted(_versions(sandbox, secret["name"]), key=_number, reverse=True)
    return _page(call, "versions", _filtered(call, [_public(version) for version in found]))


@handles(f"{METHODS}.versions.access")
async def access_version(sandbox: Sandbox, call: Call) -> Resource:
    """Return a version's payload with its checksum."""
    version = _version(sandbox, call.parameters["name"])
    payload = _readable(version)
    data = base64.b64encode(payload).decode()
    return {"name": version["name"], "payload": {"data": data, "dataCrc32c": str(crc32c(payload))}}


@handles(f"{METHODS}.versions.enable")
async def enable(sandbox: Sandbox, call: Call) -> Resource:
    """Make a version readable."""
    return _change_state(sandbox, call, "ENABLED")


@handles(f"{METHODS}.versions.disable")
async def disable(sandbox: Sandbox, call: Call) -> Resource:
    """Make a version unreadable for a while."""
    return _change_state(sandbox, call, "DISABLED")


@handles(f"{METHODS}.versions.destroy")
async def destroy(sandbox: Sandbox, call: Call) -> Resource:
    """Forget a version's payload for good."""
    return _change_state(sandbox, call, "DESTROYED")


def access(sandbox: Sandbox, secret: str, version: str) -> bytes:
    """Return a payload by the secret's short name and a version's number, an alias or `latest`; raise ApiError."""
    return _readable(_version(sandbox, f"projects/{sandbox.project}/secrets/{secret}/versions/{version}"))


def seed(sandbox: Sandbox, identifier: str, payload: bytes | None = None, labels: dict[str, str] | None = None) -> str:
    """Add a version to a secret, which is made when it is missing; return the number ("" without a payload)."""
    name = f"projects/{sandbox.project_number}/secrets/{identifier}"
    secret = sandbox.store.get(KEY + name)
    if secret is None:
        secret = {"name": name, "replication": {"automatic": {}}, "createTime": longrunning.timestamp(sandbox)}
        secret |= {"etag": _etag(sandbox)} | ({"labels": labels} if labels else {})
        sandbox.store.put(KEY + name, secret)
    return str(_number(_add(sandbox, secret, payload, checked=True))) if payload is not None else ""


def _add(sandbox: Sandbox, secret: Resource, payload: bytes, *, checked: bool) -> Resource:
    number = max((_number(version) for version in _versions(sandbox, secret["name"])), default=0) + 1
    version: Resource = {
        "name": f"{secret['name']}/versions/{number}",
        "createTime": longrunning.timestamp(sandbox),
        "state": "ENABLED",
        "replicationStatus": _replication_status(secret["replication"]),
        "etag": _etag(sandbox),
        _INTERNAL: base64.b64encode(payload).decode(),
    }
    if checked:
        version["clientSpecifiedPayloadChecksum"] = True
    sandbox.store.put(KEY + version["name"], version)
    return version


def _replication_status(replication: Resource) -> Resource:
    if "userManaged" in replication:
        places = [{"location": replica["location"]} for replica in replication["userManaged"].get("replicas", [])]
        return {"userManaged": {"replicas": places}}
    return {"automatic": {}}


def _change_state(sandbox: Sandbox, call: Call, state: str) -> Resource:
    version = _version(sandbox, call.parameters["name"])
    etag.check(f"Secret Version [{version['name']}]", call.body.get("etag"), version["etag"])
    if version["state"] == "DESTROYED" and state != "DESTROYED":
        raise _unreadable(version)
    if version["state"] != state:
        version = {**version, "state": state, "etag": _etag(sandbox)}
        if state == "DESTROYED":
            version["destroyTime"] = longrunning.timestamp(sandbox)
            version.pop(_INTERNAL, None)
        sandbox.store.put(KEY + version["name"], version)
    return _public(version)


def _payload(given: Resource) -> tuple[bytes, bool]:
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


def _readable(version: Resource) -> bytes:
    if version["state"] != "ENABLED":
        raise _unreadable(version)
    return base64.b64decode(version[_INTERNAL])


def _unreadable(version: Resource) -> ApiError:
    return ApiError("FAILED_PRECONDITION", f"Secret Version [{version['name']}] is in {version['state']} state.")


def _secret(sandbox: Sandbox, resource: str) -> Resource:
    name = _numbered(sandbox, resource)
    secret = sandbox.store.get(KEY + name)
    if secret is None:
        raise ApiError("NOT_FOUND", f"Secret [{name}] not found.")
    return secret


def _version(sandbox: Sandbox, resource: str) -> Resource:
    """Find a version; `latest` is the newest whatever its state."""
    parent, _, wanted = _numbered(sandbox, resource).partition("/versions/")
    secret = _secret(sandbox, parent)
    if wanted == "latest":
        versions = _versions(sandbox, parent)
        if not versions:
            raise ApiError("NOT_FOUND", f"Secret [{parent}] not found or has no versions.")
        return max(versions, key=_number)
    number = secret.get("versionAliases", {}).get(wanted, wanted)
    version = sandbox.store.get(f"{KEY}{parent}/versions/{number}")
    if version is None:
        raise ApiError("NOT_FOUND", f"Secret Version [{parent}/versions/{wanted}] not found.")
    return version


def _versions(sandbox: Sandbox, secret: str) -> list[Resource]:
    return sandbox.store.list(f"{KEY}{secret}/versions/")


def _numbered(sandbox: Sandbox, resource: str) -> str:
    """Return a resource's name with the project's number, as the API stores it."""
    project, separator, rest = resource.removeprefix("projects/").partition("/")
    if project not in {sandbox.project, sandbox.project_number}:
        raise ApiError("PERMISSION_DENIED", f"Permission denied on resource project {project}.")
    return f"projects/{sandbox.project_number}{separator}{rest}"


def _check(secret: Resource) -> None:
    for alias in secret.get("versionAliases", {}):
        if not _ALIAS.fullmatch(alias) or alias == "latest":
            raise invalid(f"The version alias [{alias}] is not allowed.", field="secret.version_aliases")
    for key, value in secret.get("labels", {}).items():
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", key) or not re.fullmatch(r"[a-z0-9_-]{0,63}", value):
            raise invalid(f"The label [{key}] or its value is not allowed.", field="secret.labels")


def _page(call: Call, field: str, found: list[Resource]) -> Resource:
    total = {} if call.parameters.get("filter") or not found else {"totalSize": len(found)}
    return longrunning.page(call, field, found) | total


def _filtered(call: Call, found: list[Resource]) -> list[Resource]:
    """Apply the filters that are in use: `state:X`, `name:X`, `labels.K=V`; refuse any other."""
    expression = str(call.parameters.get("filter") or "")
    if not expression:
        return found
    match = re.fullmatch(r"(state|name|labels\.[\w-]+)\s*[:=]\s*\"?([\w./-]+)\"?", expression.strip())
    if match is None:
        raise invalid(f"Invalid filter: {expression}", field="filter")
    field, wanted = match[1], match[2]
    if field == "state":
        return [item for item in found if item.get("state") == wanted.upper()]
    if field == "name":
        return [item for item in found if wanted in item["name"].rpartition("/")[2]]
    return [item for item in found if item.get("labels", {}).get(field.partition(".")[2]) == wanted]


def _public(version: Resource) -> Resource:
    return {key: value for key, value in version.items() if key != _INTERNAL}


def _number(version: Resource) -> int:
    return int(version["name"].rpartition("/")[2])


def _created(resource: Resource) -> str:
    return str(resource["createTime"])


def _etag(sandbox: Sandbox) -> str:
    return f'"{int(sandbox.now().timestamp() * 1_000_000):x}"'
