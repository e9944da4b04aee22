"""Cloud Storage v1, the JSON API. https://cloud.google.com/storage/docs/json_api/v1."""

from netra_sandbox.services.cloud_storage.records import read

__all__ = ["read"]
