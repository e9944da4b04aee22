# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What operations share that run something for a service in a job of one task: what it has of the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run
from ansible_collections.netra.remediation.plugins.module_utils.resources.accepted_values import texts
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_codec import EGRESS

OPTIONS: dict[str, dict[str, Any]] = {
    "image": {"type": "str"},
    "python": {"type": "str", "default": "python"},
    "env": {"type": "dict"},
    "secret_env": {"type": "dict", "no_log": False},
    "cpu": {"type": "str"},
    "memory": {"type": "str"},
    "service_account": {"type": "str"},
    "vpc_connector": {"type": "str"},
    "vpc_egress": {"type": "str", "choices": list(EGRESS)},
    "wait_timeout": {"type": "int", "default": 300},
}


def as_written(wanted: Mapping[str, Any], session: Session) -> dict[str, Any]:
    """Return a job's options as Cloud Run has them: variables as text, the connector by its full name.

    Raises BadInput for a variable that is no text.
    """
    found = {**wanted, **{option: texts(wanted[option]) for option in ("env", "secret_env") if wanted.get(option)}}
    if found.get("vpc_connector"):
        found["vpc_connector"] = cloud_run.connector_name(found["vpc_connector"], session.project, session.region)
    return found
