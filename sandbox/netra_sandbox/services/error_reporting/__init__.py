"""Error Reporting v1beta1. https://cloud.google.com/error-reporting/reference/rest."""

from netra_sandbox.services.error_reporting.events import listen, seed

__all__ = ["listen", "seed"]
