"""The v1 (Knative) view of Cloud Run's resources, which gcloud uses: views of the v2 resources, and nothing else."""
