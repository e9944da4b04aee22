"""Serverless VPC Access v1. https://cloud.google.com/vpc/docs/reference/vpcaccess/rest/v1/projects.locations.connectors."""

from netra_sandbox.services.vpc_access.connectors import seed

__all__ = ["seed"]
