"""Backup runs: a sandbox takes none, and says so by an empty list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.services.sql_admin import resources
from netra_sandbox.services.sql_admin.pages import page

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox


@handles("sql.backupRuns.list")
async def list_backup_runs(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    """Return the backup runs of an instance."""
    resources.existing(sandbox, call.parameters["instance"])
    return page(call, "sql#backupRunsList", [])
