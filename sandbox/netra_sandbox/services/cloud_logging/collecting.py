"""What Cloud Run writes to Logging: what instances print, the requests they answer, and what happens to them.

https://cloud.google.com/run/docs/logging
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.services.cloud_logging.entries import record
from netra_sandbox.telemetry import process_output

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
LONGEST_TEXT = 100 * 1024


def log_name(sandbox: Sandbox, log: str) -> str:
    """Return the name of one of Cloud Run's logs: stdout, stderr, requests, varlog/system."""
    return f"projects/{sandbox.project}/logs/run.googleapis.com%2F{log.replace('/', '%2F')}"


def revision_resource(sandbox: Sandbox, service: str, revision: str) -> Resource:
    """Return the monitored resource of a revision."""
    labels = {
        "project_id": sandbox.project,
        "location": sandbox.region,
        "service_name": service,
        "configuration_name": service,
        "revision_name": revision,
    }
    return {"type": "cloud_run_revision", "labels": labels}


def printed(sandbox: Sandbox, service: str, revision: str, text: str, stream: str = "stderr") -> None:
    """Record what an instance printed: a line, or a trace as a whole."""
    entry = {
        "logName": log_name(sandbox, stream),
        "resource": revision_resource(sandbox, service, revision),
        **process_output.fields(text[:LONGEST_TEXT]),
    }
    record(sandbox, entry)


def happened(sandbox: Sandbox, service: str, revision: str, text: str, severity: str = "INFO") -> None:
    """Record what Cloud Run says of an instance."""
    entry = {
        "logName": log_name(sandbox, "varlog/system"),
        "resource": revision_resource(sandbox, service, revision),
        "severity": severity,
        "textPayload": text,
    }
    record(sandbox, entry)
