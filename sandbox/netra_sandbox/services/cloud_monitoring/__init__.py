"""Cloud Monitoring v3. https://cloud.google.com/monitoring/api/ref_v3/rest."""
