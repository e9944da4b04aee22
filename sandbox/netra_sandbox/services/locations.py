"""Locations of the APIs that list them (https://cloud.google.com/apis/design/design_patterns#list_sub-collections)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import HANDLERS, Call
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.kernel.paging import page

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
LISTING = ("redis", "secretmanager", "vpcaccess")
# Some of Google's regions, so that a client that looks for one finds more than ours.
REGIONS = ("asia-northeast1", "europe-west1", "europe-west4", "us-central1", "us-east1", "us-west1")
_NAME = re.compile(r"projects/(?P<project>[^/]+)(/locations/(?P<location>[^/]+))?")


async def list_locations(sandbox: Sandbox, call: Call) -> Resource:
    """Return the locations that an API serves."""
    project = _project(sandbox, call)
    return page([_location(project, region) for region in _regions(sandbox)], "locations", call)


async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return one location."""
    project, location = _project(sandbox, call), str(call.parameters["name"]).rpartition("/")[2]
    if location not in _regions(sandbox):
        raise ApiError("NOT_FOUND", f"Location {location} is not found or access is unauthorized.")
    return _location(project, location)


def _regions(sandbox: Sandbox) -> list[str]:
    return sorted({*REGIONS, sandbox.region})


def _project(sandbox: Sandbox, call: Call) -> str:
    match = _NAME.fullmatch(str(call.parameters["name"]))
    if match is None or match["project"] not in {sandbox.project, sandbox.project_number}:
        raise ApiError("PERMISSION_DENIED", "Permission denied on the project (or it may not exist).")
    return match["project"]


def _location(project: str, region: str) -> Resource:
    labels = {"cloud.googleapis.com/region": region}
    return {"name": f"projects/{project}/locations/{region}", "locationId": region, "labels": labels}


for _api in LISTING:
    HANDLERS[f"{_api}.projects.locations.list"] = list_locations
HANDLERS["redis.projects.locations.get"] = HANDLERS["secretmanager.projects.locations.get"] = get
