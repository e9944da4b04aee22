"""Calls that make something run as a service account: the caller has to be allowed to act as it.

https://cloud.google.com/iam/docs/attach-service-accounts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netra_sandbox.kernel.calls import Call

_RUN = (
    *("run.projects.locations.services.create", "run.projects.locations.services.patch"),
    *("run.projects.locations.services.replaceService", "run.namespaces.services.create"),
    *("run.namespaces.services.replaceService", "run.namespaces.jobs.create", "run.namespaces.jobs.replaceJob"),
    *("run.projects.locations.jobs.create", "run.projects.locations.jobs.patch"),
)
_SCHEDULER = ("cloudscheduler.projects.locations.jobs.create", "cloudscheduler.projects.locations.jobs.patch")
_BUILD = ("cloudbuild.projects.builds.create", "cloudbuild.projects.locations.builds.create")
METHODS = frozenset({*_RUN, *_SCHEDULER, *_BUILD})
# Where the account stands: services and jobs in v2, services and jobs in v1.
_IN_RUN = (
    ("template", "serviceAccount"),
    ("template", "template", "serviceAccount"),
    ("spec", "template", "spec", "serviceAccountName"),
    ("spec", "template", "spec", "template", "spec", "serviceAccountName"),
)
_IN_SCHEDULER = (
    ("httpTarget", "oidcToken", "serviceAccountEmail"),
    ("httpTarget", "oauthToken", "serviceAccountEmail"),
)
_IN_BUILD = (("serviceAccount",),)


def account(call: Call, default: str, stored: Callable[[str], Mapping[str, Any] | None]) -> str | None:
    """Return the e-mail of the account that what the call makes will run as, None when the call makes nothing run.

    `default` is what Cloud Run takes when a template names none; `stored` finds a resource of Cloud Run by its name.
    """
    if call.method not in METHODS:
        return None
    if call.method in _SCHEDULER:
        return _first(call.body, _IN_SCHEDULER)
    if call.method in _BUILD:
        return _first(call.body, _IN_BUILD)
    said = call.body
    if call.method.endswith(".patch") and "template" not in said:
        said = dict(stored(str(call.parameters.get("name"))) or {})
    return _first(said, _IN_RUN) or default


def _first(body: Mapping[str, Any], paths: tuple[tuple[str, ...], ...]) -> str | None:
    for path in paths:
        value: Any = body
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, str) and value:
            return value.rpartition("/")[2]
    return None
