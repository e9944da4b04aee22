"""Secret Manager v1. https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets."""

from netra_sandbox.services.secret_manager.records import access, seed

__all__ = ["access", "seed"]
