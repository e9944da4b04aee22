"""What the resources of Cloud Monitoring share: names and lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call
from netra_sandbox.kernel.paging import page

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]


def numbered(sandbox: Sandbox, name: str) -> str:
    """Return a name with the project's identifier where it has its number."""
    return name.replace(f"projects/{sandbox.project_number}/", f"projects/{sandbox.project}/", 1)


def counted_page(found: Sequence[Resource], field: str, call: Call) -> Resource:
    """Return a page with the number of all that were found."""
    return page(found, field, call) | ({"totalSize": len(found)} if found else {})
