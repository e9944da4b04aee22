# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Walk the golden path as a user does and time every step."""

from __future__ import annotations

from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations.environment_collections import (
    read_payload,
    reference_of,
)
from ansible_collections.netra.remediation.plugins.module_utils.probes import journey

EVENTS = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]
OPTIONS: dict[str, dict[str, Any]] = {
    "login_url": {"type": "str", "required": True},
    "email": {"type": "str", "required": True},
    "password": {"type": "str", "no_log": True},
    "password_secret": {"type": "str", "no_log": False},
    "health_url": {"type": "str", "required": True},
    "websocket_url": {"type": "str", "required": True},
    "hosts": {"type": "dict", "default": {}},
    "prompt": {"type": "str", "required": True},
    "events": {"type": "list", "elements": "str", "default": EVENTS},
    "minimum_answer_characters": {"type": "int", "default": 1},
    "health_seconds": {"type": "float"},
    "websocket_seconds": {"type": "float"},
    "timeout": {"type": "float", "default": 60.0},
    "fail_when_broken": {"type": "bool", "default": True},
}


def run(options: Options, _check_mode: bool) -> Result:
    """Walk; check mode walks too, because nothing of the environment changes by it."""
    events = options["events"]
    if not events:
        raise BadInput("events is empty: name at least the event that ends an agent run.", option="events")
    state = journey.Walk(options["email"], _password(options), Deadline(options["timeout"]))
    login, health, socket = (
        journey.led(options[name], options["hosts"]) for name in ("login_url", "health_url", "websocket_url")
    )
    steps = journey.walk(
        (
            ("login", journey.log_in(login), None),
            ("token", journey.hold_token, None),
            ("health", journey.ask_health(health), options.get("health_seconds")),
            ("websocket", journey.connect(socket), options.get("websocket_seconds")),
            ("agent_run", journey.run_agent(socket, options["prompt"], events[-1]), None),
            ("events", journey.check_events(events, options["minimum_answer_characters"]), None),
        ),
        state,
    )
    verdict = journey.verdict(steps)
    result = {"changed": False, "steps": steps, "verdict": verdict, "passed": verdict == "pass"}
    if verdict != "pass" and options["fail_when_broken"]:
        first = next(step for step in steps if not step["passed"])
        raise RemediationError(
            f"The golden path broke at {first['name']}: {first['reason']}. Run the diagnose playbook for the cause.",
            **result,
        )
    return result


def _password(options: Options) -> str:
    """Return the password, from Secret Manager where only its secret is named, at a number and never at ``latest``."""
    if options.get("password"):
        return str(options["password"])
    session = Session(options)
    secret, _colon, version = options["password_secret"].partition(":")
    reference = reference_of(session, secret, version or None)
    return read_payload(session, reference, f"read the password in secret {reference}").decode()


OPERATION = Operation(
    name="user_journey",
    options=OPTIONS,
    run=run,
    rules={
        "required_one_of": [("password", "password_secret")],
        "mutually_exclusive": [("password", "password_secret")],
    },
)
