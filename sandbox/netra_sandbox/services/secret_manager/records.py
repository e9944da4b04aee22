"""Secrets and their versions in the store; what time does to them happens when somebody looks.

A secret is kept under its full name with the project's number; a version carries its payload in a field of its own.
"""

from __future__ import annotations

import base64
import itertools
from datetime import datetime
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import iam_policies
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services import longrunning

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
KEY = "secretmanager:"
PAYLOAD = "payload"
_turn = itertools.count()


def numbered(sandbox: Sandbox, resource: str) -> str:
    """Return a resource's name with the project's number, as the API stores it."""
    project, separator, rest = resource.removeprefix("projects/").partition("/")
    if project not in {sandbox.project, sandbox.project_number}:
        raise ApiError("PERMISSION_DENIED", f"Permission denied on resource project {project}.")
    return f"projects/{sandbox.project_number}{separator}{rest}"


def secret(sandbox: Sandbox, resource: str) -> Resource:
    """Return a secret; one that has expired is gone with all it held."""
    name = numbered(sandbox, resource)
    found = sandbox.store.get(KEY + name)
    if found is not None and has_come(sandbox, found.get("expireTime")):
        delete(sandbox, found)
        found = None
    if found is None:
        raise ApiError("NOT_FOUND", f"Secret [{name}] not found.")
    return found


def secrets(sandbox: Sandbox, parent: str) -> list[Resource]:
    """Return a project's secrets, newest first."""
    stored = sandbox.store.list(f"{KEY}{numbered(sandbox, parent)}/secrets/", kind="secrets")
    expired = [item for item in stored if has_come(sandbox, item.get("expireTime"))]
    for item in expired:
        delete(sandbox, item)
    kept = [item for item in stored if item not in expired]
    return sorted(kept, key=lambda item: str(item["createTime"]), reverse=True)


def version(sandbox: Sandbox, resource: str, *, named: bool = True) -> Resource:
    """Return a version by its number, or where `named` by `latest` (the newest, whatever its state) or an alias."""
    parent, _, wanted = numbered(sandbox, resource).partition("/versions/")
    owner = secret(sandbox, parent)
    if named and wanted == "latest":
        found = versions(sandbox, parent)
        if not found:
            raise ApiError("NOT_FOUND", f"Secret [{parent}] not found or has no versions.")
        return found[0]
    number = owner.get("versionAliases", {}).get(wanted, wanted) if named else wanted
    stored = sandbox.store.get(f"{KEY}{parent}/versions/{number}")
    if stored is None:
        raise ApiError("NOT_FOUND", f"Secret Version [{parent}/versions/{wanted}] not found.")
    return _now(sandbox, stored)


def versions(sandbox: Sandbox, secret_name: str) -> list[Resource]:
    """Return a secret's versions, newest first."""
    found = [_now(sandbox, item) for item in sandbox.store.list(f"{KEY}{secret_name}/versions/")]
    return sorted(found, key=number_of, reverse=True)


def delete(sandbox: Sandbox, owner: Resource) -> None:
    """Delete a secret with its versions and its policy."""
    for item in sandbox.store.list(f"{KEY}{owner['name']}/versions/"):
        sandbox.store.delete(KEY + item["name"])
    sandbox.store.delete(KEY + owner["name"])
    iam_policies.forget(sandbox.store, KEY + owner["name"])


def add(sandbox: Sandbox, owner: Resource, payload: bytes, *, checked: bool) -> Resource:
    """Add a version to a secret; `checked` where the client sent the payload's checksum."""
    number = max(map(number_of, versions(sandbox, owner["name"])), default=0) + 1
    made: Resource = {
        "name": f"{owner['name']}/versions/{number}",
        "createTime": longrunning.timestamp(sandbox),
        "state": "ENABLED",
        "replicationStatus": _replication_status(owner["replication"]),
        "etag": etag(sandbox),
        PAYLOAD: base64.b64encode(payload).decode(),
    }
    if checked:
        made["clientSpecifiedPayloadChecksum"] = True
    put(sandbox, made)
    return made


def put(sandbox: Sandbox, resource: Resource) -> None:
    """Store a secret or a version under its name."""
    sandbox.store.put(KEY + resource["name"], resource)


def readable(stored: Resource) -> bytes:
    """Return a version's payload; refuse one that is not enabled."""
    if stored["state"] != "ENABLED":
        raise not_enabled(stored)
    return base64.b64decode(stored[PAYLOAD])


def not_enabled(stored: Resource) -> ApiError:
    """Return the error for a version in the wrong state."""
    return ApiError("FAILED_PRECONDITION", f"Secret Version [{stored['name']}] is in {stored['state']} state.")


def destroyed(stored: Resource, when: str) -> Resource:
    """Return a version without its payload."""
    kept = {key: value for key, value in stored.items() if key not in {PAYLOAD, "scheduledDestroyTime"}}
    return {**kept, "state": "DESTROYED", "destroyTime": when}


def public(stored: Resource) -> Resource:
    """Return a version as the API shows it."""
    return {key: value for key, value in stored.items() if key != PAYLOAD}


def number_of(stored: Resource) -> int:
    """Return a version's number."""
    return int(stored["name"].rpartition("/")[2])


def etag(sandbox: Sandbox) -> str:
    """Return an entity tag that no earlier state of a resource had."""
    return f'"{int(sandbox.now().timestamp() * 1_000_000) + next(_turn):x}"'


def check_etag(given: object, stored: Resource) -> None:
    """Refuse a change meant for another state of a resource (https://cloud.google.com/secret-manager/docs/etags)."""
    if given and str(given).strip('"') != str(stored["etag"]).strip('"'):
        raise ApiError("FAILED_PRECONDITION", f"The etag of [{stored['name']}] does not match the given one.")


def has_come(sandbox: Sandbox, moment: str | None) -> bool:
    """Tell whether a time of a resource is over; none never is."""
    return moment is not None and datetime.fromisoformat(moment) <= sandbox.now()


def access(sandbox: Sandbox, identifier: str, wanted: str) -> bytes:
    """Return a payload by the secret's short name and a version's number, an alias or `latest`; raise ApiError."""
    return readable(version(sandbox, f"projects/{sandbox.project}/secrets/{identifier}/versions/{wanted}"))


def seed(sandbox: Sandbox, identifier: str, payload: bytes | None = None, labels: dict[str, str] | None = None) -> str:
    """Add a version to a secret, which is made when it is missing; return the number ("" without a payload)."""
    name = f"projects/{sandbox.project_number}/secrets/{identifier}"
    owner = sandbox.store.get(KEY + name)
    if owner is None:
        owner = {"name": name, "replication": {"automatic": {}}, "createTime": longrunning.timestamp(sandbox)}
        owner |= {"etag": etag(sandbox)} | ({"labels": labels} if labels else {})
        put(sandbox, owner)
    return str(number_of(add(sandbox, owner, payload, checked=True))) if payload is not None else ""


def _now(sandbox: Sandbox, stored: Resource) -> Resource:
    """Carry out a destruction that was put off and has come due."""
    due = stored.get("scheduledDestroyTime")
    if due is None or not has_come(sandbox, due):
        return stored
    changed = {**destroyed(stored, due), "etag": etag(sandbox)}
    put(sandbox, changed)
    return changed


def _replication_status(replication: Resource) -> Resource:
    if "userManaged" in replication:
        places = [{"location": replica["location"]} for replica in replication["userManaged"].get("replicas", [])]
        return {"userManaged": {"replicas": places}}
    return {"automatic": {}}
