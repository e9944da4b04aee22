"""What the data plane tells its listeners: each request it answered, and each line that an instance wrote."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

STDOUT, STDERR = "stdout", "stderr"
SYSTEM = "varlog/system"  # what Cloud Run itself says of an instance: probes, exits, memory
_TRACE = re.compile(r"(?P<trace>[0-9a-f]{32})(?:/(?P<span>\d+))?")
_PARENT = re.compile(r"[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-[0-9a-f]{2}")


@dataclass(frozen=True)
class ServedRequest:
    """One request that the data plane answered; `service` and `revision` are short names.

    `instance` is empty when no instance took part, `latency` is in seconds, sizes in bytes, `status` is the HTTP status
    (101 for a WebSocket), `message` is what Cloud Run writes beside the entry when it answered itself. `path` has no
    query, which may hold a secret.
    """

    service: str
    revision: str
    instance: str
    method: str
    host: str
    path: str
    status: int
    started: datetime
    latency: float
    request_size: int = 0
    response_size: int = 0
    trace: str = ""
    span: str = ""
    user_agent: str = ""
    remote_ip: str = ""
    message: str = ""


@dataclass(frozen=True)
class LogLine:
    """One line without its end: of the process's `stdout` or `stderr`, or of Cloud Run itself (`varlog/system`).

    `severity` is empty on what a process wrote, the entry's severity on what Cloud Run says. `container` is the name
    of the container in the labels of its entries.
    """

    service: str
    revision: str
    instance: str
    stream: str
    text: str
    time: datetime
    severity: str = ""
    container: str = ""


@dataclass(frozen=True)
class TaskLine:
    """One line of a job's task (labels of a `cloud_run_job`); the fields after `instance` are those of LogLine."""

    job: str
    execution: str
    task_index: int
    attempt: int
    instance: str
    stream: str
    text: str
    time: datetime
    severity: str = ""


RequestListener = Callable[[ServedRequest], None]
LineListener = Callable[[LogLine], None]
TaskLineListener = Callable[[TaskLine], None]


def trace_of(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the trace and span that a request belongs to, new ones when it names none.

    https://cloud.google.com/trace/docs/trace-context: traceparent, or the older X-Cloud-Trace-Context.
    """
    parent = _PARENT.fullmatch(headers.get("traceparent", ""))
    if parent is not None:
        return parent["trace"], parent["span"]
    found = _TRACE.match(headers.get("X-Cloud-Trace-Context", ""))
    if found is not None:
        return found["trace"], f"{int(found['span'] or 0):016x}"
    return secrets.token_hex(16), secrets.token_hex(8)
