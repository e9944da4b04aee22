"""Cloud Run jobs: jobs, their executions, and the tasks that run as processes."""
