"""IAM policies of resources, whatever their API: versions, etags, conditional bindings.

A resource is given by its key in the store (`run:projects/p/locations/l/services/s`). An API registers its three
methods with `serve`. Rules: https://cloud.google.com/iam/docs/reference/rest/v1/Policy and
https://cloud.google.com/iam/docs/troubleshooting-withcond.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import HANDLERS, Call, Handler
from netra_sandbox.kernel.errors import ApiError, invalid

if TYPE_CHECKING:
    from netra_sandbox.kernel.store import Store
    from netra_sandbox.sandbox import Sandbox

Policy = dict[str, Any]
# (sandbox, the call's resource name) → the resource's key; raises ApiError when there is no such resource.
Locate = Callable[["Sandbox", str], str]

KEY = "iam-policy:"
EMPTY_ETAG = "ACAB"  # what IAM answers for a resource on which no policy was ever set
CONDITIONAL_VERSION = 3
_VERSIONS = (0, 1, CONDITIONAL_VERSION)
_MOST_MEMBERS = 1500
_ROLE = re.compile(r"(roles|(projects|organizations)/[^/]+/roles)/[A-Za-z0-9_.]+")
_MEMBER = re.compile(
    r"allUsers|allAuthenticatedUsers"
    r"|(deleted:)?(user|serviceAccount|group):[^@\s]+@[^@\s]+|domain:[^@\s]+"
    r"|(projectOwner|projectEditor|projectViewer):\S+|(deleted:)?(principal|principalSet)://\S+"
)


def stored(store: Store, key: str) -> Policy:
    """Return a resource's policy as it was set, `{"etag": "ACAB"}` when none was."""
    return store.get(KEY + key) or {"etag": EMPTY_ETAG}


def visible(policy: Policy, requested_version: int) -> Policy:
    """Return a policy in the version asked for; below 3 a conditional binding's role carries a hash instead."""
    if requested_version not in _VERSIONS:
        raise invalid(f"Invalid value for requested policy version: {requested_version}.")
    if not _conditional(policy) or requested_version == CONDITIONAL_VERSION:
        return policy
    return policy | {"version": 1, "bindings": [_without_condition(item) for item in policy["bindings"]]}


def write(store: Store, key: str, given: Policy, mask: str = "") -> Policy:
    """Set a resource's policy, merging bindings of one role and condition; return what is stored.

    Raise ABORTED for a stale etag and INVALID_ARGUMENT for a version, role or member that IAM does not take.
    """
    current = stored(store, key)
    etag = str(given.get("etag") or "")
    # The etag is bytes: clients write them in either alphabet of base64 (RFC 4648, sections 4 and 5).
    if etag and etag.replace("-", "+").replace("_", "/") != current["etag"]:
        raise _concurrent(etag, str(current["etag"]))
    fields = {path.strip() for path in mask.split(",")} if mask else {"bindings"}
    wanted = given if "bindings" in fields else current
    bindings = _merged(wanted.get("bindings") or [])
    _check(bindings, int(given.get("version") or 0))
    policy: Policy = {"version": CONDITIONAL_VERSION if _conditional({"bindings": bindings}) else 1}
    policy["etag"] = base64.b64encode(uuid.uuid4().bytes[:8]).decode()
    if bindings:
        policy["bindings"] = bindings
    if given.get("auditConfigs") and "auditConfigs" in fields:
        policy["auditConfigs"] = copy.deepcopy(given["auditConfigs"])
    store.put(KEY + key, policy)
    return policy


def forget(store: Store, key: str) -> None:
    """Drop the policy of a resource that is deleted."""
    store.delete(KEY + key)


def serve(methods: str, locate: Locate) -> None:
    """Register getIamPolicy, setIamPolicy and testIamPermissions below a method prefix, `ID` or `ID@VERSION`."""
    prefix, at, version = methods.partition("@")

    async def get(sandbox: Sandbox, call: Call) -> Policy:
        asked = int(call.parameters.get("options.requestedPolicyVersion") or _requested(call.body))
        return visible(stored(sandbox.store, locate(sandbox, call.parameters["resource"])), asked)

    async def put(sandbox: Sandbox, call: Call) -> Policy:
        key = locate(sandbox, call.parameters["resource"])
        return write(sandbox.store, key, call.body.get("policy") or {}, str(call.body.get("updateMask") or ""))

    async def test(sandbox: Sandbox, call: Call) -> Policy:
        permissions = [str(permission) for permission in call.body.get("permissions") or []]
        _check_permissions(permissions)
        try:
            key = locate(sandbox, call.parameters["resource"])
        except ApiError:  # documented: an empty answer for a resource that is not there, no NOT_FOUND
            return {}
        found = sandbox.access.held(call.principal, key, permissions)
        return {"permissions": found} if found else {}

    handlers: dict[str, Handler] = {"getIamPolicy": get, "setIamPolicy": put, "testIamPermissions": test}
    for name, handler in handlers.items():
        HANDLERS[f"{prefix}.{name}{at}{version}"] = handler


def _requested(body: dict[str, Any]) -> int:
    return int((body.get("options") or {}).get("requestedPolicyVersion") or 0)


def _check(bindings: list[Policy], version: int) -> None:
    if version not in _VERSIONS:
        raise invalid(f"Invalid policy version: {version}.", field="policy.version")
    if _conditional({"bindings": bindings}) and version != CONDITIONAL_VERSION:
        raise invalid(
            f"Policies with conditional role bindings must specify version {CONDITIONAL_VERSION}.",
            field="policy.version",
        )
    for binding in bindings:
        role = str(binding.get("role") or "")
        if not _ROLE.fullmatch(role) or "_withcond_" in role:
            raise invalid(f"Role {role} is not supported for this resource.", field="policy.bindings.role")
        for member in binding["members"]:
            if not _MEMBER.fullmatch(member):
                words = f"The member {member} is of an unknown type. Please set a valid type prefix for the member."
                raise invalid(words, field="policy.bindings.members")
    if sum(len(binding["members"]) for binding in bindings) > _MOST_MEMBERS:
        raise invalid(f"The number of members in the policy is larger than the maximum allowed size {_MOST_MEMBERS}.")


def _check_permissions(permissions: list[str]) -> None:
    if not permissions:
        raise invalid("The permissions field is required.", field="permissions")
    for permission in permissions:
        if "*" in permission or permission.count(".") < 2:  # noqa: PLR2004  service.resource.verb
            raise invalid(f"Permission {permission} is not valid for this resource.", field="permissions")


def _merged(bindings: list[Policy]) -> list[Policy]:
    merged: dict[str, Policy] = {}
    for binding in bindings:
        identity = json.dumps([binding.get("role"), binding.get("condition")], sort_keys=True)
        known = merged.setdefault(identity, {**copy.deepcopy(binding), "members": []})
        known["members"] = list(dict.fromkeys([*known["members"], *(binding.get("members") or [])]))
    return [binding for binding in merged.values() if binding["members"]]


def _conditional(policy: Policy) -> bool:
    return any(binding.get("condition") for binding in policy.get("bindings") or [])


def _without_condition(binding: Policy) -> Policy:
    if not binding.get("condition"):
        return binding
    digest = hashlib.sha256(json.dumps(binding["condition"], sort_keys=True).encode()).hexdigest()[:20]
    return {"role": f"{binding['role']}_withcond_{digest}", "members": binding["members"]}


def _concurrent(given: str, current: str) -> ApiError:
    return ApiError(
        "ABORTED",
        "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff. "
        f"The request's ETag '{given}' did not match the current policy's ETag '{current}'.",
    )
