"""What the APIs with google.longrunning operations share: starting one, pages, masks, times."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

Resource = dict[str, Any]
_PACKAGES = {"redis": "google.cloud.redis.v1", "vpcaccess": "google.cloud.vpcaccess.v1"}
EMPTY_TYPE = "google.protobuf.Empty"


def begin(  # noqa: PLR0917  the same order at every call
    sandbox: Sandbox, api: str, parent: str, target: str, verb: str, work: Awaitable[Resource], response: str | None
) -> Resource:
    """Start the work as an operation of an API and return the operation."""
    package = _PACKAGES[api]
    kind = f"{package}.{response}" if response else EMPTY_TYPE
    metadata = {
        "@type": f"type.googleapis.com/{package}.OperationMetadata",
        "createTime": timestamp(sandbox),
        "target": target,
        **_verb(api, verb, response or "Resource"),
    }
    return sandbox.operations.start(api, parent, work, metadata=metadata, response_type=kind)


def _verb(api: str, verb: str, response: str) -> Resource:
    if api == "vpcaccess":
        return {"method": f"google.cloud.vpcaccess.v1.VpcAccessService.{verb.title()}{response}"}
    return {"verb": verb, "apiVersion": "v1"}


def timestamp(sandbox: Sandbox) -> str:
    """Return the time as the APIs write it."""
    return format_time(sandbox.now())


def format_time(moment: datetime) -> str:
    """Write a UTC time as protobuf's JSON does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def mask_of(call: Call) -> list[str]:
    """Return the paths of a request's update mask."""
    return [path.strip() for path in str(call.parameters.get("updateMask", "")).split(",") if path.strip()]


def page(call: Call, field: str, found: Sequence[Resource]) -> Resource:
    """Return one page of a list under the answer's field name; the token is the place to go on from."""
    start = int(call.parameters.get("pageToken") or 0)
    size = int(call.parameters.get("pageSize") or 0) or len(found) or 1
    chosen = list(found[start : start + size])
    answer: Resource = {field: chosen} if chosen else {}
    if start + size < len(found):
        answer["nextPageToken"] = str(start + size)
    return answer
