"""Faults on purpose: of API calls by rules, and of resources by their mechanisms."""
