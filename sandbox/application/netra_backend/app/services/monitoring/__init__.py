"""Error reporting and the context of the request being served."""

from netra_backend.app.services.monitoring.error_reporter import GCPErrorReporter
from netra_backend.app.services.monitoring.request_context import clear_request_context, set_request_context

__all__ = ["GCPErrorReporter", "clear_request_context", "set_request_context"]
