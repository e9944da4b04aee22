# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Know a Cloud Run job of one task that this collection made: its options, whose it is, how an execution ended. Pure.

https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run import SERVICE_FIELDS, shown_options
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_codec import decode_template

LABEL = "netra-remediation"
LAST_LINES = 5
# What a task has of the service for which it runs.
OF_SERVICE = ("env", "secret_env", "cpu", "memory", "service_account", "vpc_connector", "vpc_egress")
OPTIONS = ("image", "command", "args", *OF_SERVICE)
FIELDS = tuple(field for field in SERVICE_FIELDS if field.option in OPTIONS)


def job_name(service: str, suffix: str) -> str:
    """Return the name of a service's job; one has fewer than 50 characters, so a long name is told by a digest."""
    room = 48 - len(suffix)
    if len(service) > room:
        service = f"{service[: room - 7]}-{hashlib.sha256(service.encode()).hexdigest()[:6]}"
    return f"{service}-{suffix}"


def of_service(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a task has of a service with these options."""
    return {name: options[name] for name in ("image", *OF_SERVICE) if options.get(name) is not None}


def task_options(execution_or_job: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an execution's or a job's tasks are, as options."""
    template = execution_or_job.get("template") or {}
    found = decode_template(template.get("template") or template)
    return {name: found[name] for name in OPTIONS}


def refuse_foreign(job: Mapping[str, Any] | None, label: str, what: str) -> None:
    """Raise UnsafeChange for a job that is there and was made for something else."""
    if job is not None and (job.get("labels") or {}).get(LABEL) != label:
        raise UnsafeChange(
            f"Could not use {what}: it is there and was not made for this (its label {LABEL} is not {label}). "
            "Give another name."
        )


def shown(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return a job's options as results show them: without the text of the program, which is always the same."""
    found = shown_options(options, marked=True)
    command = found.get("command")
    return {**found, "command": [*command[:2], "…"]} if command else found


def completed(execution: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the condition that says how an execution ended, empty while it runs."""
    ended = (execution or {}).get("completion_time")
    conditions = (execution or {}).get("conditions") or ()
    return next((dict(entry) for entry in conditions if ended and entry.get("type_") == "Completed"), {})


def succeeded(execution: Mapping[str, Any] | None) -> bool:
    """Tell whether an execution ended well."""
    return completed(execution).get("state") == "CONDITION_SUCCEEDED"


def why_failed(execution: Mapping[str, Any], lines: Iterable[str], prefix: str) -> str:
    """Return why an execution failed: what its lines say, else what Cloud Run says."""
    return told(lines, prefix) or str(completed(execution).get("message") or "it said nothing")


def told(lines: Iterable[str], prefix: str) -> str:
    """Return what an execution's lines say of its failure: the program's own words, else the last lines."""
    said = [line for line in lines if line.strip()]
    reasons = [line.removeprefix(prefix) for line in said if line.startswith(prefix)]
    return "; ".join(reasons or said[-LAST_LINES:])
