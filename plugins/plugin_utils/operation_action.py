# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run an operation inside Ansible's worker, without a module process, where the connection is local."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    MissingLibrary,
    RemediationError,
)
from ansible_collections.netra.remediation.plugins.module_utils.fronts import arguments, performing, results
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options
from ansible_collections.netra.remediation.plugins.module_utils.operations import run_closing
from ansible_collections.netra.remediation.plugins.plugin_utils import stop_signals


class OperationAction(ActionBase):  # type: ignore[misc]
    """Validate as the module does, run the operation here if that is the same place, else run the module there."""

    OPERATION: ClassVar[Operation]
    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the operation, from whichever of the two fronts fits."""
        super().run(tmp, task_vars)
        if not self._is_here():
            return self._as_module(task_vars)
        self._apply_environment()
        spec = arguments.specification(self.OPERATION)
        raw = {str(name): plain(value) for name, value in self._task.args.items()}
        checked = ArgumentSpecValidator(spec, **arguments.rules(self.OPERATION)).validate(raw)
        secrets = checked._no_log_values
        if checked.error_messages:
            return dict(remove_values({"failed": True, "msg": "; ".join(checked.error_messages)}, secrets))
        options = arguments.given(spec, checked.validated_parameters, raw)
        try:
            with stop_signals.noted() as signals:
                result = self._performed(options)
        except MissingLibrary:
            return self._as_module(task_vars)
        shown = dict(remove_values(result, secrets))
        if signals.number is not None:
            self._end(options, shown, signals.number)
        return shown

    def _performed(self, options: Options) -> dict[str, Any]:
        """Return what the task registers."""
        try:
            result = performing.perform(self.OPERATION, options, check_mode=self._task.check_mode)
        except MissingLibrary:
            raise
        except RemediationError as error:
            return {"failed": True, **results.failed(error)}
        return results.succeeded(result, show_diff=self._task.diff)

    def _end(self, options: Options, result: dict[str, Any], number: int) -> None:
        """Close the run that was stopped by a signal: the process that started this worker is no more."""
        lease = watch.current()
        with contextlib.suppress(RemediationError, OSError):
            if lease is not None:
                able = options if self.OPERATION.authenticated else None
                run_closing.close_own(lease, self._task.get_name(), result, able)
        stop_signals.end_as(number)

    def _is_here(self) -> bool:
        """Say whether a module would run on this machine, as this user and in the foreground."""
        local = getattr(self._connection, "transport", "") == "local"
        return local and not self._connection.become and not self._task.async_val

    def _as_module(self, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        return dict(self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))

    def _apply_environment(self) -> None:
        """Set the task's ``environment``: it reaches module processes only, and this worker serves one task alone."""
        environment: dict[str, Any] = {}
        self._compute_environment_string(environment)
        os.environ.update({str(name): str(value) for name, value in environment.items()})


def plain(value: Any) -> Any:
    """Copy a templated value into ordinary Python values: Ansible's tagged ones are not for other libraries."""
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float, bytes):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(entry) for entry in value]
    return str(value)
