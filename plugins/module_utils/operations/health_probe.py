# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probe many targets at once and say which of them are healthy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.gcp.identity_tokens import identity_token
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.probes import runner

KINDS = ["http", "websocket", "tcp", "tls", "postgres", "redis"]
BY_URL = ("http", "websocket")
EXPECT: dict[str, dict[str, Any]] = {
    "status": {"type": "list", "elements": "int"},
    "body_contains": {"type": "str"},
    "json": {"type": "dict"},
}
THRESHOLDS: dict[str, dict[str, Any]] = {
    "max_seconds": {"type": "float"},
    "max_connect_seconds": {"type": "float"},
    "min_days_left": {"type": "int"},
}
TARGET: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "kind": {"type": "str", "choices": KINDS, "required": True},
    "url": {"type": "str"},
    "host": {"type": "str"},
    "port": {"type": "int"},
    "method": {"type": "str", "choices": ["GET", "HEAD"], "default": "GET"},
    "headers": {"type": "dict", "no_log": True},
    "identity_audience": {"type": "str"},
    "database": {"type": "str"},
    "user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "sslmode": {"type": "str", "choices": ["disable", "prefer", "require", "verify-ca", "verify-full"]},
    "tls": {"type": "bool", "default": False},
    "ca_file": {"type": "path"},
    "expect": {"type": "dict", "options": EXPECT},
    "measures": {"type": "dict", "default": {}},
    "tells": {"type": "dict", "default": {}},
    "thresholds": {"type": "dict", "options": THRESHOLDS},
    "timeout": {"type": "float", "default": 10.0},
    "samples": {"type": "int", "default": 1},
    "attempts": {"type": "int", "default": 1},
    "interval": {"type": "float", "default": 1.0},
    "healthy_threshold": {"type": "int", "default": 1},
    "deadline": {"type": "float"},
}
OPTIONS: dict[str, dict[str, Any]] = {
    "targets": {"type": "list", "elements": "dict", "options": TARGET, "required": True},
    "concurrency": {"type": "int", "default": 16},
    "fail_when_unhealthy": {"type": "bool", "default": True},
}


def run(options: Options, _check_mode: bool) -> Result:
    """Probe; check mode probes too, because nothing changes by it."""
    targets = [_complete(options, target) for target in options["targets"]]
    if not targets:
        raise BadInput("targets is empty: nothing would be proved by that.", option="targets")
    watched = runner.run(targets, options["concurrency"])
    unhealthy = [target for target in watched if not target["healthy"]]
    result = {
        "changed": False,
        "targets": watched,
        "healthy": not unhealthy,
        "unhealthy": [target["name"] for target in unhealthy],
    }
    if unhealthy and options["fail_when_unhealthy"]:
        told = "; ".join(f"{target['name']}: {target['reason']}" for target in unhealthy)
        raise RemediationError(f"{len(unhealthy)} of {len(watched)} targets are unhealthy: {told}.", **result)
    return result


def _complete(options: Options, target: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refuse a target that does not say where it is; let the caller show who it is where that is asked for."""
    needed: tuple[str, ...] = ("url",) if target["kind"] in BY_URL else ("host",)
    needed += ("port",) if target["kind"] == "tcp" else ()
    for option in needed:
        if not target.get(option):
            raise BadInput(
                f"Target {target['name']} of kind {target['kind']} needs {option}.", option=f"targets.{option}"
            )
    if not target.get("identity_audience"):
        return target
    token = identity_token(options, target["identity_audience"])
    return {**target, "headers": {**(target.get("headers") or {}), "Authorization": f"Bearer {token}"}}


OPERATION = Operation(name="health_probe", options=OPTIONS, run=run)
