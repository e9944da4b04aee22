# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shape what a task registers: the same through a module and through an action plugin."""

from __future__ import annotations

from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.operation import Result


def succeeded(result: Result, *, show_diff: bool) -> dict[str, Any]:
    """Return the result, with its diff only where the run asks for one."""
    shown = {"changed": False, **result}
    if not show_diff:
        shown.pop("diff", None)
    return shown


def failed(error: RemediationError) -> dict[str, Any]:
    """Return the sentence for people and the facts for programs."""
    return {"msg": error.message, "failure": error.as_failure()}
