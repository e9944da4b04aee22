# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait for Google's operations with a deadline; their own pollers wait a second at least and give up on a 429."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline, poll
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import DeadlineExceeded
from ansible_collections.netra.remediation.plugins.module_utils.gcp.api_errors import from_operation
from ansible_collections.netra.remediation.plugins.module_utils.gcp.json_client import JsonClient

# The version whose operations an API's paths begin with; v1 where none is named.
VERSIONS = {"run": "v2"}
# Cloud Run answers POST …:wait as soon as the operation ends, so the round trips of polling fall away.
SERVER_SIDE_WAIT = frozenset({"run"})
LONGEST_WAIT_SECONDS = 30.0


def wait(
    client: JsonClient, operation: Mapping[str, Any], deadline: Deadline, *, attempt: str = "finish the operation"
) -> dict[str, Any]:
    """Return the response of an operation, its error as OperationFailed, or the last state as DeadlineExceeded."""
    current = dict(operation)
    for _attempt in poll(deadline, 0.1):
        if is_done(current):
            return _outcome(current, attempt)
        if client.api not in SERVER_SIDE_WAIT:  # where users may be served by the outcome, it is waited for
            watch.heed(attempt)
        current = _refresh(client, current, deadline, attempt)
    if is_done(current):
        return _outcome(current, attempt)
    raise DeadlineExceeded(
        f"Could not {attempt} within {deadline.seconds:g} seconds: the operation {current.get('name')} still runs. "
        "Raise wait_timeout or look at the resource.",
        last_seen=current,
    )


def is_done(operation: Mapping[str, Any]) -> bool:
    """Say whether an operation ended; Cloud SQL has a status where the others have a flag."""
    return bool(operation.get("done")) or operation.get("status") == "DONE"


def _outcome(operation: Mapping[str, Any], attempt: str) -> dict[str, Any]:
    if operation.get("error"):
        raise from_operation(attempt, operation["error"])
    response = operation.get("response", operation if operation.get("status") else {})
    return {key: value for key, value in response.items() if key != "@type"}


def _refresh(client: JsonClient, operation: Mapping[str, Any], deadline: Deadline, attempt: str) -> dict[str, Any]:
    path = _path(client.api, operation)
    if client.api in SERVER_SIDE_WAIT:
        seconds = max(0.1, min(LONGEST_WAIT_SECONDS, deadline.remaining()))
        return client.call("POST", f"{path}:wait", body={"timeout": f"{seconds:.1f}s"}, attempt=attempt, reads=True)
    return client.get(path, attempt=attempt)


def _path(api: str, operation: Mapping[str, Any]) -> str:
    if operation.get("kind") == "sql#operation":
        return f"/v1/projects/{operation['targetProject']}/operations/{operation['name']}"
    return f"/{VERSIONS.get(api, 'v1')}/{operation['name']}"
