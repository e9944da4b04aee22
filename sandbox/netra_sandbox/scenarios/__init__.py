"""Environments and what is broken in them, as data: docs/scenarios.md."""
