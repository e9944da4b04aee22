# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run modules in this process, as Ansible runs them in one of their own."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args


def run_module(module_name: str, /, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
    """Run a module as Ansible does, with AnsibleModule's own checks, and return what it prints."""
    module = importlib.import_module(f"ansible_collections.netra.remediation.plugins.modules.{module_name}")
    flags = {"_ansible_check_mode": check_mode, "_ansible_diff": True, "_ansible_remote_tmp": "/tmp"}  # noqa: S108
    printed = io.StringIO()
    with patch_module_args({**arguments, **flags}), contextlib.redirect_stdout(printed), pytest.raises(SystemExit):
        module.main()
    return dict(json.loads(printed.getvalue()))


class Google:
    """The project of the sandbox, as a play with module_defaults sees it."""

    def __init__(self, sandbox: Any) -> None:
        self.sandbox = sandbox
        self.place = {"project": sandbox.state["project"], "region": sandbox.state["region"]}

    def run(
        self, module: str, /, check_mode: bool = False, *, auth_kind: str | None = "application", **arguments: Any
    ) -> tuple[dict[str, Any], list[str]]:
        """Run a module of the action group; return its result and the methods of the writes it made.

        An auth_kind of None is left out; any other option that is None is given as null.
        """
        mark = self.sandbox.mark()
        kind = {} if auth_kind is None else {"auth_kind": auth_kind}
        result = run_module(module, check_mode, **self.place, **kind, **arguments)
        return result, [request["method"] for request in self.sandbox.writes(mark)]
