"""Pages of a list (AIP-158)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netra_sandbox.kernel.calls import Call
from netra_sandbox.kernel.errors import invalid


def page(found: Sequence[dict[str, Any]], field: str, call: Call) -> dict[str, Any]:
    """Return one page under the answer's field name; the token is the place to go on from."""
    token, size = str(call.parameters.get("pageToken") or "0"), int(call.parameters.get("pageSize") or 0)
    if not token.isdigit():
        raise invalid("Invalid page token.", field="page_token")
    if size < 0:
        raise invalid("The page size must not be negative.", field="page_size")
    start = int(token)
    end = start + size if size else len(found)
    answer: dict[str, Any] = {field: list(found[start:end])} if found[start:end] else {}
    return answer | ({"nextPageToken": str(end)} if end < len(found) else {})
