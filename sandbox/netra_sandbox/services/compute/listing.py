"""Lists: filters, orders and pages.

https://cloud.google.com/compute/docs/reference/rest/v1/backendServices/list
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from netra_sandbox.kernel.calls import Call
from netra_sandbox.services.compute import filters, names, refusals

Resource = dict[str, Any]
LARGEST_PAGE = 500


def answer(call: Call, kind: str, parent: str, found: Iterable[Resource]) -> Resource:
    """Return a page of a collection; `parent` is the collection's name and becomes `id` and `selfLink`."""
    chosen, token = page(call.parameters, found)
    listed: Resource = {"kind": f"compute#{kind}List", "id": parent, "selfLink": names.link(parent)}
    if kind == "securityPolicy":
        del listed["selfLink"]  # this list has none
    return listed | ({"items": chosen} if chosen else {}) | ({"nextPageToken": token} if token else {})


def aggregated(call: Call, kind: str, collection: str, scopes: Iterable[str], found: Iterable[Resource]) -> Resource:
    """Return a page of a collection by scopes; a scope without results says so in a warning."""
    chosen, token = page(call.parameters, found)
    parent = f"projects/{call.parameters['project']}/aggregated/{collection}"
    items: Resource = {}
    for scope in scopes:
        inside = [item for item in chosen if names.scope_of(names.name_of(item)) == scope]
        items[scope] = {collection: inside} if inside else {"warning": _nothing(scope)}
    listed = {"kind": f"compute#{kind}AggregatedList", "id": parent, "items": items, "selfLink": names.link(parent)}
    if kind == "securityPolicy":
        listed |= {"kind": "compute#securityPoliciesAggregatedList"}
    return listed | ({"nextPageToken": token} if token else {})


def page(parameters: Mapping[str, Any], found: Iterable[Resource]) -> tuple[list[Resource], str]:
    """Return the resources of a page, filtered and ordered, and the token of the next one (empty at the end)."""
    size = parameters.get("maxResults", LARGEST_PAGE)
    if not 0 <= size <= LARGEST_PAGE:
        bound = "less than or equal to 500" if size > 0 else "greater than or equal to 0"
        raise refusals.invalid("maxResults", size, f"Must be {bound}")
    matches = filters.read(str(parameters.get("filter", "")))
    wanted = _ordered([item for item in found if matches(item)], str(parameters.get("orderBy", "")))
    start = _position(str(parameters.get("pageToken", "")))
    end = start + (size or LARGEST_PAGE)
    return wanted[start:end], _token(end) if end < len(wanted) else ""


def _ordered(found: list[Resource], order: str) -> list[Resource]:
    if order == "creationTimestamp desc":
        return sorted(found, key=lambda item: str(item.get("creationTimestamp", "")), reverse=True)
    if order not in {"", "name"}:
        raise refusals.invalid("orderBy", order, "Only orderings by name or creationTimestamp desc are supported.")
    return sorted(found, key=lambda item: str(item["name"]))


def _token(position: int) -> str:
    return base64.urlsafe_b64encode(f"at {position}".encode()).decode()


def _position(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("at "))
    except (binascii.Error, ValueError):
        raise refusals.invalid("pageToken", token, "Invalid page token.") from None


def _nothing(scope: str) -> Resource:
    return {
        "code": "NO_RESULTS_ON_PAGE",
        "message": f"There are no results for scope '{scope}' on this page.",
        "data": [{"key": "scope", "value": scope}],
    }
