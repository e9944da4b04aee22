# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netra.remediation.plugins.module_utils.operations.run_plan import OPERATION
from ansible_collections.netra.remediation.plugins.plugin_utils.operation_action import OperationAction


class ActionModule(OperationAction):
    """Run run_plan in Ansible's worker."""

    OPERATION = OPERATION
