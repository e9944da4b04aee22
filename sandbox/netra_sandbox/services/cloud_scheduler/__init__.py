"""Cloud Scheduler v1. https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs."""
