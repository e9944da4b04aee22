"""Memorystore for Redis v1. https://cloud.google.com/memorystore/docs/redis/reference/rest/v1/projects.locations.instances."""

from netra_sandbox.services.redis.resources import seed

__all__ = ["seed"]
