"""Cloud Logging v2. https://cloud.google.com/logging/docs/reference/v2/rest."""
