"""Errors as Cloud Error Reporting collects them from a container's log (structured log lines with a stack trace)."""

from __future__ import annotations

import json
import sys
import traceback

from netra_backend.app.services.monitoring.request_context import current_request_context

EVENT_TYPE = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"


class GCPErrorReporter:
    """Writes an error, its stack trace and the request's context as one structured log line."""

    def __init__(self, service: str, version: str) -> None:
        self._service_context = {"service": service, "version": version}

    def report(self, error: BaseException) -> None:
        entry = {
            "severity": "ERROR",
            "@type": EVENT_TYPE,
            "message": "".join(traceback.format_exception(error)),
            "serviceContext": self._service_context,
            "context": current_request_context(),
        }
        print(json.dumps(entry), file=sys.stderr, flush=True)
