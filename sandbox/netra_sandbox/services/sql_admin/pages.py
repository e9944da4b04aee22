"""Pages of Cloud SQL's lists: `maxResults`, and a token that is the place to go on from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netra_sandbox.kernel.calls import Call
from netra_sandbox.services.sql_admin.refusals import invalid

Resource = dict[str, Any]


def page(call: Call, kind: str, found: Sequence[Resource]) -> Resource:
    """Return one page of a list of a kind."""
    token, size = str(call.parameters.get("pageToken") or "0"), int(call.parameters.get("maxResults") or 0)
    if not token.isdigit() or size < 0:
        raise invalid("Invalid value for pageToken or maxResults.")
    end = int(token) + size if size else len(found)
    more = {"nextPageToken": str(end)} if end < len(found) else {}
    return {"kind": kind, "items": list(found[int(token) : end]), **more}
