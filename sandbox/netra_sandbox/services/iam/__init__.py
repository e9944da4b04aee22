"""IAM v1: service accounts, their keys, roles (https://cloud.google.com/iam/docs/reference/rest)."""
