"""The log of a build, in Cloud Logging (https://cloud.google.com/build/docs/securing-builds/store-manage-build-logs)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.services.cloud_logging.entries import record

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

MOST_LINES, LONGEST_LINE = 500, 10_000


def write(sandbox: Sandbox, build: dict[str, Any], lines: list[str]) -> None:
    """Record the last lines of a build."""
    labels = {"project_id": sandbox.project, "build_id": build["id"], "build_trigger_id": ""}
    for number, line in enumerate(lines[-MOST_LINES:]):
        entry: dict[str, Any] = {
            "logName": f"projects/{sandbox.project}/logs/cloudbuild",
            "resource": {"type": "build", "labels": labels},
            "insertId": f"{build['id']}-{number:05d}",
            "textPayload": line[:LONGEST_LINE],
        }
        record(sandbox, entry | ({"severity": "ERROR"} if line.startswith("ERROR") else {}))
