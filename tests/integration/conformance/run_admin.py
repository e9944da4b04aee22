# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cases about Cloud Run's Admin API share: addresses, and answers read as strictly as protobuf reads."""

from __future__ import annotations

import copy
from typing import Any

from google.cloud import run_v2
from google.protobuf import json_format
from refusals import CATALOGUE

HOST = "run.googleapis.com"
REFERENCE = "https://cloud.google.com/run/docs/reference/rest/v2/projects.locations"
KNATIVE = "https://cloud.google.com/run/docs/reference/rest/v1/namespaces"
MESSAGES = {
    "services": run_v2.Service,
    "revisions": run_v2.Revision,
    "jobs": run_v2.Job,
    "executions": run_v2.Execution,
    "tasks": run_v2.Task,
}
LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"


def url(target: Any, collection: str, name: str = "") -> str:
    """Return the address of a v2 collection, or of a resource in it."""
    return f"{HOST}/v2/{target.location}/{collection}" + (f"/{name}" if name else "")


def strict(resource: dict[str, Any]) -> dict[str, Any]:
    """Parse a v2 resource as its message, unknown fields refused, and return it."""
    message = MESSAGES[resource["name"].split("/")[-2]]
    json_format.ParseDict(copy.deepcopy(resource), message.pb(message()), ignore_unknown_fields=False)
    return resource


def read(target: Any, name: str) -> dict[str, Any]:
    """Return a v2 resource by its full name, parsed strictly."""
    return strict(target.call("GET", f"{HOST}/v2/{name}"))


def finished(target: Any, operation: dict[str, Any]) -> dict[str, Any]:
    """Wait for an operation and return the resource that it made; it has to end well."""
    done = target.finished(operation, HOST, "v2")
    assert "error" not in done, done
    return strict({key: value for key, value in done["response"].items() if key != "@type"})


def failure(target: Any, operation: dict[str, Any]) -> dict[str, Any]:
    """Wait for an operation that has to fail and return its error."""
    done = target.finished(operation, HOST, "v2")
    assert "error" in done, done
    CATALOGUE.failed("run", done["error"])
    return dict(done["error"])


def condition(resource: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return a condition by its type."""
    found = [*resource["conditions"], *([resource["terminalCondition"]] if "terminalCondition" in resource else [])]
    return next(item for item in found if item["type"] == kind)


def short(name: str) -> str:
    """Return the last segment of a name."""
    return name.rpartition("/")[2]


def to(revision: str, percent: int = 100, **more: Any) -> dict[str, Any]:
    """Return a traffic target of a named revision."""
    return {"type": REVISION, "revision": revision, "percent": percent, **more}
