"""What a call is about: the name that a refusal tells, and the keys of the policies that hold for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Parameters that hold a full resource name, the most specific first.
_NAMES = ("name", "resource", "parent", "projectName", "groupName", "instance", "resourceName", "logName", "sinkName")
# Collections whose members carry policies of their own (https://cloud.google.com/iam/docs/resource-types-with-policies).
_WITH_POLICY = frozenset({"services", "jobs", "secrets", "serviceAccounts", "repositories", "backendServices"})
_BY_NUMBER = frozenset({"secretmanager"})  # APIs that store names with the project's number
_CONTAINERS = ("projects/", "folders/", "organizations/", "billingAccounts/")
_NAMESPACE = re.compile(r"namespaces/([^/]+)(/.*)?")


@dataclass(frozen=True)
class Place:
    """The project that a sandbox is, and its region."""

    project: str
    number: str
    region: str


def names(method: str, parameters: Mapping[str, Any], body: Mapping[str, Any]) -> list[str]:
    """Return the resources that a call is about, as it names them."""
    api, _, rest = method.partition(".")
    if api == "compute":
        return [_compute(rest, parameters)]
    if api == "storage":
        return [_storage(parameters, body)]
    if api == "sql":
        parts = (f"{kind}s/{parameters[kind]}" for kind in ("instance", "database") if parameters.get(kind))
        return ["/".join((f"projects/{parameters['project']}", *parts))]
    if method.startswith("logging.entries."):
        return _logs(body)
    found = next((str(parameters[name]) for name in _NAMES if "/" in str(parameters.get(name, ""))), None)
    if found is not None:
        return [found.removesuffix("/operations")]
    project = parameters.get("projectId") or parameters.get("resource") or parameters.get("name") or ""
    return [f"projects/{project}" if project else ""]


def policy_keys(api: str, name: str, place: Place) -> list[str]:
    """Return the keys of the policies that hold for a resource: its own first, the project's last.

    A resource of another project has none: nobody here may do anything with it.
    """
    if name.startswith("b/"):
        bucket = "/".join(name.split("/")[:2])
        return [f"storage:{bucket}", project_key(place)]
    name = _NAMESPACE.sub(rf"projects/\1/locations/{place.region}\2", name)
    parts = name.split("/")
    if parts[0] != "projects" or len(parts) < 2 or parts[1] not in {place.project, place.number, "-"}:  # noqa: PLR2004
        return []
    parts[1] = place.number if api in _BY_NUMBER else place.project
    own = [f"{api}:{'/'.join(parts[:end])}" for end in range(len(parts), 3, -1) if parts[end - 2] in _WITH_POLICY]
    return [*own, project_key(place)]


def project_key(place: Place) -> str:
    """Return the key of the project's policy."""
    return f"cloudresourcemanager:projects/{place.project}"


def of_key(key: str, place: Place) -> list[str]:
    """Return the keys of the policies that hold for a resource, given by its key in the store."""
    api, _, name = key.partition(":")
    return policy_keys(api, name, place)


def _logs(body: Mapping[str, Any]) -> list[str]:
    """Return the containers of the logs; a name that is none is for the method to refuse."""
    read = [*(body.get("resourceNames") or ()), *(f"projects/{name}" for name in body.get("projectIds") or ())]
    written = [body.get("logName"), *(entry.get("logName") for entry in body.get("entries") or ())]
    containers = ("/".join(name.split("/")[:2]) for name in [*read, *written] if name)
    return [name for name in dict.fromkeys(containers) if name.startswith(_CONTAINERS)]


def _storage(parameters: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    bucket = parameters.get("bucket") or parameters.get("destinationBucket")
    if not bucket:
        return f"projects/{parameters.get('project') or parameters.get('projectId') or body.get('projectNumber', '')}"
    named = parameters.get("object") or parameters.get("destinationObject")
    return f"b/{bucket}/o/{named}" if named else f"b/{bucket}"


def _compute(rest: str, parameters: Mapping[str, Any]) -> str:
    collection = re.sub(r"^(global|region)(?=[A-Z])", "", rest.partition(".")[0])
    collection = collection[:1].lower() + collection[1:]
    project = f"projects/{parameters['project']}"
    one = _singular(collection)
    identity = parameters.get(one) or parameters.get("resource")
    if collection in {"projects", "regions"}:
        return project if not identity or collection == "projects" else f"{project}/regions/{identity}"
    if not identity:
        return project
    scope = next((f"{kind}s/{parameters[kind]}" for kind in ("region", "zone") if parameters.get(kind)), "global")
    return f"{project}/{scope}/{collection}/{identity}"


def _singular(noun: str) -> str:
    for ending, single in (("ies", "y"), ("sses", "ss"), ("xies", "xy"), ("s", "")):
        if noun.endswith(ending):
            return noun.removesuffix(ending) + single
    return noun
