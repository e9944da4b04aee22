# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Use secrets as services do, and say which of them work; payloads stay in the process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    ApiError,
    BadInput,
    RemediationError,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations.environment_collections import (
    read_payload,
    reference_of,
)
from ansible_collections.netra.remediation.plugins.module_utils.probes import secret_use

AT_ONCE = 8
NEEDS = {
    "postgres_url": (),
    "redis_url": (),
    "postgres_password": ("host",),
    "redis_password": ("host",),
    "jwt_key": ("url",),
}
USE: dict[str, dict[str, Any]] = {
    "secret": {"type": "str", "required": True, "no_log": False},
    "version": {"type": "str"},
    "kind": {"type": "str", "choices": list(NEEDS), "required": True},
    "host": {"type": "str"},
    "port": {"type": "int"},
    "database": {"type": "str"},
    "user": {"type": "str"},
    "user_secret": {"type": "str", "no_log": False},
    "sslmode": {"type": "str", "choices": ["disable", "prefer", "require", "verify-ca", "verify-full"]},
    "tls": {"type": "bool", "default": False},
    "ca_file": {"type": "path"},
    "url": {"type": "str"},
    "claims": {"type": "dict"},
    "timeout": {"type": "float", "default": 5.0},
}
OPTIONS: dict[str, dict[str, Any]] = {
    "uses": {"type": "list", "elements": "dict", "options": USE, "required": True},
    "fail_when_broken": {"type": "bool", "default": True},
}


def run(options: Options, _check_mode: bool) -> Result:
    """Use them; check mode does so too, because nothing changes by it."""
    for index, use in enumerate(options["uses"]):
        for option in NEEDS[use["kind"]]:
            if not use.get(option):
                message = f"uses[{index}], secret {use['secret']} as {use['kind']}, needs {option}."
                raise BadInput(message, option=f"uses.{option}")
    session = Session(options)
    session.sign_in()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        targets = list(pool.map(lambda use: _target(session, use), options["uses"]))
    broken = [target for target in targets if target["healthy"] is False]
    result = {
        "changed": False,
        "targets": targets,
        "works": bool(targets) and all(target["healthy"] for target in targets),
        "broken": [target["name"] for target in broken],
        "untried": [target["name"] for target in targets if target["healthy"] is None],
    }
    if broken and options["fail_when_broken"]:
        told = "; ".join(f"{target['name']}: {target['reason']}" for target in broken)
        raise RemediationError(f"{len(broken)} of {len(targets)} secrets do not work: {told}.", **result)
    return result


def _target(session: Session, use: Mapping[str, Any]) -> dict[str, Any]:
    """Use one secret; what could not be read or reached is an open question, never a pass."""
    started = time.monotonic()
    reference = f"{use['secret']}:{use.get('version') or ''}"
    try:
        reference = reference_of(session, use["secret"], use.get("version"))
        payload = read_payload(session, reference, f"use {reference}").decode()
        user = use.get("user")
        if use.get("user_secret"):
            of_user = reference_of(session, use["user_secret"])
            user = read_payload(session, of_user, f"use {of_user}").decode()
        healthy, reason = secret_use.use(use["kind"], payload, {**use, "user": user}, use["timeout"])
    except ApiError as error:
        healthy, reason = None, f"it could not be tried: {error.message}"
    except UnicodeDecodeError:
        healthy, reason = False, "it is not UTF-8 text"
    return {
        "name": f"secret {reference} as {use['kind']}",
        "kind": use["kind"],
        "healthy": healthy,
        "measured": healthy is not None,
        "reason": reason,
        "seconds": round(time.monotonic() - started, 3),
    }


OPERATION = Operation(name="secret_probe", options=OPTIONS, run=run)
