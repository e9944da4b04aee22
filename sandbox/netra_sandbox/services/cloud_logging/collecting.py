"""What Cloud Run writes to Logging: what instances print, the requests they answer, and what happens to them.

https://cloud.google.com/run/docs/logging
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from netra_sandbox.runtime.events import SYSTEM, LogLine, ServedRequest, TaskLine
from netra_sandbox.services import longrunning
from netra_sandbox.services.cloud_logging.entries import record
from netra_sandbox.telemetry import process_output
from netra_sandbox.telemetry.line_grouping import Grouper

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
Stream = tuple[str, str, str, str]  # revision, instance, container, stream
LONGEST_TEXT = 100 * 1024
PAUSE_SECONDS = 0.3  # after which a trace is taken for complete


class Collector:
    """Turns the lines and requests of instances into entries; lines of one trace become one entry."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._groupers: dict[Stream, tuple[Grouper, LogLine]] = {}

    def line(self, line: LogLine) -> None:
        """Take a line that an instance wrote, or Cloud Run of it."""
        if line.stream == SYSTEM:
            entry = _entry(self._sandbox, line) | {"textPayload": line.text}
            record(self._sandbox, entry | ({"severity": line.severity} if line.severity else {}))
            return
        stream = (line.revision, line.instance, line.container, line.stream)
        grouper, first = self._groupers.get(stream, (Grouper(), line))
        begins = not grouper.holding
        for text in grouper.feed(line.text):
            self._printed(first, text)
        if not grouper.holding:
            self._groupers.pop(stream, None)
        elif begins:
            self._groupers[stream] = grouper, line
            asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._paused, stream, grouper)

    def task_line(self, line: TaskLine) -> None:
        """Take a line that a job's task wrote, or Cloud Run of it; each is an entry of its own."""
        entry = _task_entry(self._sandbox, line)
        if line.stream != SYSTEM:
            record(self._sandbox, entry | process_output.fields(line.text[:LONGEST_TEXT]))
            return
        record(
            self._sandbox, entry | {"textPayload": line.text} | ({"severity": line.severity} if line.severity else {})
        )

    def request(self, request: ServedRequest) -> None:
        """Take a request that a service answered (https://cloud.google.com/run/docs/logging#request-logs)."""
        sandbox = self._sandbox
        severity = {5: "ERROR", 4: "WARNING"}.get(request.status // 100, "INFO")
        entry = {
            "logName": log_name(sandbox, "requests"),
            "resource": revision_resource(sandbox, request.service, request.revision),
            "timestamp": longrunning.format_time(request.started),
            "severity": severity,
            "httpRequest": {
                "requestMethod": request.method,
                "requestUrl": f"https://{request.host}{request.path}",
                "requestSize": str(request.request_size),
                "status": request.status,
                "responseSize": str(request.response_size),
                "latency": f"{max(request.latency, 0):.9f}s",
                "protocol": "HTTP/1.1",
                **({"userAgent": request.user_agent} if request.user_agent else {}),
                **({"remoteIp": request.remote_ip} if request.remote_ip else {}),
            },
        }
        if request.trace:
            entry |= {"trace": f"projects/{sandbox.project}/traces/{request.trace}", "spanId": request.span}
        if request.instance:
            entry["labels"] = {"instanceId": request.instance}
        record(sandbox, entry | ({"textPayload": request.message} if request.message else {}))

    def _paused(self, stream: Stream, grouper: Grouper) -> None:
        """End the trace that a stream was in the middle of; one that it began since then has its own time."""
        held, first = self._groupers.get(stream, (None, None))
        if held is grouper and first is not None:
            del self._groupers[stream]
            for text in grouper.flush():
                self._printed(first, text)

    def _printed(self, line: LogLine, text: str) -> None:
        record(self._sandbox, _entry(self._sandbox, line) | process_output.fields(text[:LONGEST_TEXT]))


def listen(sandbox: Sandbox) -> None:
    """Collect from now on."""
    collector = Collector(sandbox)
    sandbox.line_listeners.append(collector.line)
    sandbox.task_line_listeners.append(collector.task_line)
    sandbox.request_listeners.append(collector.request)


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


def _entry(sandbox: Sandbox, line: LogLine) -> Resource:
    labels = {"instanceId": line.instance} if line.instance else {}
    if line.container:
        labels["container_name"] = line.container
    return {
        "logName": log_name(sandbox, line.stream),
        "resource": revision_resource(sandbox, line.service, line.revision),
        "timestamp": longrunning.format_time(line.time),
        **({"labels": labels} if labels else {}),
    }


def _task_entry(sandbox: Sandbox, line: TaskLine) -> Resource:
    resource = {"project_id": sandbox.project, "location": sandbox.region, "job_name": line.job}
    labels = {
        "instanceId": line.instance,
        "run.googleapis.com/execution_name": line.execution,
        "run.googleapis.com/task_index": str(line.task_index),
        "run.googleapis.com/task_attempt": str(line.attempt),
    }
    return {
        "logName": log_name(sandbox, line.stream),
        "resource": {"type": "cloud_run_job", "labels": resource},
        "timestamp": longrunning.format_time(line.time),
        "labels": labels,
    }
