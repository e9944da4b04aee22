# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run an operation as a module: the only file that knows AnsibleModule."""

from __future__ import annotations

from ansible.module_utils import basic

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.fronts import arguments, performing, results
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation


def run_module(operation: Operation) -> None:
    """Validate the arguments, run the operation and print its result; a bug keeps its traceback."""
    spec = arguments.specification(operation)
    module = basic.AnsibleModule(argument_spec=spec, supports_check_mode=True, **arguments.rules(operation))
    # AnsibleModule fills in None for whatever was not mentioned; only the arguments as sent tell the difference.
    options = arguments.given(spec, module.params, basic._load_params())
    try:
        result = performing.perform(operation, options, check_mode=module.check_mode)
    except RemediationError as error:
        module.fail_json(**results.failed(error))
    shown = results.succeeded(result, show_diff=module._diff)
    end = module.fail_json if shown.get("failed") else module.exit_json
    end(**shown)
