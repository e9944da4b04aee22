# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read secrets and their versions, never their payloads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.resources import secret_manager

OPTIONS: dict[str, dict[str, Any]] = {"names": {"type": "list", "elements": "str", "no_log": False}}
AT_ONCE = 8


def run(options: Options, _check_mode: bool) -> Result:
    """Return the secrets asked for, or all; one that does not exist is left out and named in missing."""
    session, names = Session(options), options.get("names")
    if not names:
        found = secret_manager.list_secrets(session)
        return {"changed": False, "secrets": [secret_manager.describe(secret) for secret in found], "missing": []}
    session.secret_manager()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        read = list(pool.map(lambda name: secret_manager.read_secret(session, name), names))
    return {
        "changed": False,
        "secrets": [secret_manager.describe(secret) for secret in read if secret is not None],
        "missing": [name for name, secret in zip(names, read, strict=True) if secret is None],
    }


OPERATION = Operation(name="secret_manager_secret_info", options=OPTIONS, run=run)
