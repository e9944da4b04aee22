"""Cloud SQL Admin, v1 and v1beta4. https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1."""

from netra_sandbox.services.sql_admin.resources import seed

__all__ = ["seed"]
