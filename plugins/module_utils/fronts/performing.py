# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run an operation as a part of the run that it belongs to, whichever front it came through."""

from __future__ import annotations

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent, watch
from ansible_collections.netra.remediation.plugins.module_utils.fronts import arguments, several
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations import budget_watch, run_lease


def perform(operation: Operation, options: Options, *, check_mode: bool) -> Result:
    """Return the operation's result; those that can sign in to Google keep the run's lease and watch its budgets."""
    intent.heed()
    if not (operation.authenticated and operation.keeps_lease):
        with watch.at_work():
            return _result(operation, options, check_mode=check_mode)
    with watch.at_work(), run_lease.kept(options), budget_watch.watched() as said:
        result = _result(operation, options, check_mode=check_mode)
    return {**result, "warnings": [*result.get("warnings", ()), *said]} if said else result


def _result(operation: Operation, options: Options, *, check_mode: bool) -> Result:
    if options.get(arguments.EACH) is not None:
        return several.run(operation, options, check_mode=check_mode)
    return operation.run(options, check_mode)
