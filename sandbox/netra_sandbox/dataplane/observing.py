"""Watch one request from its arrival to its end, for the listeners of the data plane."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from aiohttp import web

from netra_sandbox.dataplane.router import Route
from netra_sandbox.runtime.events import ServedRequest, trace_of
from netra_sandbox.services.cloud_run import names

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

_CLIENT_CLOSED = 499


@dataclass
class Observation:
    """What is known of a request so far."""

    started: datetime
    trace: str
    span: str
    begun: float = field(default_factory=time.monotonic)
    instance: str = ""
    status: int = _CLIENT_CLOSED
    response_size: int = 0
    message: str = ""

    def answered(self, response: web.StreamResponse, message: str = "") -> web.StreamResponse:
        """Note an answer of Cloud Run's own and return it."""
        self.status, self.message = response.status, message
        if isinstance(response, web.Response) and isinstance(response.body, bytes):
            self.response_size = len(response.body)
        return response


@contextmanager
def observed(sandbox: Sandbox, request: web.BaseRequest, route: Route) -> Iterator[Observation]:
    """Tell the listeners of a request when it ends, however it ends; one that its client gave up has status 499."""
    observation = Observation(sandbox.now(), *trace_of(request.headers))
    try:
        yield observation
    finally:
        sandbox.report_request(
            ServedRequest(
                service=names.ServiceName.parse(route.revision).service,
                revision=names.short_name(route.revision),
                instance=observation.instance,
                method=request.method,
                host=request.host,
                path=request.path,
                status=observation.status,
                started=observation.started,
                latency=time.monotonic() - observation.begun,
                request_size=request.content_length or 0,
                response_size=observation.response_size,
                trace=observation.trace,
                span=observation.span,
                user_agent=request.headers.get("User-Agent", ""),
                remote_ip="127.0.0.1",
                message=observation.message,
            )
        )
